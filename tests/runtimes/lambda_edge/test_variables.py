import re
from pathlib import Path

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.variables import invoked_arn, variables

FUNCTION = LambdaFunction("Auth", "python3.12", "app.handler", Path("/code"), memory=256, version="7")


def made(named=None):
    return variables(FUNCTION, Path("/code"), Path("/scratch"), "127.0.0.1:9", named or {})


def test_what_lambda_defines():
    given = made()
    assert given["AWS_LAMBDA_FUNCTION_NAME"] == "us-east-1.Auth"
    assert given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert given["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert given["_HANDLER"] == "app.handler"
    assert given["LAMBDA_TASK_ROOT"] == "/code"
    assert given["HOME"] == given["TMPDIR"] == "/scratch"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[7\][0-9a-f]{32}", given["AWS_LAMBDA_LOG_STREAM_NAME"])


def test_arn_of_the_replica():
    assert invoked_arn(FUNCTION) == "arn:aws:lambda:us-east-1:123456789012:function:us-east-1.Auth:7"


def test_named_variables_replace_but_never_the_runtime_api():
    given = made({"AWS_ACCESS_KEY_ID": "mine", "MY": "x", "AWS_LAMBDA_RUNTIME_API": "evil:1"})
    assert (given["AWS_ACCESS_KEY_ID"], given["MY"], given["AWS_LAMBDA_RUNTIME_API"]) == ("mine", "x", "127.0.0.1:9")
