from pathlib import Path

import pytest

from edgeproxy.config.lambda_settings import budget_names, read_lambda_edge
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError
from edgeproxy.model import LambdaEdgeSettings


def section(text):
    return Section("settings", read_yaml(f"distribution: t\n{text}", Path("/p/edgeproxy.yaml")), Reading(Problems()))


def read(text, base=Path("/p")):
    settings = section(text)
    found = read_lambda_edge(settings, base)
    settings.reading.problems.raise_any()
    return found


EVERYTHING = """
lambda_edge:
  environments: 2
  throttle: true
  environment: {TABLE: t, N: 1}
  aws: {profile: dev}
  budget: {viewer-request: 20ms, Auth: 1.5 s, origin-request: 200}
  enforce: true
  logs: ./logs
"""


def test_every_setting(tmp_path):
    assert read(EVERYTHING, tmp_path) == LambdaEdgeSettings(
        environments=2,
        throttle=True,
        environment={"TABLE": "t", "N": "1"},
        aws_profile="dev",
        budget={"viewer-request": 20, "Auth": 1500, "origin-request": 200},
        enforce=True,
        logs=tmp_path / "logs",
    )


def test_a_handlers_variable_may_be_one_of_this_machines(monkeypatch):
    monkeypatch.setenv("APP_TABLE", "t1")
    monkeypatch.delenv("APP_KEY", raising=False)
    text = "lambda_edge: {environment: {TABLE: 'x-${env:APP_TABLE}', LITERAL: '$${env:APP_KEY}'}}"
    assert read(text).environment == {"TABLE": "x-t1", "LITERAL": "${env:APP_KEY}"}
    with pytest.raises(ConfigError, match="the environment variable APP_KEY is not set"):
        read("lambda_edge: {environment: {KEY: '${env:APP_KEY}'}}")


def test_nothing_is_the_default():
    assert read("") == LambdaEdgeSettings()


def test_the_platforms_lines_may_go_to_the_terminal():
    found = read("lambda_edge: {logs: terminal}")
    assert (found.logs, found.platform_logs) == (None, True)


def test_where_budgets_are_named():
    places = budget_names(section("lambda_edge:\n  budget:\n    Auth: 20ms\n"))
    assert [(name, node.line) for name, node in places.items()] == [("Auth", 4)]
    assert budget_names(section("")) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("environments: 0", "environments is 0", id="no environments"),
        pytest.param("environments: 1001", "environments is 1001", id="more than a region has"),
        pytest.param("environments: '0000000019999'", "environments is 0000000019999", id="more than that, after zeros"),
        pytest.param("throttle: maybe", 'throttle is "maybe"', id="neither true nor false"),
        pytest.param("environment: [a]", "environment must be a mapping", id="a list of variables"),
        pytest.param('environment: {"A=B": c}', "A=B is not the name of an environment variable", id="a variable's name"),
        pytest.param("aws: {profil: dev}", "did you mean|aws has no property profil", id="a misspelt profile"),
        pytest.param("budget: 20ms", "budget must be a mapping", id="a budget for nobody"),
        pytest.param("budget: {viewer-request: fast}", "the budget of viewer-request is fast", id="no number"),
        pytest.param("budget: {viewer-request: 31s}", "the budget of viewer-request is 31s", id="longer than any timeout"),
        pytest.param("budget: {viewer-request: 0ms}", "the budget of viewer-request is 0ms", id="no time at all"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(ConfigError, match=message):
        read(f"lambda_edge: {{{text}}}")


def test_a_file_where_the_folder_of_logs_should_be(tmp_path):
    (tmp_path / "logs").touch()
    with pytest.raises(ConfigError, match="is not a folder"):
        read("lambda_edge: {logs: logs}", tmp_path)
