"""Latency budgets and logs of handlers, as the settings file asks for them."""

import asyncio

import pytest

from edgeproxy.config import load
from edgeproxy.errors import ConfigError, LambdaError

SLOW = "import time\ndef handler(event, context):\n    time.sleep({})\n    return event['Records'][0]['cf']['request']\n"
BAD = "def handler(event, context):\n    print('here')\n    return None\n"


@pytest.fixture
def site(project):
    """`/page` has a handler of this code at viewer-request; `settings` go into the settings file."""

    def written(code, settings):
        properties = {"FunctionName": "auth", "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": code}}
        resources = {
            "Auth": {"Type": "AWS::Lambda::Function", "Properties": properties},
            "AuthVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Auth"}}},
        }
        association = {"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": "AuthVersion"}}
        folder = project(resources=resources, behavior={"LambdaFunctionAssociations": [association]})
        file = folder / "edgeproxy.yaml"
        file.write_text(f"{file.read_text()}lambda_edge: {settings}\n")
        return folder

    return written


@pytest.mark.parametrize(
    "budget", [pytest.param("viewer-request: 20ms", id="of the hook"), pytest.param("{viewer-request: 5s, auth: 20ms}", id="of the function")]
)  # fmt: skip
async def test_what_takes_longer_than_its_budget_is_shown_and_counted(running, site, budget):
    names = budget if budget.startswith("{") else f"{{{budget}}}"
    async with running(site(SLOW.format(0.1), f"{{budget: {names}}}")) as proxy:
        for _ in range(2):
            assert (await proxy.get("/page")).status == 200
    assert proxy.terminal.count("OVER its budget of 20 ms") == 2
    assert "auth at viewer-request: 2 of 2 over the budget of 20 ms, longest 1" in proxy.terminal


async def test_a_cold_start_alone_is_not_over_the_budget(running, site):
    async with running(site(SLOW.format(0), "{budget: {viewer-request: 30ms}}")) as proxy:
        assert (await proxy.get("/page")).status == 200
    assert "OVER" not in proxy.terminal
    assert "(init " in proxy.terminal


async def test_an_enforced_budget_is_the_deadline(running, site, stopwatch):
    async with running(site(SLOW.format(60), "{budget: {viewer-request: 200ms}, enforce: true}")) as proxy:
        with stopwatch() as watch:
            seen = await proxy.get("/page")
    assert (seen.status, seen.x_cache, seen.sentence) == (503, "LambdaExecutionError", LambdaError.SENTENCE)
    assert watch.seconds < 5
    assert "Task timed out after 0.20 seconds" in proxy.terminal


async def test_requests_beyond_the_environments_may_be_throttled(running, site):
    async with running(site(SLOW.format(0.5), "{environments: 1, throttle: true}")) as proxy:
        seen = await asyncio.gather(*(proxy.get("/page") for _ in range(3)))
    throttled = [each for each in seen if each.status == 503]
    assert [(each.x_cache, each.sentence) for each in throttled] == [("LambdaLimitExceeded", LambdaError.THROTTLED)] * 2
    assert sorted(each.status for each in seen) == [200, 503, 503]


async def test_a_folder_of_logs_is_laid_out_as_cloudwatch_is(running, site):
    folder = site(BAD, "{logs: ./logs}")
    async with running(folder) as proxy:
        assert (await proxy.get("/page")).status == 502
    (own,) = (folder / "logs/aws/lambda/us-east-1.auth").rglob("*.log")
    kinds = [line.split(" ")[0] for line in own.read_text().splitlines()]
    assert kinds == ["INIT_START", "START", "here", "END", "REPORT"]
    (cloudfronts,) = (folder / "logs/aws/cloudfront/LambdaEdge").rglob("*.log")
    told = cloudfronts.read_text().splitlines()
    assert "INFO Invoking LambdaFunctionARN: arn:aws:lambda:us-east-1:123456789012:function:us-east-1.auth:1" in told[0]
    assert "ERROR Validation error: the handler returned b'null'" in told[2]
    assert "auth: here" in proxy.said


async def test_a_budget_for_nobody_is_a_problem(site):
    with pytest.raises(ConfigError, match="no hook or Lambda@Edge function is named viewer-requst") as caught:
        load(site(SLOW.format(0), "{budget: {viewer-requst: 20ms}}"))
    assert caught.value.problems[0].hint == "did you mean viewer-request?"
