"""The numbered cases of Lambda@Edge about a function's life: its failures, its environments, what may be associated."""

import asyncio

import pytest
from click.testing import CliRunner
from kit_lambda_cases import (
    LIFE,
    NO_OBJECT,
    RUNTIMES,
    VIEWER_REQUEST,
    Ask,
    Case,
    behind_one_proxy,
    execution,
    expected,
    generated,
    in_each_language,
    validation,
)

from edgeproxy.cli import main

THROTTLED = "The Lambda function associated with the CloudFront distribution was throttled."
ONE_TOO_MANY = Ask("now", 503, "LambdaLimitExceeded", None, (), sentence=THROTTLED, said="all are busy")

# fmt: off
CASES = [
    Case(32, "a handler that raises, rejects or calls back with an error",
         VIEWER_REQUEST, "raise RuntimeError(variant)",
         "exports.handler = (event, context, callback) => {\n"
         "  const error = new Error(event.Records[0].cf.request.uri.slice(7));\n"
         "  if (error.message === 'callback') return callback(error);\n"
         "  if (error.message === 'rejects') return Promise.reject(error);\n  throw error;\n};",
         tuple(execution(way, f"Error: {way} (index.") for way in ("raises", "rejects", "callback"))),
    Case(33, "a handler past its timeout is stopped at the deadline, and its environment replaced",
         VIEWER_REQUEST,
         "if variant == 'sleep':\n    time.sleep(60)\nreturn {'status': '200', 'body': str(count)}",
         "if (variant === 'sleep') await new Promise((resolve) => setTimeout(resolve, 60000));\n"
         "return { status: '200', body: String(count) };",
         (generated("one", body=b"1"), generated("two", body=b"2"),
          execution("sleep", "Task timed out after 1.00 seconds", lasts=(1.0, 10.0)), generated("three", body=b"1")),
         properties={"Timeout": 1}),
    Case(34, "a module that cannot be imported fails every request, its init tried again each time",
         VIEWER_REQUEST,
         "print('starts')\nimport nowhere\ndef handler(event, context):\n    return event['Records'][0]['cf']['request']",
         "console.log('starts');\nrequire('nowhere');\nexports.handler = async (event) => event.Records[0].cf.request;",
         (execution("", "Runtime.ImportModuleError", starts=2),) * 2),
    Case(35, "a handler that exits, or needs more memory than it has, and its environment replaced",
         VIEWER_REQUEST,
         "if variant == 'exit':\n    os._exit(1)\nif variant == 'grow':\n    held = bytearray(b'x') * (200 << 20)\n"
         "return {'status': '200', 'body': str(count)}",
         "if (variant === 'exit') process.exit(1);\nif (variant === 'grow') globalThis.held = Buffer.alloc(200 << 20, 1);\n"
         "return { status: '200', body: String(count) };",
         (generated("one", body=b"1"), execution("exit", "Runtime exited with error: exit status 1"),
          generated("one", body=b"1"), execution("grow", "Runtime exited with error: signal: killed"),
          generated("one", body=b"1"))),
    Case(36, "requests beyond the concurrency limit are throttled",
         VIEWER_REQUEST,
         "if variant == 'hold':\n    urllib.request.urlopen('http://127.0.0.1:PORT/hold').read()\n"
         "return {'status': '200', 'body': str(count)}",
         "if (variant === 'hold') await (await fetch('http://127.0.0.1:PORT/hold')).text();\n"
         "return { status: '200', body: String(count) };",
         (), properties={"ReservedConcurrentExecutions": 1}),
    Case(51, "one environment serves requests one after the other, two serve two at once",
         VIEWER_REQUEST,
         "if variant == 'hold':\n    urllib.request.urlopen('http://127.0.0.1:PORT/hold').read()\n"
         "return {'status': '200', 'body': f'{os.getpid()} {count}'}",
         "if (variant === 'hold') await (await fetch('http://127.0.0.1:PORT/hold')).text();\n"
         "return { status: '200', body: `${process.pid} ${count}` };",
         ()),
    Case(54, "Node.js 24 refuses a handler with three parameters",
         VIEWER_REQUEST, None, "exports.handler = (event, context, callback) => callback(null, { status: '200' });",
         (execution("", "Runtime.CallbackHandlerDeprecated"),), properties={"Runtime": "nodejs24.x"}),
    Case(55, "Node.js 22 does not look at what a synchronous handler returns",
         VIEWER_REQUEST, None, "exports.handler = (event) => event.Records[0].cf.request;",
         (validation("", NO_OBJECT, "the handler returned b'null'"),)),
]
# fmt: on


all_cases_in_one_language = behind_one_proxy(CASES)


@pytest.mark.asyncio(loop_scope="module")
@in_each_language(CASES)
async def test_a_case(lab, case):
    for ask in case.asks:
        assert await lab.ask(case, ask) == expected(case, ask)


