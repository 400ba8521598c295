"""CloudFront's quotas that concern a configuration: one literal table.

Source: "Quotas" (cloudfront-limits) and the API model 2020-05-31. What an account can have raised is refused all the same at
its default, because that is what a new account meets. Sizes in characters, times in seconds.
"""

import re
from collections.abc import Mapping

from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems

LIMITS: Mapping[str, int] = {
    "cache behaviors per distribution": 75,
    "origins per distribution": 100,
    "origin groups per distribution": 10,
    "aliases per distribution": 100,
    "characters of a path pattern": 255,
    "characters of a default root object": 255,
    "characters of a comment": 128,
    "headers of a cache policy": 10,
    "cookies of a cache policy": 10,
    "query strings of a cache policy": 10,
    "headers of an origin request policy": 10,
    "cookies of an origin request policy": 10,
    "query strings of an origin request policy": 10,
    "characters of all names of a policy": 1024,
    "headers of ForwardedValues": 10,
    "cookies of ForwardedValues": 10,
    "query strings of ForwardedValues": 10,
    "characters (and one more for each) of all cookies of ForwardedValues": 512,
    "characters of a query string of ForwardedValues": 128,
    "characters of all query strings of ForwardedValues": 512,
    "custom headers of an origin": 30,
    "characters of a custom header's name": 256,
    "characters of a custom header's value": 1783,
    "characters of all custom headers of an origin": 10240,
    "custom headers of a response headers policy": 10,
    "removed headers of a response headers policy": 10,
    "characters of a Content-Security-Policy": 1783,
    "characters of all Access-Control-Allow-Origin values": 1783,
    "bytes of a function's code": 10240,
    "key value stores of a function": 1,
    "trusted key groups of a behavior": 4,
    "public keys of a key group": 5,
}

MAX_ITEMS = 1000
"""Of any list: no quota is near it, and each item has a price."""

RANGES: Mapping[str, tuple[float, float]] = {
    "ConnectionAttempts": (1, 3),
    "ConnectionTimeout": (1, 10),
    "OriginReadTimeout": (1, 120),
    "OriginKeepaliveTimeout": (1, 300),
    "ResponseCompletionTimeout": (1, 3600),
    "HTTPPort": (1, 65535),
    "HTTPSPort": (1, 65535),
    "MinTTL": (0, 2**63),
    "DefaultTTL": (0, 2**63),
    "MaxTTL": (0, 2**63),
    "ErrorCachingMinTTL": (0, 2**63),
    "AccessControlMaxAgeSec": (0, 2**31 - 1),
    "SamplingRate": (0, 100),
    "ReservedConcurrentExecutions": (0, 1000),
    "Timeout": (1, 900),
    "MemorySize": (128, 10240),
}
"""Least and most of a number, by property. Timeout and MemorySize are those of Lambda."""

PATH_PATTERN = re.compile(r"""[A-Za-z0-9_\-.*$/~"'@:+&?]+""")
ORIGIN_PATH = re.compile(r"""/[!"$->@-~]*(?<!/)""")
ROOT_OBJECT = re.compile(r"""[A-Za-z0-9_\-.$/~"'@:+&]*""")
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def code_size(code: str) -> int:
    """What is counted of a function's code: bytes."""
    return len(code.encode("utf-8", "surrogatepass"))


_WHOLE = re.compile(r"0*([0-9]{1,9})")


def whole(text: str) -> int | None:
    """A whole number of at most nine digits, zeros before them apart; None of any other text."""
    match = _WHOLE.fullmatch(text)
    return None if match is None else int(match[1])


def check(what: str, amount: int, node: Node, problems: Problems) -> None:
    """Notes a problem at `node` when there is more than the table allows of `what`."""
    if amount > LIMITS[what]:
        problems.add(node.problem(f"{amount} {what}", f"CloudFront allows {LIMITS[what]}"))
