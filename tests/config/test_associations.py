from pathlib import Path

import kit_local
import pytest

from edgeproxy.config.associations import check_mixture, read_functions, read_lambdas
from edgeproxy.config.code import LocalCode
from edgeproxy.config.library import Library
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook


@pytest.fixture
def read(tmp_path: Path):
    (tmp_path / "f.js").touch()
    code = LocalCode({"F": Node("f.js"), "L": Node("f.js")}, tmp_path)

    def read(functions=(), lambdas=()):
        reading = Reading(Problems())
        value = {
            "FunctionAssociations": [
                {"EventType": hook, "FunctionARN": "arn:aws:cloudfront::123456789012:function/F"} for hook in functions
            ],
            "LambdaFunctionAssociations": [
                {"EventType": hook, "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:L:1", **more}
                for hook, more in lambdas
            ],
        }
        section, library = Section("CacheBehavior", plain(value), reading), Library(reading, kit_local.given(code))
        found = read_functions(section, library), read_lambdas(section, library)
        check_mixture(section, *found)
        reading.problems.raise_any()
        return found

    return read


@pytest.mark.parametrize(
    ("functions", "lambdas"),
    [
        pytest.param(["viewer-request", "viewer-response"], [], id="functions at both viewer events"),
        pytest.param([], ["viewer-request", "origin-request", "origin-response", "viewer-response"], id="handlers at all four"),
        pytest.param(["viewer-request"], ["origin-request", "origin-response"], id="a function, and handlers at the origin"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_what_may_stand_together(read, functions, lambdas):
    found = read(functions, [(hook, {}) for hook in lambdas])
    assert [list(each) for each in found] == [[Hook(hook) for hook in functions], [Hook(hook) for hook in lambdas]]


@pytest.mark.parametrize("hook", ["viewer-request", "origin-request"])
def test_a_handler_may_ask_for_the_body_of_a_request(read, hook):
    assert read(lambdas=[(hook, {"IncludeBody": True})])[1][Hook(hook)].include_body


@pytest.mark.parametrize(
    ("functions", "lambdas", "message"),
    [
        pytest.param(
            ["origin-request"], [], "a CloudFront Function cannot run at origin-request", id="a function at the origin"
        ),
        pytest.param(["viewer-request"] * 2, [], "TooManyFunctionAssociations", id="two functions at one hook"),
        pytest.param([], [("viewer-request", {})] * 2, "TooManyLambdaFunctionAssociations", id="two handlers at one hook"),
        pytest.param(
            ["viewer-request"],
            [("viewer-request", {})],
            "Lambda@Edge at viewer-request beside a CloudFront Function at viewer-request",
            id="both tiers at one hook",
        ),
        pytest.param(
            ["viewer-request"],
            [("viewer-response", {})],
            "Lambda@Edge at viewer-response beside a CloudFront Function at viewer-request",
            id="CFF-50 LE-53 both tiers at the two viewer events",
        ),
        pytest.param(
            [],
            [("origin-response", {"IncludeBody": True})],
            "IncludeBody is not possible at origin-response",
            id="a body of no request",
        ),
        pytest.param(["viewer-reqest"], [], 'EventType is "viewer-reqest"', id="an unknown hook"),
    ],
)
def test_what_cloudfront_refuses(read, functions, lambdas, message):
    with pytest.raises(ConfigError, match=message):
        read(functions, lambdas)
