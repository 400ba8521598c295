"""The fidelity table says what the code says: no choice left out, no module that is gone, no figure that has changed."""

import re
from pathlib import Path

import pytest

from edgeproxy import served
from edgeproxy.config import not_honoured
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.fidelity import BY_ID, BY_PROPERTY, ROWS, page
from edgeproxy.model import CacheSettings, LambdaEdgeSettings
from edgeproxy.origins import content_types, custom
from edgeproxy.rules import quotas
from edgeproxy.runtimes.javascript import engine, syntax
from edgeproxy.runtimes.lambda_edge import environment, environments, interpreters, output, variables
from edgeproxy.server import connection

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "edgeproxy"
PAGE = ROOT / "docs" / "fidelity.md"
LONGEST_LINE = 300
# What AWS's guide says of CloudFront, of CloudFront Functions and of Lambda@Edge: each of it has a row.
SECTIONS = [
    "Choosing: order of the steps",
    "Choosing: names and hosts",
    "Choosing: path patterns",
    "Choosing: default root object",
    "Choosing: URLs as received",
    "Access: viewer protocol policy",
    "Access: methods",
    "Access: sizes",
    "Access: geo restriction",
    "Access: AWS WAF",
    "Wire: protocols",
    "Signatures: when one is needed",
    "Signatures: parameters and cookies",
    "Signatures: canned policies",
    "Signatures: custom policies",
    "Signatures: time",
    "Signatures: refusals",
    "Cache key: default contents",
    "Cache key: cache policies",
    "Cache key: how parts are compared",
    "Cache key: headers that cannot be in it",
    "Cache key: Accept-Encoding",
    "Cache key: beside an origin request policy",
    "Cache key: managed cache policies",
    "Freshness: which header decides",
    "Freshness: a TTL of 0",
    "Freshness: Age and Date",
    "Freshness: revalidation",
    "Freshness: stale objects",
    "Freshness: errors",
    "Freshness: redirects and other 3xx",
    "Freshness: collapsed requests",
    "Freshness: answers that break off",
    "Freshness: methods",
    "Ranges and conditionals: ranges",
    "Ranges and conditionals: conditions",
    "Invalidation: by path",
    "Invalidation: by tag",
    "Forwarding: policies and legacy settings",
    "Forwarding: managed origin request policies",
    "Forwarding: request headers",
    "Forwarding: CloudFront-* headers",
    "Forwarding: origin path and custom headers",
    "Origins: connections and timeouts",
    "Origins: failures",
    "Origins: framing of answers",
    "Origins: origin groups",
    "Origins: Origin Shield",
    "Buckets: access and signing",
    "Buckets: directories that stand in for buckets",
    "Buckets: website endpoints",
    "Function URLs: event and answer",
    "Answers: headers of the origin",
    "Answers: headers that CloudFront adds",
    "Answers: redirect to HTTPS",
    "Answers: response headers policies",
    "Answers: managed response headers policies",
    "Answers: compression",
    "Error pages: custom error responses",
    "Error pages: CloudFront's own page",
    "Logs: standard logs",
    "Logs: real-time logs",
    "Logs: metrics",
    "Logs: what edgeproxy tells",
    "CloudFront Functions: the event",
    "CloudFront Functions: the request of an event",
    "CloudFront Functions: the response of an event",
    "CloudFront Functions: value records",
    "CloudFront Functions: encoding",
    "CloudFront Functions: case of header names",
    "CloudFront Functions: the request at viewer-response",
    "CloudFront Functions: results at viewer-request",
    "CloudFront Functions: results at viewer-response",
    "CloudFront Functions: when viewer-response runs",
    "CloudFront Functions: place among the steps",
    "CloudFront Functions: associations",
    "CloudFront Functions: disallowed headers",
    "CloudFront Functions: read-only headers",
    "CloudFront Functions: headers towards the origin",
    "JavaScript: syntax",
    "JavaScript: built-ins",
    "JavaScript: modules",
    "Helper methods: key value stores",
    "Helper methods: updateRequestOrigin",
    "Helper methods: selectRequestOriginById",
    "Helper methods: createRequestOriginGroup",
    "Helper methods: edgeLocation",
    "Helper methods: rawQueryString",
    "Helper methods: logCustomData",
    "Helper methods: distribution tenants",
    "Helper methods: CBOR Web Tokens",
    "Helper methods: mutual TLS",
    "Helper methods: connection functions",
    "Limits of functions: numbers",
    "Limits of functions: failures",
    "Tools for functions: API",
    "Tools for functions: TestFunction",
    "Key value stores: control plane",
    "Key value stores: data plane",
    "Lambda@Edge: fields of an event",
    "Lambda@Edge: shapes of an event",
    "Lambda@Edge: header objects",
    "Lambda@Edge: body of a request",
    "Lambda@Edge: what each trigger may return",
    "Lambda@Edge: generated responses",
    "Lambda@Edge: origin-response and viewer-response",
    "Lambda@Edge: outcomes",
    "Lambda@Edge: disallowed headers",
    "Lambda@Edge: read-only headers",
    "Lambda@Edge: CloudFront-* headers",
    "Lambda@Edge: URI and query string",
    "Lambda@Edge: sizes",
    "Lambda@Edge: who runs when",
    "Lambda@Edge: configuration of a function",
    "Lambda@Edge: changing the origin",
    "Lambda@Edge: custom headers of an origin",
    "Lambda@Edge: order of the cache",
    "Lambda@Edge: origin groups",
    "Lambda@Edge: statuses of failures",
    "Lambda@Edge: page of a failure",
    "Lambda@Edge: sentences of failures",
    "Lambda@Edge: CloudFront's log",
    "Lambda@Edge: fields of access logs",
    "Lambda@Edge: metrics",
    "Execution of handlers: lifecycle",
    "Execution of handlers: context object",
    "Execution of handlers: environment variables",
    "Execution of handlers: log lines",
    "Execution of handlers: Python",
    "Execution of handlers: Node.js",
    "Execution of handlers: Runtime API",
    "Execution of handlers: quotas",
    "Configuration: DistributionConfig",
    "Configuration: policies",
    "Configuration: CloudFormation",
    "Configuration: SAM",
    "Configuration: CDK",
    "Configuration: Terraform",
    "Configuration: quotas",
    "Configuration: continuous deployment",
    "Configuration: serving without a template",
]
NOTED_BY_OTHERS = {
    "AWS::CloudFront::ConnectionFunction",
    "AWS::Lambda::Url.InvokeMode",
    "Custom::CDKBucketDeployment.SystemMetadata",
    "Origin.OriginAccessControlId",
    "Origin.S3OriginConfig.OriginAccessIdentity",
    "OriginAccessControlConfig.SigningProtocol",
    "OriginGroup.SelectionCriteria",
    "Template.Transform",
}
"""Properties that count only beside something else: `Section` does not report them by itself."""


