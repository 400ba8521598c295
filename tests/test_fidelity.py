"""docs/fidelity.md says what the code says: no choice left out, no module that is gone, no figure that has changed."""

import re
from pathlib import Path

import pytest

from edgeproxy import pipeline
from edgeproxy.config import not_honoured
from edgeproxy.model import CacheSettings, LambdaEdgeSettings
from edgeproxy.origins import content_types, custom
from edgeproxy.rules import quotas
from edgeproxy.runtimes.javascript import engine
from edgeproxy.runtimes.lambda_edge import environment, environments, interpreters, output, variables
from edgeproxy.server import connection

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "edgeproxy"
PAGE = (ROOT / "docs" / "fidelity.md").read_text("utf-8")
LONGEST_LINE = 300
PROPERTIES = "### Properties that are not honoured"


def rows(text):
    """The cells of each table row, heads and rulers left out."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]
    return [row for row in cells if row[-1] != "Where"]


def code(cell):
    return re.findall("`([^`]+)`", cell)


def named_modules():
    return {module for row in rows(PAGE) for module in code(row[-1])}


def modules_that_chose():
    sources = [path for pattern in ("*.py", "*.mjs", "*.js") for path in PACKAGE.rglob(pattern)]
    return {path.relative_to(PACKAGE).as_posix() for path in sources if re.search(r"\bChosen\b", path.read_text("utf-8"))}


def properties_section():
    return PAGE.split(PROPERTIES)[1].split("\n## ")[0]


def what_the_code_leaves_out():
    left_out = {
        (f"{kind}.{name}", instead) for kind, properties in not_honoured.TABLE.items() for name, instead in properties.items()
    }
    return left_out | {
        ("AWS::Lambda::Url.InvokeMode", not_honoured.STREAMING),
        ("OriginGroup.SelectionCriteria", not_honoured.SELECTION),
        ("Origin.OriginAccessControlId", not_honoured.SIGNING),
        ("AWS::CloudFront::ConnectionFunction", not_honoured.CONNECTION_FUNCTION),
    }


def test_every_module_that_chose_something_is_named():
    choosing = modules_that_chose()
    assert len(choosing) > 30
    assert sorted(choosing - named_modules()) == []


def test_every_module_named_exists():
    assert [module for module in sorted(named_modules()) if not (PACKAGE / module).is_file()] == []


def test_every_row_has_three_cells_and_ends_in_modules_alone():
    modules = re.compile(r"`[\w/]+\.(?:py|mjs|js)`(?:, `[\w/]+\.(?:py|mjs|js)`)*")
    assert [row for row in rows(PAGE) if len(row) != 3 or not all(row) or not modules.fullmatch(row[-1])] == []


def test_properties_that_are_not_honoured_are_those_of_the_code_word_for_word():
    listed = {(name, here) for names, here, _ in rows(properties_section()) for name in code(names)}
    assert listed == what_the_code_leaves_out()


def test_no_point_is_listed_twice():
    points = [row[0] for row in rows(PAGE)]
    assert sorted({point for point in points if points.count(point) > 1}) == []


def test_every_table_is_headed_and_ruled():
    tables = PAGE.count("| Where |")
    assert PAGE.count("|---|---|---|") == tables == PAGE.count("\n## ") + PAGE.count("\n### ")


def test_lines_stay_readable():
    assert [line[:60] for line in PAGE.splitlines() if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize(
    ("module", "figure"),
    [
        pytest.param("runtimes/javascript/engine.py", f"{engine.TIME_LIMIT * 1000:g} ms of CPU time", id="a function's time"),
        pytest.param("runtimes/javascript/engine.py", f"{engine.MEMORY_LIMIT >> 20} MB over", id="a function's memory"),
        pytest.param(
            "runtimes/lambda_edge/environment.py", f"An init past {environment.INIT_LIMIT:g} s", id="a handler's init"
        ),
        pytest.param("runtimes/lambda_edge/pool.py", f"({LambdaEdgeSettings().environments} a function)", id="environments"),
        pytest.param("runtimes/lambda_edge/output.py", f"{output.LINE:,} bytes a line", id="bytes of a printed line"),
        pytest.param("runtimes/lambda_edge/output.py", f"{output.LINES:,} lines a second", id="printed lines a second"),
        pytest.param("runtimes/lambda_edge/variables.py", f"{variables.REGION}, {variables.ACCOUNT}", id="region and account"),
        pytest.param("runtimes/lambda_edge/interpreters.py", f"from {interpreters.OLDEST_NODE} on", id="the oldest Node.js"),
        pytest.param("rules/quotas.py", f"URL {quotas.URL_SIZE:,} bytes", id="the longest URL"),
        pytest.param("rules/quotas.py", f"headers {quotas.HEAD_SIZE:,} bytes", id="the largest head"),
        pytest.param("rules/quotas.py", f"more than {quotas.HEADER_COUNT} headers (494)", id="the most headers"),
        pytest.param("stores/cache.py", f"{CacheSettings().size >> 20} MiB", id="the cache's size"),
        pytest.param("fetch.py", f"{CacheSettings().max_object >> 20} MiB", id="the largest object stored"),
        pytest.param("origins/custom.py", f"at most {custom.CONNECTIONS_PER_ORIGIN}", id="connections to an origin"),
        pytest.param("origins/content_types.py", f"`{content_types.DEFAULT}`", id="the content type of unknown files"),
        pytest.param("pipeline.py", f"`{pipeline.POP}`", id="the edge location"),
        pytest.param("server/connection.py", f"{connection.IDLE_SECONDS:g} s;", id="an idle connection"),
        pytest.param("server/connection.py", f"for {connection.LINGER_SECONDS:g} s,", id="an unread body"),
    ],
)
def test_figures_are_those_of_the_code(module, figure):
    assert any(figure in " | ".join(row) for row in rows(PAGE) if module in code(row[-1]))


def test_idle_environments_are_kept_for_the_ten_minutes_that_the_page_says():
    assert environments.IDLE == 10 * 60
    assert any("ten minutes" in here for _, here, where in rows(PAGE) if "runtimes/lambda_edge/pool.py" in code(where))
