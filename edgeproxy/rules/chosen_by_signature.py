"""Which choices of ours about signed URLs and cookies an answer rests on.

AWS pages: those of `signatures` and `signed_policies`, which say what is chosen.
Each function tells of one row of the fidelity table whether it decided something visible about this one answer.
"""

import re

from edgeproxy.hooks import Hook
from edgeproxy.rules import geo, signatures
from edgeproxy.rules.seen import Seen

P256 = "MFkwEwYHKoZIzj0CAQ"
"""How the PEM of every ECDSA key on P-256 begins."""


def parameters(seen: Seen) -> dict[str, str] | None:
    """What signs the request, by parameter; None where no signature was looked for."""
    if seen.request.method == "OPTIONS" or not _has_keys(seen):
        return None
    return dict(reversed(_signing(seen)))


def _has_keys(seen: Seen) -> bool:
    return seen.behavior is not None and seen.behavior.trusted_keys is not None and seen.passed


def _signing(seen: Seen) -> list[tuple[str, str]]:
    """Parameters of a signature in the query, else in cookies."""
    cookies = [part.strip() for line in seen.request.headers.get_all("cookie") for part in line.split(";")]
    return _named((seen.request.query or "").split("&"), "") or _named(cookies, signatures.COOKIE_PREFIX)


def _named(pairs: list[str], prefix: str) -> list[tuple[str, str]]:
    parts = (pair.partition("=") for pair in pairs if pair.startswith(prefix))
    named = [(name.removeprefix(prefix), value) for name, _, value in parts]
    return [(name, value) for name, value in named if name in signatures.PARAMETERS]


def place(seen: Seen) -> bool:
    """It was refused for its signature, and code that would have seen it did not run."""
    refused = "error" in seen.facts and seen.text("detailed result type") != geo.DETAIL
    looked_for = parameters(seen) is not None and seen.lookup is None and not seen.runs
    return refused and looked_for and seen.has_code(Hook.VIEWER_REQUEST)


def hidden(seen: Seen) -> bool:
    """A function saw it without what signed it."""
    return parameters(seen) is not None and seen.ran(Hook.VIEWER_REQUEST)


def options_signed(seen: Seen) -> bool:
    """An OPTIONS, which needs no signature, lost what signs it."""
    return seen.request.method == "OPTIONS" and _has_keys(seen) and bool(_signing(seen))


def order(seen: Seen) -> bool:
    """A parameter of its signature is given twice."""
    given = parameters(seen)
    return given is not None and len(given) < len(_signing(seen))


def very_second(seen: Seen) -> bool:
    """It came in the very second of DateLessThan."""
    return re.search(r"the signature expired at ([0-9]+), it is \1$", seen.text("error")) is not None


def form(seen: Seen) -> bool:
    """It is signed by ECDSA, by a hash that AWS does not name, by halves, or with both kinds of policy."""
    given = parameters(seen)
    if not given or seen.behavior is None:
        return False
    halves = "Signature" not in given or not given.keys() & {"Policy", "Expires"}
    hashed = given.get("Hash-Algorithm", "SHA1") not in signatures.HASHES
    ecdsa = any(key.id == given.get("Key-Pair-Id") and P256 in key.pem for key in seen.behavior.trusted_keys or ())
    return ecdsa or hashed or given.keys() >= {"Policy", "Expires"} or ("Key-Pair-Id" in given and halves)


def milliseconds(seen: Seen) -> bool:
    """Its Expires has more digits than seconds have."""
    given = parameters(seen) or {}
    return "Policy" not in given and re.fullmatch("[0-9]{11,}", given.get("Expires", ""), re.ASCII) is not None


def host(seen: Seen) -> bool:
    """Its signature was checked against the host that stands for a local one."""
    return bool(parameters(seen)) and seen.local
