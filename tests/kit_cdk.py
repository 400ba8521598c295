"""Cloud assemblies as `cdk synth` writes them, small: a site in eu-west-1 with an edge function in us-east-1."""

import json
import zipfile
from hashlib import sha256

VERSION = "48.0.0"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ACCOUNT = "111122223333"
PARAMETER = "/cdk/EdgeFunctionArn/eu-west-1/Shop/Greeting"
ASSETS_BUCKET = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
HANDLER = "exports.handler = async (event) => ({ status: '200', body: 'greetings' });\n"
REWRITE = "function handler(event) { return event.request; }"


def path(text):
    """Metadata of a resource."""
    return {"aws:cdk:path": text}


class Assembly:
    """A folder that fills up with stacks, assets and nested assemblies; `save` writes what `cdk synth` writes last."""

    def __init__(self, folder, outer=None):
        self.folder = folder
        self.outer = outer
        self.artifacts = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
        self.files = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name, content):
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return target

    def asset(self, content, suffix=""):
        """A folder (dict of names to texts), a file (text, with its suffix) or an archive (dict, `.zip`); returns its hash."""
        name = sha256(repr((content, suffix)).encode()).hexdigest()
        top = self.outer or self
        if (top.folder / f"asset.{name}{suffix}").exists():
            pass  # What is staged already is not written again.
        elif suffix == ".zip":
            with zipfile.ZipFile(top.folder / f"asset.{name}.zip", "w") as archive:
                for entry, text in content.items():
                    archive.writestr(entry, text)
        elif isinstance(content, str):
            top.write(f"asset.{name}{suffix}", content)
        else:
            for entry, text in content.items():
                top.write(f"asset.{name}/{entry}", text)
        folder = isinstance(content, dict) and not suffix
        key = name + (".zip" if folder else suffix)
        where = f"{'../' if self.outer else ''}asset.{name}{suffix}"
        self.files[name] = {
            "displayName": "Code",
            "source": {"path": where, "packaging": "zip" if folder else "file"},
            "destinations": {"current": {"bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}", "objectKey": key}},
        }
        return name

    def stack(self, name, resources, *, environment=f"aws://{ACCOUNT}/eu-west-1", stack_name=None, **template):
        self.write(f"{name}.template.json", {"Resources": resources, **template})
        self.artifacts[f"{name}.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"}}
        self.artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {
                "templateFile": f"{name}.template.json",
                "terminationProtection": False,
                "stackName": stack_name or name,
            },
            "dependencies": [f"{name}.assets"],
            "displayName": name,
        }
        return self

    def nested(self, name):
        """An assembly inside, as a Stage makes it."""
        self.artifacts[name] = {"type": "cdk:cloud-assembly", "properties": {"directoryName": name, "displayName": name}}
        return Assembly(self.folder / name, self.outer or self)

    def save(self):
        for name in [each for each in self.artifacts if each.endswith(".assets")]:
            self.write(f"{name}.json", {"version": VERSION, "files": self.files, "dockerImages": {}})
        self.write("cdk.out", {"version": VERSION})
        self.write("manifest.json", {"version": VERSION, "artifacts": self.artifacts})
        return self.folder


def code(name):
    """Code of a function whose folder is an asset."""
    return {"S3Bucket": ASSETS_BUCKET, "S3Key": f"{name}.zip"}


def deployment(bucket, *names, **more):
    properties = {
        "ServiceToken": {"Fn::GetAtt": ["CustomCDKBucketDeployment8693BB64", "Arn"]},
        "SourceBucketNames": [ASSETS_BUCKET for _ in names],
        "SourceObjectKeys": [f"{name}.zip" for name in names],
        "DestinationBucketName": bucket,
        "WaitForDistributionInvalidation": True,
        "Prune": True,
        "OutputObjectKeys": True,
        **more,
    }
    return {"Type": "Custom::CDKBucketDeployment", "Properties": properties, "UpdateReplacePolicy": "Delete"}


def function(where, **more):
    properties = {"Handler": "index.handler", "Runtime": "nodejs22.x", "Role": "arn:aws:iam::111122223333:role/edge", **more}
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": where, **properties}}


def bucket_origin(domain, **more):
    return {"Id": "ShopDistOrigin1A2B3C4D5", "DomainName": domain, "S3OriginConfig": {"OriginAccessIdentity": ""}, **more}