@pytest.mark.asyncio(loop_scope="module")
@in_each_language(CASES, 36)
async def test_a_case_of_throttling(lab, case):
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(lab.get(f"/{case.name}/hold"))
        await lab.origin.held(1)
        assert await lab.ask(case, ONE_TOO_MANY) == expected(case, ONE_TOO_MANY)
        lab.origin.let_go(1)
    assert (slow.result().status, slow.result().body) == (200, b"1")
    assert (await lab.get(f"/{case.name}/now")).body == b"2"


@pytest.mark.asyncio(loop_scope="module")
@in_each_language(CASES, 51)
async def test_a_case_of_environments(lab, case):
    async def asked(tail):
        process, count = (await lab.get(f"/{case.name}/{tail}")).body.split()
        return int(process), int(count)

    serial = [await asked(tail) for tail in ("one", "two", "three")]
    process = serial[0][0]
    assert serial == [(process, 1), (process, 2), (process, 3)]
    async with asyncio.TaskGroup() as group:
        parallel = [group.create_task(asked("hold")) for _ in range(2)]
        await lab.origin.held(2)
        lab.origin.let_go(2)
    (one, first), (other, second) = sorted((task.result() for task in parallel), key=lambda result: result[1])
    assert (first, second, other) == (1, 4, process)
    assert one != process


LATEST, ALIAS, ELSEWHERE = (
    f"arn:aws:lambda:{region}:111122223333:function:edge:{version}"
    for region, version in [("us-east-1", "$LATEST"), ("us-east-1", "live"), ("eu-west-1", "1")]
)
REFUSED_FUNCTIONS = [
    pytest.param({}, LATEST, "$LATEST is named", id="LE-52 $LATEST"),
    pytest.param({}, ALIAS, "the alias live is named", id="LE-52 an alias"),
    pytest.param({}, ELSEWHERE, "the function is in eu-west-1", id="LE-52 another region"),
    pytest.param({"Architectures": ["arm64"]}, None, "cannot have arm64", id="LE-52 arm64"),
    pytest.param(
        {"Layers": ["arn:aws:lambda:us-east-1:111122223333:layer:a:1"]}, None, "cannot have layers", id="LE-52 a layer"
    ),
    pytest.param({"Environment": {"Variables": {"A": "b"}}}, None, "cannot have environment variables", id="LE-52 a variable"),
    pytest.param({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, None, "cannot have a VPC", id="LE-52 a VPC"),
]


@pytest.fixture
def checked(project):
    """`checked(language, …)` is what `edgeproxy check` says of a template with a Lambda@Edge function at viewer-request."""

    def run(language, properties=None, arn=None, functions=()):
        case = Case(1, "", VIEWER_REQUEST, "return request", "return request;", ())
        code = {"ZipFile": case.code(language, 0)}
        edge = {
            "FunctionName": "edge",
            "Runtime": RUNTIMES[language],
            "Handler": "index.handler",
            "Role": "arn:aws:iam::111122223333:role/edge",
            "Code": code,
        }
        version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Edge"}}}
        association = {"EventType": "viewer-request", "LambdaFunctionARN": arn or {"Ref": "EdgeVersion"}}
        greeting = {
            "Name": "greeting",
            "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": "function handler(event) { return event.response; }",
        }
        folder = project(
            behavior={"LambdaFunctionAssociations": [association], "FunctionAssociations": list(functions)},
            resources={
                "Edge": {"Type": "AWS::Lambda::Function", "Properties": {**edge, **(properties or {})}},
                "EdgeVersion": version,
                "Greeting": {"Type": "AWS::CloudFront::Function", "Properties": greeting},
            },
        )
        return CliRunner().invoke(main, ["check", str(folder)])

    return run


@pytest.mark.parametrize("language", RUNTIMES)
def test_a_function_fit_for_the_edge_has_no_problem(checked, language):
    result = checked(language)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "no problems found" in result.stdout


@pytest.mark.parametrize("language", RUNTIMES)
@pytest.mark.parametrize(("properties", "arn", "words"), REFUSED_FUNCTIONS)
def test_a_function_not_fit_for_the_edge(checked, language, properties, arn, words):
    result = checked(language, properties, arn)
    assert result.exit_code == 1
    assert "1 problem found" in result.stderr
    assert "error: InvalidLambdaFunctionAssociation: " in result.stderr
    assert words in result.stderr


@pytest.mark.parametrize("language", [pytest.param(language, id=f"LE-53-{language}") for language in RUNTIMES])
def test_lambda_at_edge_and_a_function_at_viewer_events_of_one_behavior(checked, language):
    arn = {"Fn::GetAtt": ["Greeting", "FunctionARN"]}
    result = checked(language, functions=[{"EventType": "viewer-response", "FunctionARN": arn}])
    assert result.exit_code == 1
    assert "1 problem found" in result.stderr
    assert "Lambda@Edge at viewer-request beside a CloudFront Function at viewer-response" in result.stderr


def test_every_case_is_told():
    assert [case.number for case in CASES] == [number for number in LIFE if number not in (52, 53)]
