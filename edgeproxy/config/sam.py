"""What the SAM transform makes of a template, as far as distributions can refer to it: Globals, URLs, implicit APIs.

Source: the SAM specification; how Globals are merged is tried against aws-sam-translator in the tests.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from edgeproxy.config.nodes import Node, entries, text
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.resource_values import FUNCTION_URL, SAM_API, SAM_HTTP_API, Resource
from edgeproxy.config.section import Reading

REPLACED = frozenset({"Architectures"})
"""Properties of Globals that a function's own takes the place of, whatever they hold."""
HARMLESS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::SecretsManager-", "AWS::CodeDeployBlueGreen")
"""Transforms that are done here, or that leave alone what distributions consist of."""
_IMPLICIT: Mapping[str, tuple[str, str, str]] = {
    "Api": ("RestApiId", "ServerlessRestApi", SAM_API),
    "HttpApi": ("ApiId", "ServerlessHttpApi", SAM_HTTP_API),
}
"""A type of event -> the property that names its API, the API that SAM makes where it is missing, and that one's type."""


def check_globals(template: Node, problems: Problems) -> None:
    """Notes what SAM refuses of Globals; of sections that are not for functions, only the names are read."""
    node = template.value.get("Globals")
    if node is None:
        return
    if not isinstance(node.value, dict):
        problems.add(node.problem("Globals must be a mapping"))
        return
    for name, section in node.value.items():
        if name not in PROPERTIES["Globals"]:
            problems.add(node.key_problem(name, f"Globals has no section {name}", did_you_mean(name, PROPERTIES["Globals"])))
        elif not isinstance(section.value, dict):
            problems.add(node.key_problem(name, f"Globals: {name} must be a mapping"))
        elif name == "Function":
            _check_properties(section, problems)


def _check_properties(section: Node, problems: Problems) -> None:
    allowed = PROPERTIES["GlobalsFunction"]
    for name in section.value:
        if name not in allowed:
            hint = did_you_mean(name, allowed) or "write it into each function"
            problems.add(section.key_problem(name, f"Globals: Function cannot have {name}", hint))


def with_globals(logical_id: str, properties: Node, entry: Node, template: Node, problems: Problems) -> Node:
    """A function's properties with those that Globals give it; a problem with one of these says so."""
    inherited = entries(template, "Globals").get("Function")
    if inherited is None or not isinstance(inherited.value, dict):
        return properties
    merged = _merged(_without(inherited, entry.value.get("IgnoreGlobals"), problems), properties, REPLACED)
    for name in merged.value.keys() - properties.value.keys():
        merged.value[name] = replace(merged.value[name], owner=f"{logical_id} (from Globals)")
    return merged


def _without(inherited: Node, ignored: Node | None, problems: Problems) -> Node:
    """What is left of Globals for a resource with the attribute IgnoreGlobals: `"*"`, or a list of properties."""
    if ignored is None or not ignored.value:
        return inherited
    if ignored.value == "*":
        return inherited.become({})
    if not isinstance(ignored.value, list):
        problems.add(ignored.problem('IgnoreGlobals must be "*" or a list of properties'))
        return inherited
    for each in ignored.value:
        if not isinstance(each.value, str) or each.value not in inherited.value:
            problems.add(each.problem("IgnoreGlobals: Globals give functions no such property"))
    names = {each.value for each in ignored.value if isinstance(each.value, str)}
    return replace(inherited, value={name: node for name, node in inherited.value.items() if name not in names})


def _merged(inherited: Node, own: Node, replaced: Set[str] = frozenset()) -> Node:
    """Mappings are merged, lists appended; of anything else, intrinsic functions too, the function's own wins."""
    if isinstance(inherited.value, list) and isinstance(own.value, list):
        return own.become([*inherited.value, *own.value])
    if not _is_plain_mapping(inherited) or not _is_plain_mapping(own):
        return own
    merged = own.become(dict(inherited.value))
    for key, node in own.value.items():
        merged.value[key] = _merged(inherited.value[key], node) if key in inherited.value.keys() - replaced else node
    merged.keys = {**(inherited.keys or {}), **(own.keys or {})}
    return merged


def _is_plain_mapping(node: Node) -> bool:
    if not isinstance(node.value, dict):
        return False
    key = next(iter(node.value)) if len(node.value) == 1 else ""
    return not (key in ("Ref", "Condition") or key.startswith("Fn::"))


def made_of(function: Resource) -> dict[str, Resource]:
    """The resources that SAM makes beside a function: its URL, and the APIs of events that name none."""
    found, properties = {}, function.properties.value
    url = properties.get("FunctionUrlConfig")
    if url is not None and _is_plain_mapping(url):
        found[f"{function.id}Url"] = _url(function, url)
    for event in entries(properties.get("Events")).values():
        row = _IMPLICIT.get(text(entries(event).get("Type")))
        if row is not None and row[0] not in entries(event, "Properties"):
            found[row[1]] = Resource(row[1], row[2], event.become({}), None, None, event)
    return found


def _url(function: Resource, config: Node) -> Resource:
    """The AWS::Lambda::Url of a FunctionUrlConfig."""
    target = function.node.become({"Ref": function.node.become(function.id)})
    properties = config.become({**config.value, "TargetFunctionArn": target})
    properties.keys = config.keys
    return Resource(f"{function.id}Url", FUNCTION_URL, properties, None, function.condition, function.node)


def note_transforms(template: Node, reading: Reading) -> None:
    """Notes each transform of the template as a whole that is not done here."""
    node = template.value.get("Transform")
    listed = [] if node is None else node.value if isinstance(node.value, list) else [node]
    for each in listed:
        if not transform_name(each).startswith(HARMLESS):
            reading.leave_out("Template.Transform", each)


def transform_name(node: Node) -> str:
    """What a transform is called, alone or as the Name of a mapping."""
    return text(entries(node).get("Name", node))
