"""The distribution that the user means: by its id, its domain name, or one of its aliases."""

import re
from typing import Any

from edgeproxy.pulling.account import Account, NotThere, PullError
from edgeproxy.spelling import nearest

_ID = re.compile(r"E[A-Z0-9]{5,31}")


def find(account: Account, wanted: str) -> dict[str, Any]:
    """The Distribution as GetDistribution gives it. Raises PullError, with what was perhaps meant."""
    if _ID.fullmatch(wanted):
        try:
            return _distribution(account, wanted)
        except NotThere:
            raise PullError(f"there is no distribution {wanted}{_perhaps(account, wanted)}") from None
    host = re.sub(r"^[a-z]+://", "", wanted.strip().lower()).partition("/")[0].partition(":")[0].rstrip(".")
    names = _names(account)
    # The alias itself, then wildcards from the most specific on.
    labels = host.split(".")
    for name in (host, *(".".join(["*", *labels[at:]]) for at in range(1, len(labels)))):
        if name in names:
            return _distribution(account, names[name])
    raise PullError(f"no distribution has the id, domain name or alias {wanted}{_among(host, list(names))}")


def _distribution(account: Account, own_id: str) -> dict[str, Any]:
    found: dict[str, Any] = account.ask("cloudfront", "GetDistribution", Id=own_id)["Distribution"]
    return found


def _names(account: Account) -> dict[str, str]:
    """Every domain name and alias of the account -> the distribution's id."""
    pages = account.pages("cloudfront", "ListDistributions")
    return {
        name.lower(): each["Id"]
        for page in pages
        for each in page["DistributionList"].get("Items") or ()
        for name in (each["DomainName"], *(each.get("Aliases", {}).get("Items") or ()))
    }


def _perhaps(account: Account, own_id: str) -> str:
    try:
        return _among(own_id, sorted(set(_names(account).values())))
    except PullError:
        # The id is what is wrong; that the account may not be listed is no news.
        return ""


def _among(name: str, known: list[str]) -> str:
    if near := nearest(name, known):
        return f"; did you mean {near}?"
    return f"; there are {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "; the account has none"
