"""A server behind a Lambda function URL, as OpenNext and SST deploy them: an origin like any other, run on this machine."""

import json

import pytest

ALL = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
DISABLED, ALL_VIEWER_EXCEPT_HOST = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SERVERS = {
    "python3.12": """
import base64, json, os
def handler(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("no page")
    if event["rawPath"] == "/binary":
        data = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
        return {"statusCode": 200, "headers": {"content-type": "application/octet-stream"},
                "body": base64.b64encode(data[::-1]).decode(), "isBase64Encoded": True}
    seen = {"method": event["requestContext"]["http"]["method"], "path": event["rawPath"], "query": event["rawQueryString"],
            "cookies": event.get("cookies"), "host": event["headers"]["host"], "stage": os.environ["STAGE"],
            "function": context.function_name}
    return {"statusCode": 201, "headers": {"content-type": "application/json", "x-made-by": "app"},
            "cookies": ["a=1; Path=/", "b=2"], "body": json.dumps(seen)}
""",
    "nodejs22.x": """
exports.handler = async (event, context) => {
  if (event.rawPath === '/fail') throw new Error('no page');
  if (event.rawPath === '/binary') {
    const data = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').reverse();
    return { statusCode: 200, headers: { 'content-type': 'application/octet-stream' }, body: data.toString('base64'),
      isBase64Encoded: true };
  }
  const seen = { method: event.requestContext.http.method, path: event.rawPath, query: event.rawQueryString,
    cookies: event.cookies, host: event.headers.host, stage: process.env.STAGE, function: context.functionName };
  return { statusCode: 201, headers: { 'content-type': 'application/json', 'x-made-by': 'app' },
    cookies: ['a=1; Path=/', 'b=2'], body: JSON.stringify(seen) };
};
""",
}


@pytest.fixture
def server(project):
    """The default behavior's origin is the URL of a function of this runtime."""

    def written(runtime):
        properties = {
            "FunctionName": "app",
            "Runtime": runtime,
            "Handler": "index.handler",
            "Timeout": 60,
            "Code": {"ZipFile": SERVERS[runtime]},
            "Environment": {"Variables": {"STAGE": "dev"}},
        }
        url = {"AuthType": "NONE", "TargetFunctionArn": {"Fn::GetAtt": ["App", "Arn"]}}
        host = {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Url", "FunctionUrl"]}]}]}
        behavior = {
            "TargetOriginId": "app",
            "CachePolicyId": DISABLED,
            "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
            "AllowedMethods": ALL,
        }
        return project(
            resources={
                "App": {"Type": "AWS::Lambda::Function", "Properties": properties},
                "Url": {"Type": "AWS::Lambda::Url", "Properties": url},
            },
            origins=[{"Id": "app", "DomainName": host, "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}],
            behavior=behavior,
        )

    return written


@pytest.mark.parametrize("runtime", SERVERS)
async def test_a_server_behind_a_url_answers_as_an_origin_does(running, server, runtime):
    async with running(server(runtime)) as proxy:
        seen = await proxy.get("/page?x=1&y=%20", ("Cookie", "k=v; l=w"))
        assert (seen.status, seen.x_cache, seen["X-Made-By"]) == (201, "Miss", "app")
        assert seen.headers.get_all("set-cookie") == ["a=1; Path=/", "b=2"]
        told = json.loads(seen.body)
        assert told.pop("host").endswith(".lambda-url.us-east-1.on.aws")
        assert told == {
            "method": "GET", "path": "/page", "query": "x=1&y=%20", "cookies": ["k=v", "l=w"], "stage": "dev", "function": "app",
        }  # fmt: skip
        sent = bytes(range(256)) * 300
        binary = await proxy.get("/binary", ("Content-Type", "image/png"), method="POST", body=sent)
        assert (binary.status, binary.body) == (200, sent[::-1])
        head = await proxy.get("/page", method="HEAD")
        assert (head.status, head.body) == (201, b"")


@pytest.mark.parametrize("runtime", SERVERS)
async def test_a_server_that_fails_is_a_502_of_the_origin_and_the_next_request_is_served(running, server, runtime):
    async with running(server(runtime)) as proxy:
        failed = await proxy.get("/fail")
        assert (failed.status, failed.body, failed.x_cache) == (502, b"Internal Server Error", "Error")
        assert (await proxy.get("/page")).status == 201
    assert "app: " in proxy.terminal
    assert "no page" in proxy.terminal
