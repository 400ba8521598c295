from pathlib import Path

import pytest
from kit_sam import EVENTS, function, merged

from edgeproxy.config import sam
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError


@pytest.mark.parametrize(
    ("inherited", "own", "expected"),
    [
        pytest.param({"Timeout": 5}, {"Handler": "a.b"}, {"Timeout": 5, "Handler": "a.b"}, id="what a function does not have"),
        pytest.param({"Timeout": 5}, {"Timeout": 7}, {"Timeout": 7}, id="a scalar: the function's own wins"),
        pytest.param({"Layers": ["a"]}, {"Layers": ["b"]}, {"Layers": ["a", "b"]}, id="lists are appended"),
        pytest.param(
            {"Architectures": ["arm64"]}, {"Architectures": ["x86_64"]}, {"Architectures": ["x86_64"]},
            id="a function has one architecture",
        ),
        pytest.param(
            {"Environment": {"Variables": {"A": "1", "B": "2"}}}, {"Environment": {"Variables": {"B": "3"}}},
            {"Environment": {"Variables": {"A": "1", "B": "3"}}}, id="mappings are merged",
        ),
        pytest.param(
            {"Environment": {"Fn::If": ["C", {}, {}]}}, {"Environment": {"Variables": {}}}, {"Environment": {"Variables": {}}},
            id="an intrinsic function in Globals is like a scalar",
        ),
        pytest.param(
            {"CodeUri": {"Bucket": "b", "Key": "k"}}, {"CodeUri": {"Ref": "Code"}}, {"CodeUri": {"Ref": "Code"}},
            id="an intrinsic function of the function too",
        ),
        pytest.param({"CodeUri": "s3://b/k"}, {"CodeUri": {"Bucket": "b"}}, {"CodeUri": {"Bucket": "b"}}, id="kinds that differ"),
    ],
)  # fmt: skip
def test_globals_are_merged(inherited, own, expected):
    assert merged(inherited, own) == expected


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        pytest.param("*", {"Handler": "a.b"}, id="everything"),
        pytest.param(["Environment"], {"Timeout": 5, "Handler": "a.b"}, id="one property"),
        pytest.param([], {"Timeout": 5, "Environment": {"Variables": {}}, "Handler": "a.b"}, id="nothing"),
    ],
)
def test_a_function_may_ignore_globals(ignored, expected):
    found = merged({"Timeout": 5, "Environment": {"Variables": {}}}, {"Handler": "a.b"}, IgnoreGlobals=ignored)
    assert found == expected


@pytest.mark.parametrize(
    ("ignored", "message"),
    [
        pytest.param(["Timeot"], "Globals give functions no such property", id="a name that is not there"),
        pytest.param([["Timeout"]], "Globals give functions no such property", id="no name"),
        pytest.param("Timeout", 'must be "\\*" or a list', id="another text"),
    ],
)
def test_what_cannot_be_ignored(ignored, message):
    with pytest.raises(ConfigError, match=message):
        merged({"Timeout": 5}, {}, IgnoreGlobals=ignored)


def test_what_globals_give_keeps_its_line_and_says_so():
    template = read_yaml("Globals:\n  Function:\n    Timeout: 40\nOwn:\n  Handler: a.b\n", Path("/t.yaml"))
    own = template.value["Own"]
    found = sam.with_globals("Fn", own, plain({}), template, Problems())
    for problem in (found.key_problem("Timeout", "too long"), found.value["Timeout"].problem("too long")):
        assert (problem.message, problem.line) == ("Fn (from Globals): too long", 3)
    assert found.key_problem("Handler", "x") == own.key_problem("Handler", "x")
    assert template.value["Globals"].value["Function"].value["Timeout"].owner == "", "Globals themselves belong to nobody"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("[]", "Globals must be a mapping", "", id="no mapping"),
        pytest.param("{Functoin: {}}", "no section Functoin", "did you mean Function?", id="an unknown section"),
        pytest.param("{Function: []}", "Function must be a mapping", "", id="a section that is no mapping"),
        pytest.param("{Api: 1}", "Api must be a mapping", "", id="another section that is no mapping"),
        pytest.param("{Function: {Timeuot: 1}}", "cannot have Timeuot", "did you mean Timeout?", id="an unknown property"),
        pytest.param("{Function: {Policies: []}}", "cannot have Policies", "", id="a property that each function has itself"),
    ],
)
def test_what_sam_refuses_of_globals(text, message, hint):
    problems = Problems()
    sam.check_globals(read_yaml(f"Globals: {text}", Path("/t.yaml")), problems)
    with pytest.raises(ConfigError, match=message) as caught:
        problems.raise_any()
    assert hint in caught.value.problems[0].hint
    assert caught.value.problems[0].line == 1


def test_what_sam_takes_of_globals():
    problems = Problems()
    text = "Globals: {Function: {Timeout: !Ref T, Environment: {Variables: {}}}, Api: {Whatever: 1}, SimpleTable: {}}"
    sam.check_globals(read_yaml(text, Path("/t.yaml")), problems)
    sam.check_globals(plain({}), problems)
    assert not problems


@pytest.mark.parametrize(
    ("properties", "names"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"FunctionUrlConfig": {"AuthType": "NONE"}}, ["FnUrl"], id="a URL"),
        pytest.param({"FunctionUrlConfig": {"Ref": "AWS::NoValue"}}, [], id="no URL"),
        pytest.param({"Events": EVENTS}, ["ServerlessHttpApi", "ServerlessRestApi"], id="both implicit APIs"),
        pytest.param({"Events": {"A": {"Type": "Api", "Properties": {"RestApiId": "x"}}}}, [], id="a REST API that is named"),
        pytest.param({"Events": {"A": {"Type": "HttpApi", "Properties": {"ApiId": "x"}}}}, [], id="an HTTP API that is named"),
        pytest.param({"Events": [1]}, [], id="no events at all"),
        pytest.param({"Events": {"A": 1, "B": {"Type": {"Ref": "X"}}}}, [], id="events that are none"),
    ],
)
def test_what_sam_makes_beside_a_function(properties, names):
    assert sorted(sam.made_of(function(**properties))) == names


@pytest.mark.parametrize(
    ("transform", "noted"),
    [
        pytest.param(None, 0, id="none"),
        pytest.param("AWS::Serverless-2016-10-31", 0, id="SAM"),
        pytest.param(["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], 0, id="language extensions"),
        pytest.param(["AWS::Serverless-2016-10-31", "Own"], 1, id="a macro"),
        pytest.param({"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}, 1, id="an include"),
        pytest.param({"Name": ["x"]}, 1, id="no name"),
    ],
)
def test_transforms_that_are_not_done_are_noted(transform, noted):
    reading = Reading(Problems())
    sam.note_transforms(plain({} if transform is None else {"Transform": transform}), reading)
    assert [item.property for item in reading.not_honoured] == ["Template.Transform"] * noted
