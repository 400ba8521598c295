"""A Lambda@Edge handler that fails: CloudFront's 502 or 503 page, its cause on the terminal, never the origin's content."""

import asyncio

import pytest

from edgeproxy.errors import LambdaError

PYTHON, NODE, NODE_24 = "python3.12", "nodejs22.x", "nodejs24.x"
EXECUTION = (503, "LambdaExecutionError", LambdaError.SENTENCE)


def validation(sentence):
    return 502, "LambdaValidationError", sentence


NO_OBJECT = validation("The Lambda function returned invalid JSON: The JSON output must be an object type.")
BLACKLISTED = validation("The Lambda function result failed validation: The function tried to add a blacklisted header.")
READ_ONLY = validation(
    "The Lambda function result failed validation: The function tried to add, delete, or change a read-only header."
)
REQUEST = "    request = event['Records'][0]['cf']['request']\n"

AT_ORIGIN_REQUEST = [
    pytest.param(
        PYTHON,
        "def handler(event, context):\n    raise ValueError('no such order')\n",
        EXECUTION,
        "ValueError: no such order (index.py:2)",
        id="LE-32 Python raises",
    ),
    pytest.param(
        PYTHON,
        "def handler(event, context):\n    pass\n",
        NO_OBJECT,
        "the handler returned b'null'",
        id="LE-31 Python returns None",
    ),
    pytest.param(
        PYTHON,
        "import sys\ndef handler(event, context):\n    sys.exit(3)\n",
        EXECUTION,
        "Runtime exited with error: exit status 3",
        id="LE-35 Python exits",
    ),
    pytest.param(
        PYTHON,
        "def handler(event, context):\n    return event[\n",
        EXECUTION,
        "Runtime.UserCodeSyntaxError: Syntax error in module 'index'",
        id="Python does not compile",
    ),
    pytest.param(
        PYTHON,
        "import nowhere\ndef handler(event, context): ...\n",
        EXECUTION,
        "Runtime.ImportModuleError: Unable to import module 'index': No module named 'nowhere' (index.py:1)",
        id="LE-34 Python imports what is not there",
    ),
    pytest.param(
        PYTHON,
        f"def handler(event, context):\n{REQUEST}    request['headers']['x-edge-a'] = [{{'value': 'b'}}]\n    return request\n",
        BLACKLISTED,
        "headerName : x-edge-a",
        id="LE-11 Python adds a blacklisted header",
    ),
    pytest.param(
        PYTHON,
        f"def handler(event, context):\n{REQUEST}    del request['headers']['via']\n    return request\n",
        READ_ONLY,
        "the function tried to delete read-only header, headerName : Via",
        id="LE-9 Python deletes a read-only header",
    ),
    pytest.param(
        NODE,
        "exports.handler = async () => {\n  throw new Error('no such order');\n};",
        EXECUTION,
        "Error: no such order (index.js:2)",
        id="LE-32 Node.js rejects",
    ),
    pytest.param(
        NODE,
        "exports.handler = () => new Promise(() => {});",
        NO_OBJECT,
        "the handler returned b'null'",
        id="Node.js 22 never settles and has nothing left to do",
    ),
    pytest.param(
        NODE_24,
        "exports.handler = () => new Promise(() => {});",
        EXECUTION,
        "Runtime exited without providing a reason",
        id="Node.js 24 never settles and has nothing left to do",
    ),
    pytest.param(
        NODE,
        "exports.handler = () => new Promise(() => setInterval(() => {}, 100));",
        EXECUTION,
        "Task timed out after 1.00 seconds",
        id="LE-33 Node.js never settles and stays busy",
    ),
    pytest.param(
        NODE,
        "exports.handler = async () => process.exit(7);",
        EXECUTION,
        "Runtime exited with error: exit status 7",
        id="LE-35 Node.js exits",
    ),
    pytest.param(
        NODE,
        "exports.handler = async () => { ] };",
        EXECUTION,
        "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token ']' (index.js:1)",
        id="Node.js does not compile",
    ),
]


@pytest.fixture
def handler_project(project):
    """`/page` has the handler at `hook`, everything else has none."""

    def written(runtime, code, hook="origin-request"):
        properties = {
            "FunctionName": "bad",
            "Runtime": runtime,
            "Handler": "index.handler",
            "Role": "arn:aws:iam::111122223333:role/edge",
            "Timeout": 1,
            "Code": {"ZipFile": code},
        }
        resources = {
            "Bad": {"Type": "AWS::Lambda::Function", "Properties": properties},
            "BadVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Bad"}}},
        }
        association = {"EventType": hook, "LambdaFunctionARN": {"Ref": "BadVersion"}}
        return project(resources=resources, behaviors=[{"PathPattern": "/page", "LambdaFunctionAssociations": [association]}])

    return written


def assert_page(seen, expected):
    assert (seen.status, seen.x_cache, seen.sentence) == expected
    assert seen["Server"] == "CloudFront"
    assert b"the origin's content" not in seen.body


@pytest.mark.parametrize(("runtime", "code", "expected", "cause"), AT_ORIGIN_REQUEST)
async def test_a_handler_that_fails_never_lets_the_request_through(running, handler_project, runtime, code, expected, cause):
    async with running(handler_project(runtime, code)) as proxy:
        assert_page(await proxy.get("/page"), expected)
        assert (await proxy.get("/other")).body == b"another page"
    status, x_cache, _ = expected
    assert f"GET /page {status} {x_cache}" in proxy.terminal
    assert "origin-request bad " in proxy.terminal
    assert cause in proxy.terminal


@pytest.mark.parametrize("hook", ["viewer-request", "origin-response", "viewer-response"])
async def test_a_handler_that_raises_fails_the_request_at_every_hook(running, handler_project, hook):
    code = "def handler(event, context):\n    raise ValueError('no')\n"
    async with running(handler_project(PYTHON, code, hook)) as proxy:
        for _ in range(2):
            assert_page(await proxy.get("/page"), EXECUTION)
        assert (await proxy.get("/other")).body == b"another page"


async def test_a_handler_that_failed_is_asked_again(running, handler_project):
    code = (
        "failed = []\ndef handler(event, context):\n    if not failed:\n        failed.append(1)\n        raise ValueError('once')\n"
        f"{REQUEST}    return request\n"
    )
    async with running(handler_project(PYTHON, code)) as proxy:
        assert_page(await proxy.get("/page"), EXECUTION)
        proxy.proxy.clock.offset += 11  # ErrorCachingMinTTL is 10 s
        seen = await proxy.get("/page")
        assert (seen.status, seen.x_cache, seen.body) == (200, "Miss", b"the origin's content")


async def test_others_are_served_while_a_python_handler_runs_past_its_timeout(running, handler_project):
    code = "import time\ndef handler(event, context):\n    time.sleep(60)\n"
    async with running(handler_project(PYTHON, code)) as proxy:
        await proxy.get("/other")
        slow = asyncio.ensure_future(proxy.get("/page"))
        hit = await proxy.get("/other")
        assert (hit.x_cache, slow.done()) == ("Hit", False)
        assert_page(await slow, EXECUTION)
    assert "Task timed out after 1.00 seconds" in proxy.terminal
