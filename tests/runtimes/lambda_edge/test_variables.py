from pathlib import Path

import pytest

from edgeproxy.model import LambdaEdgeSettings, LambdaFunction
from edgeproxy.runtimes.lambda_edge.variables import DUMMIES, invoked_arn, log_group, of_settings, variables

FUNCTION = LambdaFunction("Auth", "python3.12", "app.handler", Path("/code"), memory=256, version="7")
BEHIND_A_URL = LambdaFunction(
    "App", "nodejs22.x", "index.handler", Path("/code"), variables=(("STAGE", "dev"),), replicated=False
)


def made(function=FUNCTION, **named):
    return variables(function, Path("/code"), Path("/scratch"), "127.0.0.1:9", "the/stream", named)


def test_what_lambda_defines():
    given = made()
    assert given["AWS_LAMBDA_FUNCTION_NAME"] == "us-east-1.Auth"
    assert given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert given["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert given["_HANDLER"] == "app.handler"
    assert given["LAMBDA_TASK_ROOT"] == "/code"
    assert given["HOME"] == given["TMPDIR"] == "/scratch"
    assert (given["AWS_LAMBDA_LOG_GROUP_NAME"], given["AWS_LAMBDA_LOG_STREAM_NAME"]) == (
        "/aws/lambda/us-east-1.Auth",
        "the/stream",
    )
    assert Path(given["LAMBDA_RUNTIME_DIR"], "bootstrap.py").is_file()
    assert {given[name] for name in DUMMIES} == {"edgeproxy"}


def test_arn_of_the_replica():
    assert invoked_arn(FUNCTION) == "arn:aws:lambda:us-east-1:123456789012:function:us-east-1.Auth:7"


def test_a_function_behind_a_url_has_its_own_name_and_variables():
    given = made(BEHIND_A_URL)
    assert (given["AWS_LAMBDA_FUNCTION_NAME"], given["STAGE"], log_group(BEHIND_A_URL)) == ("App", "dev", "/aws/lambda/App")


def test_named_variables_replace_but_never_the_runtime_api():
    given = made(AWS_ACCESS_KEY_ID="mine", MY="x", AWS_LAMBDA_RUNTIME_API="evil:1")
    assert (given["AWS_ACCESS_KEY_ID"], given["MY"], given["AWS_LAMBDA_RUNTIME_API"]) == ("mine", "x", "127.0.0.1:9")


@pytest.mark.parametrize(
    ("own", "files"),
    [
        pytest.param({}, ("/home/me/.aws/config", "/home/me/.aws/credentials"), id="in the home directory"),
        pytest.param({"AWS_CONFIG_FILE": "/c", "AWS_SHARED_CREDENTIALS_FILE": "/s"}, ("/c", "/s"), id="where the user says"),
    ],
)
def test_a_named_profile_takes_the_place_of_the_dummies(monkeypatch, own, files):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", "/home/me")
    given = made(
        **of_settings(LambdaEdgeSettings(aws_profile="dev", environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}))
    )
    assert (given["AWS_PROFILE"], given["AWS_ENDPOINT_URL"]) == ("dev", "http://127.0.0.1:4566")
    assert (given["AWS_CONFIG_FILE"], given["AWS_SHARED_CREDENTIALS_FILE"]) == files
    assert not given.keys() & set(DUMMIES)


def test_without_a_profile_nothing_is_taken_from_the_user():
    assert of_settings(LambdaEdgeSettings()) == {}
