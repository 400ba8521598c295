from pathlib import Path

import pytest

from edgeproxy.config.code import LocalCode
from edgeproxy.config.functions import read_function
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError

BLOCK = """
Name: rewrite
FunctionConfig: {Comment: c, Runtime: cloudfront-js-1.0}
FunctionCode: |
  function handler(event) {
    return event.request;
  }
"""


def store_of(arn, node):
    if arn == "gone":
        raise ConfigError(node.problem("there is no such store"))
    return f"store {arn}"


def read(text: str, base: Path = Path(), **code: str):
    section = Section("Function", read_yaml(text, Path("t.yaml")), Reading(Problems()))
    found = read_function(section, "Rewrite", LocalCode({name: Node(path) for name, path in code.items()}, base), store_of)
    section.reading.problems.raise_any()
    return found, section.reading


def test_inline_code_knows_the_line_where_it_begins():
    found, _ = read(BLOCK)
    assert (found.name, found.runtime, found.path, found.line) == ("rewrite", "cloudfront-js-1.0", Path("t.yaml"), 5)
    assert found.code == "function handler(event) {\n  return event.request;\n}\n"


@pytest.mark.parametrize("name", [pytest.param("Rewrite", id="by logical id"), pytest.param("rewrite", id="by name")])
def test_code_in_the_settings_wins(tmp_path: Path, name):
    (tmp_path / "f.js").write_text("// é\n", "utf-8")
    found, reading = read(BLOCK, tmp_path, **{name: "f.js"})
    assert (found.code, found.path, found.line) == ("// é\n", tmp_path / "f.js", 1)
    assert tmp_path / "f.js" in reading.sources


STORES = "KeyValueStoreAssociations: [{KeyValueStoreARN: %s}]"


def test_a_key_value_store_is_known_by_its_name():
    found, reading = read(BLOCK.replace("cloudfront-js-1.0", f"cloudfront-js-2.0, {STORES % 'arn'}"))
    assert found.key_value_store == "store arn"
    assert reading.not_honoured == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{}", "Function needs Name; Function needs FunctionConfig; Function needs FunctionCode", id="nothing"),
        pytest.param(BLOCK.replace("rewrite", "a b"), '"a b" is not a function\'s name', id="a name"),
        pytest.param(BLOCK.replace("js-1.0", f"js-2.0, {STORES % 'gone'}"), "there is no such store", id="a store"),
        pytest.param(
            BLOCK.replace("js-1.0", f"js-1.0, {STORES % 'arn'}"), "1.0 cannot read a key value store", id="a store in 1.0"
        ),
        pytest.param(BLOCK.replace("js-1.0", "js-3.0"), 'Runtime is "cloudfront-js-3.0"', id="a runtime"),
        pytest.param(
            f"{BLOCK}  // {'é' * 5100}\n", r"1\d\d\d\d bytes of a function's code", id="more than 10 KB, counted in bytes"
        ),
    ],
)
def test_what_cloudfront_refuses(text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)
