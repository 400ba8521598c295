"""The environment variables of a handler's process: what Lambda defines, and what the settings name; nothing else.

AWS page: configuration-envvars (reserved variables); Lambda@Edge knows no variables of the user.
Chosen: region us-east-1 (on CloudFront it is the one nearest to the viewer), account 123456789012, `TZ=:UTC`, dummy
credentials, HOME and TMPDIR in a scratch directory, LAMBDA_TASK_ROOT and LAMBDA_RUNTIME_DIR where the code (or its copy) and
the bootstrap really are. Left out: LD_LIBRARY_PATH, NODE_PATH and PYTHONPATH, which name directories that only Lambda has.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from edgeproxy.model import LambdaEdgeSettings, LambdaFunction

REGION = "us-east-1"
ACCOUNT = "123456789012"
DUMMIES = ("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Credentials that nobody has."""


def replicated_name(function: LambdaFunction) -> str:
    """The name under which CloudFront's replicas run, `us-east-1.NAME`; a function behind a URL has its own."""
    return f"{REGION}.{function.name}" if function.replicated else function.name


def invoked_arn(function: LambdaFunction) -> str:
    """The ARN that the context object shows."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{replicated_name(function)}:{function.version}"


def log_group(function: LambdaFunction) -> str:
    """The CloudWatch log group of its replicas."""
    return f"/aws/lambda/{replicated_name(function)}"


def of_settings(settings: LambdaEdgeSettings) -> dict[str, str | None]:
    """What the settings add to, replace in or (None) remove from the variables of every handler."""
    profile: dict[str, str | None] = {}
    if settings.aws_profile is not None:
        configuration = Path.home() / ".aws"
        profile = dict.fromkeys(DUMMIES) | {
            "AWS_PROFILE": settings.aws_profile,
            "AWS_CONFIG_FILE": os.environ.get("AWS_CONFIG_FILE", str(configuration / "config")),
            "AWS_SHARED_CREDENTIALS_FILE": os.environ.get("AWS_SHARED_CREDENTIALS_FILE", str(configuration / "credentials")),
        }
    return profile | settings.environment


def variables(
    function: LambdaFunction, task_root: Path, scratch: Path, runtime_api: str, stream: str, named: Mapping[str, str | None]
) -> dict[str, str]:
    """All variables of one process; `runtime_api` is host:port, `named` what the settings add, replace or (None) remove."""
    found = {
        "_HANDLER": function.handler,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": replicated_name(function),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(function),
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        **dict.fromkeys(DUMMIES, "edgeproxy"),
        "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        **dict(function.variables),
        **named,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
    }
    return {name: value for name, value in found.items() if value is not None}
