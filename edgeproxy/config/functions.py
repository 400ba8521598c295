"""CloudFront Functions: AWS::CloudFront::Function, and code given in the settings for a function that is only an ARN."""

from collections.abc import Callable, Sequence
from pathlib import Path

from edgeproxy.config import limits
from edgeproxy.config.code import LocalCode
from edgeproxy.config.documents import read_text
from edgeproxy.config.nodes import Node
from edgeproxy.config.section import Reading, Section
from edgeproxy.model import Function

RUNTIMES = ("cloudfront-js-1.0", "cloudfront-js-2.0")


def read_function(
    section: Section, logical_id: str, code: LocalCode, store_of: Callable[[str, Node], str], paths: Sequence[str] = ()
) -> Function:
    """Reads the Properties of an AWS::CloudFront::Function. Settings win over inline code.

    `store_of` gives the name of a key value store by its ARN; it raises ConfigError. `paths`: the function's construct paths,
    by which the settings may name it too.
    """
    section.required("Name", "FunctionConfig", "FunctionCode")
    name = section.text("Name", logical_id)
    if not limits.FUNCTION_NAME.fullmatch(name):
        section.value_problem("Name", f'"{name}" is not a function\'s name', "1 to 64 letters, digits, - and _")
    runtime, store = RUNTIMES[1], None
    if config := section.section("FunctionConfig", "FunctionConfig"):
        config.required("Comment", "Runtime")
        runtime = config.choice("Runtime", RUNTIMES, RUNTIMES[1])
        store = _key_value_store(config, runtime, store_of)
    with section.reading.problems.gathering():
        local = code.find((logical_id, name, *paths))
        if local is not None:
            return _from_file(name, runtime, *local, section.reading, store)
    text, place = section.text("FunctionCode"), section.get("FunctionCode") or section.node
    _check_size(text, place, section.reading)
    return Function(
        name,
        runtime,
        text,
        path=place.path,
        line=place.line + place.block,
        key_value_store=store,
        on_one_line=not place.block and "\n" in text,
    )


def local_function(name: str, code: LocalCode, reading: Reading) -> Function | None:
    """A function that only the settings know the code of. Chosen: it runs on cloudfront-js-2.0. Raises ConfigError."""
    local = code.find((name,))
    return None if local is None else _from_file(name, RUNTIMES[1], *local, reading, None)


def _from_file(name: str, runtime: str, path: Path, node: Node, reading: Reading, store: str | None) -> Function:
    reading.sources[path] = None
    text = read_text(path, node)
    _check_size(text, node, reading)
    return Function(name, runtime, text, path, key_value_store=store)


def _check_size(text: str, node: Node, reading: Reading) -> None:
    # FunctionSizeLimitExceeded (413) when the function is created.
    limits.check("bytes of a function's code", limits.code_size(text), node, reading.problems)


def _key_value_store(config: Section, runtime: str, store_of: Callable[[str, Node], str]) -> str | None:
    stores = config.sections("KeyValueStoreAssociations", "KeyValueStoreAssociation")
    limits.check("key value stores of a function", len(stores), config.at("KeyValueStoreAssociations"), config.reading.problems)
    for store in stores:
        store.required("KeyValueStoreARN")
    if stores and runtime != RUNTIMES[1]:
        hint = f"a function that has a key value store runs on {RUNTIMES[1]}"
        config.value_problem("Runtime", f"{runtime} cannot read a key value store", hint)
    with config.reading.problems.gathering():
        if stores and (arn := stores[0].text("KeyValueStoreARN")):
            return store_of(arn, stores[0].at("KeyValueStoreARN"))
    return None
