"""What `BucketDeployment` of the CDK's library stores with each object, as the headers that S3 then answers with.

Source: SystemMetadata and UserMetadata of Custom::CDKBucketDeployment, options of `aws s3 sync` in lower case; AWS page:
UsingMetadata. Not emulated: `website-redirect`, which is told. Access, encryption and storage class mean nothing here.
"""

from collections.abc import Iterable
from typing import NamedTuple

from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.nodes import Node, entries
from edgeproxy.errors import ConfigError
from edgeproxy.places import Metadata
from edgeproxy.rules.edge_event import wire
from edgeproxy.rules.edge_headers import control_character, is_token

HEADERS = {
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "content-type": "Content-Type",
    "expires": "Expires",
}
UNSEEN = frozenset({"acl", "sse", "sse-c-copy-source", "sse-kms-key-id", "storage-class"})
"""What no answer here depends on."""


class Read(NamedTuple):
    """The headers, and where what is not one of them stands."""

    headers: Metadata = ()
    left_out: tuple[Node, ...] = ()


def read_metadata(system: Node | None, user: Node | None, scope: Scope) -> Read:
    """Raises ConfigError."""
    headers, left_out = [], []
    for name, text, node in _entries(system, scope):
        if name in HEADERS:
            headers.append((HEADERS[name], _value(text, node)))
        elif name not in UNSEEN:
            left_out.append(node)
    for name, text, node in _entries(user, scope):
        if not is_token(name):
            raise ConfigError(node.problem(f"{name[:80]!r} cannot be the name of an object's metadata"))
        headers.append((f"x-amz-meta-{name.removeprefix('x-amz-meta-')}", _value(text, node)))
    return Read(tuple(headers), tuple(left_out))


def _entries(node: Node | None, scope: Scope) -> Iterable[tuple[str, str, Node]]:
    """Names in lower case, texts, and where each stands."""
    resolved = None if node is None else scope.resolve(node)
    for name, value in entries(resolved).items():
        yield name.lower(), scope.text(value), value


def _value(text: str, node: Node) -> str:
    if control_character(text) is not None:
        raise ConfigError(node.problem("an object's metadata has a control character (a line break?)"))
    return wire(text)
