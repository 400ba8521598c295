"""The environment variables of a handler's process: what Lambda defines, and what the settings name; nothing else.

AWS page: configuration-envvars (reserved variables); Lambda@Edge knows no variables of the user.
Chosen: region us-east-1 (on CloudFront it is the one nearest to the viewer), account 123456789012, `TZ=:UTC`, dummy
credentials, HOME and TMPDIR in a scratch directory, LAMBDA_TASK_ROOT where the code really is instead of /var/task.
Left out: LAMBDA_RUNTIME_DIR, LD_LIBRARY_PATH, NODE_PATH and PYTHONPATH, which name directories that only Lambda has.
"""

import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from edgeproxy.model import LambdaFunction

REGION = "us-east-1"
ACCOUNT = "123456789012"


def replicated_name(function: LambdaFunction) -> str:
    """The name under which CloudFront's replicas run: `us-east-1.NAME`."""
    return f"{REGION}.{function.name}"


def invoked_arn(function: LambdaFunction) -> str:
    """The ARN that the context object shows."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{replicated_name(function)}:{function.version}"


def variables(
    function: LambdaFunction, task_root: Path, scratch: Path, runtime_api: str, named: Mapping[str, str]
) -> dict[str, str]:
    """All variables of one process; `runtime_api` is host:port, `named` what the settings add or replace."""
    stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{function.version}]{secrets.token_hex(16)}"
    return {
        "_HANDLER": function.handler,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": replicated_name(function),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{replicated_name(function)}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_ACCESS_KEY": "edgeproxy",
        "AWS_ACCESS_KEY_ID": "edgeproxy",
        "AWS_SECRET_ACCESS_KEY": "edgeproxy",
        "AWS_SESSION_TOKEN": "edgeproxy",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        **named,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
    }
