"""What a signature grants: the policy of a signed URL or cookie, and the requests that it covers.

One statement: a resource (with `*` and `?`), a time before which, and maybe a time after which and the addresses from which.
AWS pages: private-content-creating-signed-url-custom-policy, private-content-creating-signed-url-canned-policy.
Chosen: a policy with a member that AWS does not name is malformed, for a condition that is not understood must not pass; at
the very second of DateLessThan access is denied; an `Expires` of more than ten digits is taken for milliseconds, malformed.
"""

import json
import re
from collections.abc import Set
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Any, NamedTuple

from edgeproxy.rules.wildcards import expression

MOST_SECONDS = 2**63 - 1


class MalformedPolicy(Exception):
    """The policy is not one; the text says why."""


class Policy(NamedTuple):
    """Times in Unix seconds; a resource of None is every one."""

    resource: str | None
    before: int
    after: int | None = None
    addresses: IPv4Network | None = None

    def denies(self, url: str, client_ip: str, now: float) -> str | None:
        """Why the request is not covered, None when it is; `url` has scheme, the viewer's Host, path and its own query."""
        if now >= self.before:
            return f"the signature expired at {self.before}, it is {now:.0f}"
        # "DateGreaterThan: access is denied on or before that second."
        if self.after is not None and now <= self.after:
            return f"the signature is valid after {self.after}, it is {now:.0f}"
        if self.addresses is not None and not _is_within(client_ip, self.addresses):
            return f"{client_ip} is not in {self.addresses}"
        if self.resource is not None and _pattern(self.resource).fullmatch(url) is None:
            return f"the signature is for {self.resource}, the request is for {url}"
        return None


def canned(url: str, expires: str) -> tuple[bytes, Policy]:
    """The text that a signature with `Expires` signs, and its policy. Raises MalformedPolicy."""
    if not re.fullmatch("[0-9]{1,10}", expires, re.ASCII):
        raise MalformedPolicy(f"Expires is {expires!r:.40}, not Unix seconds")
    text = f'{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}'
    # The URL stands in the text that is signed: there is nothing to compare any more.
    return text.encode("latin-1"), Policy(None, int(expires))


def custom(text: bytes) -> Policy:
    """The policy of a decoded `Policy`. Raises MalformedPolicy."""
    try:
        (statement,) = _members(json.loads(text), {"Statement"}, {"Version", "Id"})["Statement"]
        statement = _members(statement, {"Condition"}, {"Resource"})
        condition = _members(statement["Condition"], {"DateLessThan"}, {"DateGreaterThan", "IpAddress"})
        after = condition.get("DateGreaterThan")
        address = condition.get("IpAddress")
        return Policy(
            None if "Resource" not in statement else _text(statement["Resource"]),
            _time(condition["DateLessThan"]),
            None if after is None else _time(after),
            None if address is None else IPv4Network(_text(_members(address, {"AWS:SourceIp"})["AWS:SourceIp"]), strict=False),
        )
    except (ValueError, TypeError, RecursionError, AddressValueError, NetmaskValueError) as error:
        raise MalformedPolicy(f"the policy is malformed: {error}") from error


def _members(value: Any, needed: set[str], allowed: Set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | allowed:
        raise ValueError(f"{json.dumps(value)[:80]} must be an object with {', '.join(sorted(needed))}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{json.dumps(value)[:80]} must be text")
    return value


def _time(value: Any) -> int:
    seconds = _members(value, {"AWS:EpochTime"})["AWS:EpochTime"]
    if type(seconds) is not int or not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"AWS:EpochTime {json.dumps(seconds)[:40]} must be Unix seconds, without quotes")
    return seconds


def _is_within(client_ip: str, addresses: IPv4Network) -> bool:
    try:
        return IPv4Address(client_ip) in addresses
    except AddressValueError:
        return False  # "IPv6 addresses are not supported."


_PARTS = re.compile(
    r"(?:(?P<protocol>https?|(?:http)?\*)://|(?=\*))(?P<domain>[^/?]*)(?P<path>/[^?]*)?(?P<query>\?.*)?", re.DOTALL
)


@lru_cache(maxsize=1024)
def _pattern(resource: str) -> re.Pattern[str]:
    """Wildcards work "inside their section only": protocol, domain, path, query."""
    parts = _PARTS.fullmatch(resource)
    if parts is None:
        return re.compile(re.escape(resource))
    domain, path, query = parts["domain"], parts["path"], parts["query"]
    protocol = parts["protocol"] if parts["protocol"] in ("http", "https") else "https?"
    if path is None and query is None:
        # "A trailing * in the domain covers path and query too."
        rest = r"(?:/.*)?" if domain.endswith("*") else "/?"
    else:
        rest = expression(path or "/", "[^?]")
        # The first plain ? separates the query; "a trailing * in the path also covers any query".
        if query is not None:
            rest += r"\?" + expression(query[1:])
        elif path is not None and path.endswith("*"):
            rest += r"(?:\?.*)?"
    return re.compile(f"{protocol}://{expression(domain, '[^/?]')}{rest}", re.DOTALL)