def modules_of(row):
    return row.where.split(", ")


def modules_that_chose():
    sources = [path for pattern in ("*.py", "*.mjs", "*.js") for path in PACKAGE.rglob(pattern)]
    return {path.relative_to(PACKAGE).as_posix() for path in sources if re.search(r"\bChosen\b", path.read_text("utf-8"))}


def test_the_page_is_that_of_the_table():
    assert PAGE.read_text("utf-8") == page.render(ROWS), f"make it anew: {page.MADE_ANEW}"


def test_every_section_has_its_rows_in_the_order_of_the_page():
    assert list(dict.fromkeys(row.section for row in ROWS)) == SECTIONS


def test_ids_are_short_unique_and_in_lower_case():
    assert [row.id for row in ROWS if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", row.id) or len(row.id) > 40] == []
    assert len(BY_ID) == len(ROWS)


def test_no_point_is_listed_twice():
    points = [(row.section.partition(": ")[0], row.question) for row in ROWS]
    assert sorted({point for point in points if points.count(point) > 1}) == []


def test_every_row_says_something_in_every_field():
    assert [row.id for row in ROWS if not (row.question and row.here and row.where)] == []
    assert [row.id for row in ROWS if "|" in row.question + row.here + row.switch] == []


def test_only_what_is_not_honoured_has_properties():
    assert [row.id for row in ROWS if row.property and row.status != "not emulated"] == []
    assert [row.id for row in ROWS if row.quiet] == ["http-2-and-3"]


def test_every_module_that_chose_something_is_named_by_a_choice():
    choosing = modules_that_chose()
    assert len(choosing) > 30
    named = {module for row in ROWS if row.status != "honoured" for module in modules_of(row)}
    assert sorted(choosing - named) == []


def test_every_module_named_exists():
    assert sorted({module for row in ROWS for module in modules_of(row) if not (PACKAGE / module).is_file()}) == []


def test_every_property_is_reported_and_known():
    of_the_table = {f"{kind}.{name}" for kind, names in not_honoured.TABLE.items() for name in names}
    of_functions = {f"cf.{name}" for name in syntax.NOT_EMULATED}
    assert set(BY_PROPERTY) == of_the_table | of_functions | NOTED_BY_OTHERS
    assert [name for name in of_the_table if name.split(".")[1] not in PROPERTIES[name.split(".")[0]]] == []


def test_lines_stay_readable():
    assert [line[:60] for line in PAGE.read_text("utf-8").splitlines() if len(line) > LONGEST_LINE] == []


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
        pytest.param("served.py", f"`{served.POP}`", id="the edge location"),
        pytest.param("server/connection.py", f"{connection.IDLE_SECONDS:g} s;", id="an idle connection"),
        pytest.param("server/connection.py", f"for {connection.LINGER_SECONDS:g} s,", id="an unread body"),
    ],
)
def test_figures_are_those_of_the_code(module, figure):
    assert any(figure in f"{row.question} | {row.here}" for row in ROWS if module in row.where.split(", "))


def test_idle_environments_are_kept_for_the_ten_minutes_that_the_page_says():
    assert environments.IDLE == 10 * 60
    assert "ten minutes" in BY_ID["idle-environments"].here
