"""Made-up names of resources that exist only in a file: stable, of the shape that AWS gives them.

"Ids: distributions E + 13 upper-case letters/digits; domain d + 13 lower-case + .cloudfront.net" (facts, section 10.2).
"""

from hashlib import sha256

ACCOUNT = "123456789012"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def _letters(seed: str, length: int) -> str:
    digest = sha256(seed.encode("utf-8", "surrogatepass")).digest()
    return "".join(_LOWER[byte % len(_LOWER)] for byte in digest[:length])


def distribution_id(name: str) -> str:
    """Also the shape of origin access controls and identities."""
    return "E" + _letters(name, 13).upper()


def distribution_domain(name: str) -> str:
    """The domain name of a distribution that has none of its own."""
    return f"d{_letters(name, 13)}.cloudfront.net"


def public_key_id(name: str) -> str:
    """What signed URLs name as Key-Pair-Id."""
    return "K" + _letters(name, 13).upper()


def uuid(name: str) -> str:
    """The shape of ids of policies and key value stores."""
    digits = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def short_id(name: str) -> str:
    """The shape of ids of REST APIs and function URLs."""
    return _letters(name, 10)
