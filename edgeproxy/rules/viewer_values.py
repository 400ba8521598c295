"""What is given of a viewer because nothing here can find it out: country, place, ASN, fingerprints, the kind of device.

CloudFront finds these out by address and TLS handshake; here they stand in the settings (`viewer`) or are set while it runs.
AWS page: adding-cloudfront-headers (formats of the values).
Not emulated: a country's name does not follow from its code, nor a place from a country.
Chosen: `android` and `ios` are phones, mobile too; text beyond ASCII is percent-encoded as UTF-8, nothing else of it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from edgeproxy.rules import devices, geo
from edgeproxy.spelling import nearest

LONGEST = 128
"""Characters of a text."""
DEVICES: Mapping[str, frozenset[str]] = {
    "android": frozenset({"android", "mobile"}),
    "desktop": frozenset({"desktop"}),
    "ios": frozenset({"ios", "mobile"}),
    "mobile": frozenset({"mobile"}),
    "smarttv": frozenset({"smarttv"}),
    "tablet": frozenset({"tablet"}),
}
"""`device` -> those of `devices.NAMES` that are true."""
_AS_IT_IS = "".join(map(chr, range(32, 127)))
_DEGREES = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?")


class Refused(NamedTuple):
    """Why a value is none: what was read, and what is allowed or meant."""

    message: str
    hint: str


class _Value(NamedTuple):
    header: str
    """In lower case; of `device` it is six."""
    fits: Callable[[str], bool]
    allowed: str
    write: Callable[[str], str] = str


def _pattern(text: str) -> Callable[[str], bool]:
    pattern = re.compile(text)
    return lambda value: pattern.fullmatch(value) is not None


def _degrees(most: int) -> Callable[[str], bool]:
    return lambda value: _DEGREES.fullmatch(value) is not None and abs(float(value)) <= most


def _is_asn(value: str) -> bool:
    return re.fullmatch("0|[1-9][0-9]{0,9}", value) is not None and int(value) < 1 << 32


def _is_text(value: str) -> bool:
    return 0 < len(value) <= LONGEST and value.isprintable()


def _encoded(text: str) -> str:
    return quote(text, safe=_AS_IT_IS)


def _five_places(text: str) -> str:
    # No minus before a zero.
    return f"{round(float(text), 5) + 0.0:.5f}"


_TEXT = f"up to {LONGEST} characters without control characters"
TABLE: Mapping[str, _Value] = {
    "country": _Value(
        "cloudfront-viewer-country", geo.COUNTRIES.__contains__, "an ISO 3166-1 code of two capital letters, such as DE"
    ),
    "country_name": _Value("cloudfront-viewer-country-name", _is_text, _TEXT, _encoded),
    "region": _Value(
        "cloudfront-viewer-country-region", _pattern("[A-Z0-9]{1,3}"),
        "the part of an ISO 3166-2 code behind the hyphen, such as BE",
    ),
    "region_name": _Value("cloudfront-viewer-country-region-name", _is_text, _TEXT, _encoded),
    "city": _Value("cloudfront-viewer-city", _is_text, _TEXT, _encoded),
    "latitude": _Value("cloudfront-viewer-latitude", _degrees(90), "degrees from -90 to 90, such as 52.51960", _five_places),
    "longitude": _Value(
        "cloudfront-viewer-longitude", _degrees(180), "degrees from -180 to 180, such as 13.40690", _five_places
    ),
    "metro_code": _Value("cloudfront-viewer-metro-code", _pattern("[0-9]{3}"), "three digits, such as 501"),
    "postal_code": _Value(
        "cloudfront-viewer-postal-code", _pattern("[A-Za-z0-9](?:[A-Za-z0-9 -]{0,14}[A-Za-z0-9])?"),
        "up to 16 letters and digits, such as 10117",
    ),
    "time_zone": _Value(
        "cloudfront-viewer-time-zone", _pattern(r"(?=.{1,64}$)[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}"),
        "a name of the IANA database, such as Europe/Berlin",
    ),
    "asn": _Value("cloudfront-viewer-asn", _is_asn, "a number of 32 bits, such as 3320"),
    "device": _Value("", DEVICES.__contains__, ", ".join(DEVICES)),
    "ja3": _Value("cloudfront-viewer-ja3-fingerprint", _pattern("[0-9a-f]{32}"), "32 hexadecimal digits"),
    "ja4": _Value(
        "cloudfront-viewer-ja4-fingerprint", _pattern("[tqd][0-9a-z]{2}[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}"),
        "a fingerprint such as t13d1516h2_8daaf6152771_b0da82dd1658",
    ),
}  # fmt: skip
"""Every value by its name, in the order in which they are shown."""


def refuse(name: str, text: str) -> Refused | None:
    """Why this cannot be given, None when it can."""
    value = TABLE.get(name)
    if value is None:
        near = nearest(name, TABLE)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(TABLE)}"
        return Refused(f"a viewer has no {name[:LONGEST]!r}", hint)
    if value.fits(text):
        return None
    meant = geo.meant(text) if name == "country" else None
    return Refused(f"{name} is {text[:LONGEST]!r}", f"did you mean {meant}?" if meant else f"allowed: {value.allowed}")


def headers(values: Mapping[str, str]) -> dict[str, str | None]:
    """`Viewer.given` of values that are not refused; "" is none."""
    found: dict[str, str | None] = {}
    for name, text in values.items():
        if text and name == "device":
            true = DEVICES[text]
            found |= {f"cloudfront-is-{each}-viewer": "true" if each in true else "false" for each in devices.NAMES}
        elif text:
            found[TABLE[name].header] = TABLE[name].write(text)
    return found
