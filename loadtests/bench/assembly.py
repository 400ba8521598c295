"""A CDK cloud assembly as `cdk synth` writes it: three stacks that need each other, five functions, two handlers."""

import json
from pathlib import Path
from typing import Any

PAGE = b"<h1>a page of a bucket that a deployment fills</h1>\n"
TEMPLATE = "Web.template.json"
"""Holds the code of the functions."""
_VERSION = "48.0.0"
_ASSETS_BUCKET = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
_HANDLERS = {
    "Greet": ("python3.13", "def handler(event, context):\n    return event['Records'][0]['cf']['request']\n", "index.py"),
    "Sign": ("nodejs22.x", "exports.handler = async (event) => event.Records[0].cf.response;\n", "index.js"),
}
_ANSWER = "function handler(event) {{ return {{ statusCode: 200, headers: {{ 'x-saved': {{ value: '{saved}' }} }} }}; }}"
_PASS = "function handler(event) { return event.request; }"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"

Json = dict[str, Any]


def write(folder: Path) -> None:
    """Writes the assembly: `/answer` is answered by a function, everything else comes from the bucket."""
    _file(folder / "asset.site" / "index.html", PAGE.decode())
    for name, (_, code, file) in _HANDLERS.items():
        _file(folder / f"asset.{name}" / file, code)
    _stack(folder, "Storage", "eu-west-1", ["site"], _storage())
    _stack(folder, "Edge", "us-east-1", list(_HANDLERS), _edge())
    _stack(folder, "Web", "eu-west-1", [], {})
    save(folder, 0)
    names = ("Storage", "Edge", "Web")
    artifacts = {name: _artifact(name, "us-east-1" if name == "Edge" else "eu-west-1") for name in names}
    assets = {f"{name}.assets": {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}} for name in names}
    _json(folder / "cdk.out", {"version": _VERSION})
    _json(folder / "manifest.json", {"version": _VERSION, "artifacts": artifacts | assets})


def save(folder: Path, number: int) -> None:
    """Writes the template of the functions anew, as `cdk watch` does: `x-saved` of `/answer` becomes `number`."""
    _json(folder / TEMPLATE, {"Resources": _web(number)})


def _storage() -> Json:
    deployment = {
        "SourceBucketNames": [_ASSETS_BUCKET],
        "SourceObjectKeys": ["site.zip"],
        "DestinationBucketName": {"Ref": "Site"},
    }
    return {
        "Resources": {
            "Site": {"Type": "AWS::S3::Bucket"},
            "Deployment": {"Type": "Custom::CDKBucketDeployment", "Properties": deployment},
        },
        "Outputs": {"Domain": {"Value": {"Fn::GetAtt": ["Site", "RegionalDomainName"]}, "Export": {"Name": "Storage:Domain"}}},
    }


def _edge() -> Json:
    resources: Json = {}
    for name, (runtime, _, _) in _HANDLERS.items():
        code = {"S3Bucket": _ASSETS_BUCKET, "S3Key": f"{name}.zip"}
        resources |= {
            name: _resource("AWS::Lambda::Function", Code=code, Runtime=runtime, Handler="index.handler"),
            f"{name}Version": _resource("AWS::Lambda::Version", FunctionName={"Ref": name}),
            f"{name}Parameter": _resource(
                "AWS::SSM::Parameter", Name=f"/{name}", Type="String", Value={"Ref": f"{name}Version"}
            ),
        }
    return {"Resources": resources}


def _web(number: int) -> Json:
    codes = {"Answer": _ANSWER.format(saved=number), **{f"Pass{n}": _PASS for n in range(4)}}
    readers = {
        f"{name}Reader": _resource("Custom::CrossRegionStringParameterReader", ParameterName=f"/{name}", Region="us-east-1")
        for name in _HANDLERS
    }
    config = {
        "Enabled": True,
        "Origins": [{"Id": "site", "DomainName": {"Fn::ImportValue": "Storage:Domain"}, "S3OriginConfig": {}}],
        "DefaultCacheBehavior": _behavior("Pass3") | {"LambdaFunctionAssociations": [
            _handler("origin-request", "Greet"), _handler("origin-response", "Sign"),
        ]},
        "CacheBehaviors": [{"PathPattern": f"/{name.lower()}", **_behavior(name)} for name in list(codes)[:-1]],
    }  # fmt: skip
    return {
        **{name: _function(name, code) for name, code in codes.items()},
        **readers,
        "Distribution": _resource("AWS::CloudFront::Distribution", DistributionConfig=config),
    }


def _function(name: str, code: str) -> Json:
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    return _resource("AWS::CloudFront::Function", Name=name, FunctionCode=code, FunctionConfig=config, AutoPublish=True)


def _behavior(function: str) -> Json:
    association = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": [function, "FunctionARN"]}}
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": CACHING_OPTIMIZED,
        "FunctionAssociations": [association],
    }


def _handler(event: str, name: str) -> Json:
    return {"EventType": event, "LambdaFunctionARN": {"Fn::GetAtt": [f"{name}Reader", "FunctionArn"]}}


def _resource(kind: str, **properties: Any) -> Json:
    return {"Type": kind, "Properties": properties}


def _stack(folder: Path, name: str, region: str, assets: list[str], template: Json) -> None:
    files = {
        asset: {
            "source": {"path": f"asset.{asset}", "packaging": "zip"},
            "destinations": {region: {"bucketName": "assets", "objectKey": f"{asset}.zip"}},
        }
        for asset in assets
    }
    _json(folder / f"{name}.assets.json", {"version": _VERSION, "files": files})
    _json(folder / f"{name}.template.json", template)


def _artifact(name: str, region: str) -> Json:
    properties = {"templateFile": f"{name}.template.json", "stackName": name}
    return {"type": "aws:cloudformation:stack", "environment": f"aws://111122223333/{region}", "properties": properties}


def _json(path: Path, content: Json) -> None:
    _file(path, json.dumps(content, indent=1))


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
