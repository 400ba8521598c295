"""A small project as a user has it, written to a folder."""

import json

REWRITE = "function handler(event) { event.request.uri = '/%s.html'; return event.request; }"


TEMPLATE = {
    "Resources": {
        "Site": {"Type": "AWS::S3::Bucket"},
        "Rewrite": {
            "Type": "AWS::CloudFront::Function",
            "Properties": {
                "Name": "rewrite",
                "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
                "FunctionCode": "-",
            },
        },
        "Hello": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::1:role/r",
                "Timeout": 5,
                "Code": "./hello",
            },
        },
        "HelloVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Hello"}}},
        "Web": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Origins": [
                        {
                            "Id": "site",
                            "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "site",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                        "FunctionAssociations": [
                            {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}}
                        ],
                    },
                    "CacheBehaviors": [
                        {
                            "PathPattern": "/hello",
                            "TargetOriginId": "site",
                            "ViewerProtocolPolicy": "allow-all",
                            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                            "LambdaFunctionAssociations": [
                                {"EventType": "origin-request", "LambdaFunctionARN": {"Ref": "HelloVersion"}}
                            ],
                        }
                    ],
                }
            },
        },
    }
}


SETTINGS = "distribution: template.json\norigins: {site: ./public}\nfunctions: {Rewrite: rewrite.js}\n"


HELLO = "def handler(event, context):\n    return {'status': '200', 'body': '%s'}\n"


def written(folder):
    """A distribution with a bucket, a function and a handler, written to `folder`."""
    (folder / "public").mkdir()
    for name in ("a", "b"):
        (folder / "public" / f"{name}.html").write_text(f"page {name}")
    (folder / "hello").mkdir()
    (folder / "hello" / "index.py").write_text(HELLO % "one")
    (folder / "rewrite.js").write_text(REWRITE % "a")
    (folder / "template.json").write_text(json.dumps(TEMPLATE))
    (folder / "edgeproxy.yaml").write_text(SETTINGS)
    return folder


BARE = {
    "Resources": {
        "Web": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Origins": [
                        {
                            "Id": "app",
                            "DomainName": "app.example.com",
                            "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"},
                        }
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "app",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                    },
                }
            },
        }
    }
}
