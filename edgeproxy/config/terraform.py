"""A plan or state as `terraform show -json` (or `tofu show -json`) prints it: its resources to distributions.

Page: "JSON Output Format" (internals): "ignore any object properties with unrecognized names", "reject any input which reports
an unsupported major version". Resource types that are not in the shapes' table only give domain names to origins.
Chosen: a distribution is called by its resource's name, by its whole address where several have the name.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping

from edgeproxy.config import resource_values as types
from edgeproxy.config.distribution import Declared, read_distribution
from edgeproxy.config.library import Library, Template
from edgeproxy.config.local import Local
from edgeproxy.config.nodes import Node, entries, items, text
from edgeproxy.config.problems import Problems, Untold
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.terraform_resources import Resources
from edgeproxy.config.terraform_shapes import KINDS
from edgeproxy.config.terraform_values import Found, label, value

DISTRIBUTION = "aws_cloudfront_distribution"
CONNECTION_FUNCTION = "aws_cloudfront_connection_function"
PRINT_PLAN = "print it:  terraform show -json FILE > plan.json"
PRINT_STATE = "print it:  terraform show -json > state.json"
_UNIQUE: Mapping[str, str] = {
    "aws_cloudfront_cache_policy": "CachePolicyAlreadyExists",
    "aws_cloudfront_function": "FunctionAlreadyExists",
    "aws_cloudfront_origin_request_policy": "OriginRequestPolicyAlreadyExists",
    "aws_cloudfront_response_headers_policy": "ResponseHeadersPolicyAlreadyExists",
}
"""Types of which an account has one of a name, and CloudFront's answer to another."""


def is_terraform(node: Node) -> bool:
    """Is the document a plan or state as `show -json` prints it, or as Terraform keeps it?"""
    return "format_version" in node.value or _is_kept_state(node)


def _is_kept_state(node: Node) -> bool:
    return all(name in node.value for name in ("version", "terraform_version", "lineage"))


def distribution_names(document: Node) -> list[str]:
    """Names of the distributions, before anything else is read."""
    return list(_names(list(_collect(document, Untold()))).values())


def read_terraform(
    document: Node,
    local: Local,
    reading: Reading,
    prefix: str,
) -> list[Declared]:
    """Every distribution of a plan or state; `prefix` goes before their names."""
    if not _check_document(document, reading.problems):
        return []
    found = list(_collect(document, reading.problems))
    names = _names(found)
    _check_names(found, reading.problems)
    resources = Resources(document, found, local.code, reading, prefix)
    resources.read_pairs(local.stores)
    template = Template(resources.scope, reading, document.folder)
    library = Library(reading, local, [template])
    declared = []
    for each in found:
        if each.type == DISTRIBUTION and not each.is_data:
            declared.append(_distribution(each, prefix + names[each.address], resources, library, reading, prefix))
        elif each.type == CONNECTION_FUNCTION:
            reading.leave_out(types.CONNECTION_FUNCTION, each.values)
    if not declared:
        reading.problems.add(document.problem(f"no {DISTRIBUTION} is in this file"))
    return declared


def _distribution(found: Found, name: str, resources: Resources, library: Library, reading: Reading, prefix: str) -> Declared:
    own = Reading(reading.problems, reading.resolve, sources=reading.sources)
    section = Section("DistributionConfig", resources.distribution(found, own), own)
    own_id, domain_name = value(found, "id", prefix), value(found, "domain_name", prefix)
    return read_distribution(section, name, library, resources.scope, own_id, domain_name)


def _check_document(document: Node, problems: Problems) -> bool:
    """Notes why nothing can be read of a document."""
    if "format_version" not in document.value:
        problems.add(document.problem("this is a state file as Terraform keeps it, not as it prints it", PRINT_STATE))
        return False
    version = document.value["format_version"]
    if text(version).split(".")[0] not in ("0", "1"):
        problems.add(version.problem(f"format_version is {version.value!s:.20}", "known are 0.x and 1.x"))
        return False
    if _values(document) is None:
        problems.add(document.problem("neither planned_values (a plan) nor values (a state) is in this file", PRINT_PLAN))
        return False
    return True


