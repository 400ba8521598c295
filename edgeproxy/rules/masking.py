"""What is told of a request keeps its secrets: tokens, passwords, cookies and signatures are hidden, their names are not.

A hidden value reads `(hidden, 1a2b)`: the four digits are the same for the same value while this process runs, so that two
values can be told apart and neither be found out.
AWS pages: private-content-signed-urls, private-content-signed-cookies; RFC 9110 sections 11.6 and 11.7, RFC 6265 section 4.
Chosen: which names hold secrets (CloudFront never tells of a request); a secret in a path is not known for one.
"""

import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b
from urllib.parse import unquote_plus

from edgeproxy.messages import Headers

_PROCESS_KEY = secrets.token_bytes(32)
_SECRET = re.compile(
    r"token|secret|passw|pwd$|apikey|accesskey|privatekey|signature|credential$|^credentials$|authorization|jwt|session|^sig$"
)
"""Is found in the names that hold secrets, once they are lower case and without `-`, `_` and `.`."""
_WORDS = (
    "token", "secret", "passw", "pwd", "apikey", "accesskey", "privatekey", "sig", "credential", "authorization", "jwt",
    "session", "policy", "keypairid",
)  # fmt: skip
"""One of them is in every name that holds a secret."""
_SIGNED_URL = frozenset({"policy", "signature", "keypairid"})
"""The parameters of a signed URL; `policy` is a secret nowhere else."""
_SIGN_IN = frozenset({"code", "state"})
"""What a sign-in leads back with (RFC 6749 section 4.1.2): beside a `state`, a `code` is good for a token."""
_PARAMETER = re.compile(r"(?:^|\?)([^=?]+)=")
_SEPARATOR = re.compile(r"([&#])")
_SEPARATOR_IN_WORDS = re.compile(r"([&#\s\"'<>]+)")
_USER_INFO = re.compile(r"(://)([^/?#@\s]+)(@)")
_COOKIE_HEADERS = ("cookie", "set-cookie")
SHORTEST = 4
"""Characters that a secret must have to be looked for in free text: a shorter one stands in every sentence."""


def hidden(value: str) -> str:
    """`(hidden, 1a2b)`."""
    return f"(hidden, {fingerprint(value)[:4]})"


def fingerprint(text: str) -> str:
    """32 hexadecimal digits that tell two texts apart, and nothing else about them; others in each process."""
    return blake2b(text.encode("utf-8", "surrogatepass"), key=_PROCESS_KEY, digest_size=16).hexdigest()


def is_secret(name: str) -> bool:
    """Does a header or cookie of this name, or a parameter of it outside of a signed URL, hold a secret?"""
    return _SECRET.search(_bare(name)) is not None


def is_secret_parameter(name: str) -> bool:
    """Does a query parameter of this (perhaps percent-encoded) name hold a secret?"""
    name = unquote_plus(name)
    return _bare(name) in _SIGNED_URL or is_secret(name)


def secret_parameters(names: Iterable[str]) -> frozenset[str]:
    """Those of a query's parameters, by their (perhaps percent-encoded) names, that hold a secret."""
    every = frozenset(names)
    found = frozenset(filter(is_secret_parameter, every))
    return found | {"code"} if every >= _SIGN_IN else found


def _bare(name: str) -> str:
    return re.sub("[-_.]", "", name.lower())


def header(name: str, value: str) -> str:
    """The value of a header as it may be told."""
    lower = name.lower()
    if lower == "cookie":
        return "; ".join(map(_cookie, value.split(";")))
    if lower == "set-cookie":
        # The attributes behind the first `;` are no secrets.
        first, mark, attributes = value.partition(";")
        return f"{_cookie(first)}{mark}{attributes}"
    return hidden(value) if is_secret(name) and value else target(value)


def headers(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers as they may be told."""
    return [(name, header(name, value)) for name, value in items]


def _cookie(pair: str) -> str:
    """`name=(hidden, 1a2b)`; what has no name is hidden as a whole."""
    name, equals, value = pair.strip(" \t").partition("=")
    return f"{name}={hidden(value)}" if equals else hidden(name)


def target(text: str) -> str:
    """A path with its query, a query alone, or a URL: the values of secret parameters and a user's password hidden."""
    return text if _is_plain(text) else _without_secrets(text, _SEPARATOR)


def _is_plain(text: str) -> bool:
    """Has it surely no secret? True of most targets, and each request's line asks."""
    bare = text.lower().replace("-", "").replace("_", "").replace(".", "")
    if "%" in text or "://" in text or all(f"{name}=" in text for name in _SIGN_IN):
        return False
    return not any(word in bare for word in _WORDS)


def _without_secrets(text: str, separator: re.Pattern[str]) -> str:
    parts = separator.split(_USER_INFO.sub(_user_info, text))
    secret = secret_parameters(found[1] for part in parts for found in _PARAMETER.finditer(part))
    return "".join(_parameter(part, secret) for part in parts) if secret else "".join(parts)


def _user_info(found: re.Match[str]) -> str:
    return f"{found[1]}{hidden(found[2])}{found[3]}"


def _parameter(text: str, secret: frozenset[str]) -> str:
    """What stands between two separators: a parameter, or a path with the first one."""
    for found in _PARAMETER.finditer(text):
        if found[1] in secret and found.end() < len(text):
            return text[: found.end()] + hidden(text[found.end() :])
    return text


def of_request(headers: Headers, query: str | None) -> tuple[str, ...]:
    """The secrets that a request carries, longest first: what `words` is to hide."""
    found = {value for name, value in headers if name.lower() not in _COOKIE_HEADERS and is_secret(name)}
    found |= {value.partition(" ")[2] for value in headers.get_all("authorization")}
    found |= {cookie.partition("=")[2].strip(" \t") for line in headers.get_all("cookie") for cookie in line.split(";")}
    pairs = [parameter.partition("=") for parameter in (query or "").split("&")]
    hides = secret_parameters(name for name, _, _ in pairs)
    found |= {value for name, _, value in pairs if name in hides}
    found |= {unquote_plus(value) for value in found}
    return tuple(sorted((value for value in found if len(value) >= SHORTEST), key=len, reverse=True))


def words(text: str, known: Iterable[str] = ()) -> str:
    """Free text (a log line, a cause) without the `known` secrets and without those of the URLs in it."""
    for secret in known:
        text = text.replace(secret, hidden(secret))
    return _without_secrets(text, _SEPARATOR_IN_WORDS)
