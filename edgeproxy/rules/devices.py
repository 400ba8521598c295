"""Which devices CloudFront takes a viewer for, by its User-Agent: android, ios, mobile, smarttv, tablet or, else, desktop.

AWS page: adding-cloudfront-headers (device type): "If a device falls into more than one category, more than one value can be
true. For example, for some tablet devices, CloudFront sets both Mobile and Tablet to true."
Chosen: the tokens, for AWS publishes none; an iPad, which says `Mobile`, is mobile too; Android without `Mobile` is a tablet
unless it is a television; a bot, a tool, a console or nothing at all is desktop, and so is an iPad that asks for desktop pages.
"""

from functools import lru_cache

LONGEST = 2048
"""Characters of a User-Agent that are looked at."""
NAMES = ("android", "desktop", "ios", "mobile", "smarttv", "tablet")

SMARTTV = (
    "smart-tv", "smarttv", "smart tv", "android tv", "apple tv", "appletv", "google tv", "googletv", "hbbtv", "netcast",
    "web0s", "webos.tv", "tv safari", "inettvbrowser", "opera tv", "dtv", "philipstv", "roku", "bravia", "viera", "crkey",
    "; aft",
)  # fmt: skip
IOS = ("iphone", "ipad", "ipod")
ANDROID = ("android",)
TABLET = ("ipad", "tablet;", "tablet)", "tablet ", "playbook", "kindle", "silk/")
NO_TABLET = ("tablet pc",)
"""Windows on a desktop says so."""
MOBILE = (
    "mobile", "iphone", "ipod", "windows phone", "blackberry", "bb10", "opera mini", "opera mobi", "symbian", "series60",
    "nokia", "fennec", "kaios",
)  # fmt: skip
PRETENDING = ("windows phone",)
"""Names Android and the iPhone as what it is like."""


@lru_cache(maxsize=256)
def tell(user_agent: str) -> frozenset[str]:
    """Those of NAMES that are true."""
    text = user_agent.lower()
    found = set()
    if not _any(PRETENDING, text):
        found |= {name for name, tokens in (("android", ANDROID), ("ios", IOS)) if _any(tokens, text)}
    found |= {name for name, tokens in (("smarttv", SMARTTV), ("mobile", MOBILE)) if _any(tokens, text)}
    if (_any(TABLET, text) and not _any(NO_TABLET, text)) or ("android" in found and not found & {"mobile", "smarttv"}):
        found.add("tablet")
    return frozenset(found) if found & {"mobile", "smarttv", "tablet"} else frozenset({"desktop", *found})


def _any(tokens: tuple[str, ...], text: str) -> bool:
    return any(token in text for token in tokens)
