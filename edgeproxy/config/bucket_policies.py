"""Whether a template's bucket policy lets CloudFront list a bucket: a missing key is then 404, else 403.

AWS pages: GetObject ("If you have the s3:ListBucket permission on the bucket, Amazon S3 returns an HTTP status code 404"),
private-content-restricting-access-to-s3, reference_policies_elements. Chosen: an Allow is enough, its Condition is taken to
hold and no Deny is looked at; a policy that cannot be read grants nothing.
"""

import re
from collections.abc import Iterable
from contextlib import suppress

from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.library import Template
from edgeproxy.config.nodes import Node, entries
from edgeproxy.config.parameters import as_text
from edgeproxy.config.resource_values import BUCKET_POLICY
from edgeproxy.errors import ConfigError
from edgeproxy.model import Origin
from edgeproxy.rules import wildcards

LIST, ANYONE = "s3:listbucket", "*"
SERVICE, IDENTITY = "cloudfront.amazonaws.com", "arn:aws*:iam::cloudfront:user/*"


def may_list(origin: Origin, bucket: str, templates: Iterable[Template]) -> bool:
    """Does a policy grant s3:ListBucket on this bucket to those as whom CloudFront asks for the origin?"""
    for template in templates:
        scope = template.scope
        for resource in scope.references.resources.values():
            if resource.type == BUCKET_POLICY:
                with suppress(ConfigError):
                    if scope.references.exists(resource) and _grants(resource.properties, scope, origin, bucket):
                        return True
    return False


def _grants(properties: Node, scope: Scope, origin: Origin, bucket: str) -> bool:
    named, document = (entries(properties).get(name) for name in ("Bucket", "PolicyDocument"))
    if named is None or document is None or scope.text(named) != bucket:
        return False
    statements = entries(scope.resolve(document)).get("Statement")
    return any(_allows(each, scope, origin, bucket) for each in _listed(statements, scope))


def _allows(statement: Node, scope: Scope, origin: Origin, bucket: str) -> bool:
    parts = entries(statement)
    effect = parts.get("Effect")
    if effect is None or scope.text(effect) != "Allow":
        return False
    actions, resources = _texts(parts.get("Action"), scope), _texts(parts.get("Resource"), scope)
    return (
        any(_matches(action.lower(), LIST) for action in actions)
        and any(_matches(resource.rpartition(":")[2], bucket) for resource in resources)
        and _is_who_asks(parts.get("Principal"), scope, origin)
    )


def _is_who_asks(node: Node | None, scope: Scope, origin: Origin) -> bool:
    principal = None if node is None else scope.resolve(node)
    if principal is None or not isinstance(principal.value, dict):
        return principal is not None and principal.value == ANYONE
    named = {kind: _texts(each, scope) for kind, each in principal.value.items()}
    if ANYONE in named.get("AWS", ()):
        return True
    if origin.origin_access_identity:
        return "CanonicalUser" in named or any(_matches(IDENTITY, each) for each in named.get("AWS", ()))
    return origin.signing != "never" and SERVICE in named.get("Service", ())


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(wildcards.expression(pattern), text) is not None


def _texts(node: Node | None, scope: Scope) -> list[str]:
    return [as_text(each) for each in _listed(node, scope)]


def _listed(node: Node | None, scope: Scope) -> list[Node]:
    """The items of a list, or the only one without a list around it."""
    resolved = None if node is None else scope.resolve(node)
    if resolved is None:
        return []
    return scope.items(resolved) if isinstance(resolved.value, list) else [resolved]