def _values(document: Node) -> Node | None:
    return next((document.value[name] for name in ("planned_values", "values") if name in document.value), None)


def _collect(document: Node, problems: Problems) -> Iterator[Found]:
    """Every resource and data source, each address once; a plan's data sources that are read already are in its prior state."""
    unknown = _unknown(document)
    prior = entries(document, "prior_state", "values").get("root_module")
    planned = entries(_values(document)).get("root_module")
    seen: set[str] = set()
    for root, only_data in ((planned, False), (prior, True)):
        for module, entry in _modules(root, problems):
            found = _found(module, entry, unknown, problems)
            if found is None or (only_data and (not found.is_data or found.address in seen)):
                continue
            if found.address in seen:
                problems.add(entry.problem(f"two resources have the address {found.address}"))
                continue
            seen.add(found.address)
            yield found


def _modules(root: Node | None, problems: Problems) -> Iterator[tuple[str, Node]]:
    """Each resource entry of a module and of those that it calls, with its module's address."""
    waiting = deque([] if root is None else [root])
    while waiting:
        module = waiting.popleft()
        for name in ("resources", "child_modules"):
            node = entries(module).get(name)
            if not isinstance(module.value, dict) or (node is not None and not isinstance(node.value, list | None)):
                problems.add((node or module).problem(f"{name} of a module must be a list"))
        yield from ((text(entries(module).get("address")), each) for each in items(entries(module).get("resources")))
        waiting += items(entries(module).get("child_modules"))


def _found(module: str, entry: Node, unknown: Mapping[str, Node], problems: Problems) -> Found | None:
    fields = entries(entry)
    address, kind, values = text(fields.get("address")), text(fields.get("type")), fields.get("values")
    if not address or not kind:
        problems.add(entry.problem("a resource needs address and type"))
        return None
    if values is None or not isinstance(values.value, dict):
        if kind in KINDS:
            problems.add(Node(None, entry.path, entry.line, entry.column, owner=address).problem("the resource has no values"))
        return None
    key = fields.get("index")
    if kind in KINDS or kind.startswith("aws_cloudfront"):
        _belong(values, address)
    return Found(
        address=address,
        module=module,
        type=kind,
        name=text(fields.get("name")),
        key="" if key is None or key.value is None else str(key.value),
        is_data=text(fields.get("mode")) == "data",
        values=values,
        unknown=unknown.get(address),
    )


def _belong(node: Node, address: str) -> None:
    """Lets every value below a node say which resource it is of."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        each.owner = address
        waiting += [*entries(each).values(), *items(each)]


def _unknown(document: Node) -> dict[str, Node]:
    """By address, the tree of what is known only after apply."""
    found = {}
    for each in items(document.value.get("resource_changes")):
        after = entries(each, "change").get("after_unknown")
        if after is not None and "deposed" not in entries(each):
            found[text(entries(each).get("address"))] = after
    return found


def _names(found: list[Found]) -> dict[str, str]:
    """What each distribution is called, by address."""
    distributions = [each for each in found if each.type == DISTRIBUTION and not each.is_data]
    count = Counter(each.name for each in distributions)
    return {each.address: each.name if count[each.name] == 1 else _long_name(each) for each in distributions}


def _long_name(found: Found) -> str:
    return label(found.address.replace("module.", "").replace(f"{DISTRIBUTION}.", "").replace(".", "-"))


def _check_names(found: list[Found], problems: Problems) -> None:
    first: dict[tuple[str, str], Found] = {}
    for each in found:
        name = each.known("name")
        if each.type in _UNIQUE and not each.is_data and name:
            other = first.setdefault((each.type, name), each)
            if other is not each:
                message = f"{_UNIQUE[each.type]}: {other.address} is named {name} too"
                problems.add(each.values.value["name"].problem(message))