def distribution(origin, **behavior):
    config = {
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "HttpVersion": "http2",
        "IPV6Enabled": True,
        "Origins": [origin],
        "DefaultCacheBehavior": {
            "TargetOriginId": origin["Id"],
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED,
            "Compress": True,
            **behavior,
        },
    }
    return {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {"DistributionConfig": config},
        "Metadata": path("Shop/Dist/Resource"),
    }


SITE_BUCKET = {"Type": "AWS::S3::Bucket", "UpdateReplacePolicy": "Retain", "Metadata": path("Shop/Site/Resource")}
DOMAIN = {"Fn::GetAtt": ["Site397A1860", "RegionalDomainName"]}
READER = {
    "Type": "Custom::CrossRegionStringParameterReader",
    "Properties": {
        "ServiceToken": {"Fn::GetAtt": ["CustomCrossRegionStringParameterReader65B5F33A", "Arn"]},
        "Region": "us-east-1",
        "ParameterName": PARAMETER,
        "RefreshToken": "GreetingCurrentVersionDF706F6A",
    },
}


def shop(folder, *, page="<h1>shop</h1>\n", handler=HANDLER):
    """The whole app: a bucket and its content, a function with a key value store, an edge function of another region."""
    app = Assembly(folder)
    site, pairs = (
        app.asset({"index.html": page, "about/index.html": "about\n"}),
        app.asset('{"data": [{"key": "a", "value": "b"}]}', ".json"),
    )
    edge_code = app.asset({"index.js": handler})
    store_arn = {"Fn::GetAtt": ["Pairs5C4F1D0A", "Arn"]}
    source = ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", ASSETS_BUCKET, f"/{pairs}.json"]
    edge_functions = [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["RewriteB5D1C1B4", "FunctionARN"]}}]
    handlers = [
        {"EventType": "origin-request", "LambdaFunctionARN": {"Fn::GetAtt": ["GreetingArnReaderAB4FC772", "FunctionArn"]}}
    ]
    app.stack("Shop", {
        "Site397A1860": SITE_BUCKET,
        "Control": {"Type": "AWS::CloudFront::OriginAccessControl", "Properties": {"OriginAccessControlConfig": {
            "Name": "ShopControl", "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4",
        }}},
        "Pairs5C4F1D0A": {
            "Type": "AWS::CloudFront::KeyValueStore",
            "Properties": {"Name": "ShopPairs", "ImportSource": {"SourceType": "S3", "SourceArn": {"Fn::Join": ["", source]}}},
            "Metadata": path("Shop/Pairs/Resource"),
        },
        "RewriteB5D1C1B4": {
            "Type": "AWS::CloudFront::Function",
            "Properties": {
                "Name": "eu-west-1ShopRewriteD3A1", "AutoPublish": True, "FunctionCode": REWRITE,
                "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0",
                                   "KeyValueStoreAssociations": [{"KeyValueStoreARN": store_arn}]},
            },
            "Metadata": path("Shop/Rewrite/Resource"),
        },
        "GreetingArnReaderAB4FC772": READER,
        "DistB3B78991": distribution(
            bucket_origin(DOMAIN, OriginAccessControlId={"Fn::GetAtt": ["Control", "Id"]}),
            FunctionAssociations=edge_functions, LambdaFunctionAssociations=handlers,
        ),
        "DeployCustomResource5C9A": deployment({"Ref": "Site397A1860"}, site),
    }, Parameters={"BootstrapVersion": {
        "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version",
    }})  # fmt: skip
    app.stack("edge-lambda-stack-c8363f", {
        "GreetingFnD247545B": function(code(edge_code)) | {"Metadata": {
            **path("edge-lambda-stack-c8363f/Greeting/Resource"), "aws:asset:path": f"asset.{edge_code}", "aws:asset:property": "Code",
        }},
        "GreetingCurrentVersionDF706F6A": {
            "Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "GreetingFnD247545B"}},
        },
        "GreetingParameterCDCFFB68": {"Type": "AWS::SSM::Parameter", "Properties": {
            "Name": PARAMETER, "Type": "String", "Value": {"Ref": "GreetingCurrentVersionDF706F6A"},
        }},
    }, environment=f"aws://{ACCOUNT}/us-east-1")  # fmt: skip
    return app
