"""Small projects as docs/projects.md speaks of them, one of each kind, and what the commands of other tools leave in them."""

import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import kit_aws
import kit_cdk
import kit_terraform as tf
from kit_signed import PEM

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SITE = {
    "Id": "site",
    "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
    "S3OriginConfig": {"OriginAccessIdentity": ""},
}
REWRITE = "function handler(event) {\n  return event.request;\n}\n"
ONLY_DEPLOYED = """function handler(event) {
  if (event.request.headers.host.value !== 'shop.example.com') return { statusCode: 403 };
  return event.request;
}
"""
HELLO = "exports.handler = async (event) => ({ status: '200', body: 'hello from the edge' });\n"
PASSING = "exports.handler = async (event) => event.Records[0].cf.request;\n"
CONFIGURED = (
    "const { pool } = require('./config.json');\n"
    "exports.handler = async (event) => ({ status: '200', body: 'hello from ' + pool });\n"
)


def write(folder, files):
    """Files by path: text as it is, anything else as JSON, which YAML holds too."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))


def custom(own_id, domain, **more):
    return {"Id": own_id, "DomainName": domain, "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}, **more}


def behavior(origin="site", **more):
    return {"TargetOriginId": origin, "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": CACHING_OPTIMIZED, **more}


def hello(version):
    hooked = {"EventType": "origin-request", "LambdaFunctionARN": version}
    return behavior(PathPattern="/hello", LambdaFunctionAssociations=[hooked])


def function(code=REWRITE):
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = {
        "Name": {"Fn::Sub": "rewrite-${AWS::StackName}"},
        "AutoPublish": True,
        "FunctionConfig": config,
        "FunctionCode": code,
    }
    return {"Type": "AWS::CloudFront::Function", "Properties": made}


def at_viewer_request():
    return [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}}]


def template(origins, behaviors, resources, parameters=None, default=None, **more):
    config = {
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": origins,
        "DefaultCacheBehavior": default or behavior(origins[0]["Id"]),
        "CacheBehaviors": behaviors,
        **more,
    }
    made = {
        "Distribution": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}},
        **resources,
    }
    return {"Parameters": parameters or {}, "Resources": made}


BUCKET = {"Site": {"Type": "AWS::S3::Bucket"}}
STAGE = {"Stage": {"Type": "String"}}


def cdk(folder):
    write(folder, {"cdk.json": {"app": "false"}, "public/index.html": "live\n", "src/rewrite.js": REWRITE})


def cdk_synth(folder):
    kit_cdk.shop(folder / "cdk.out", handler=PASSING).save()


def sam(folder):
    greeting = {"CodeUri": "src/greeting", "Handler": "index.handler", "Runtime": "nodejs22.x", "AutoPublishAlias": "live"}
    served = {"Type": "AWS::Serverless::Function", "Properties": greeting}
    resources = {**BUCKET, "Greeting": served, "Rewrite": function()}
    made = template([SITE], [hello({"Ref": "Greeting.Version"})], resources, STAGE,
                    behavior(FunctionAssociations=at_viewer_request()), Comment={"Ref": "Stage"})  # fmt: skip
    made = {"Transform": "AWS::Serverless-2016-10-31", "Globals": {"Function": {"Timeout": 5}}, **made}
    write(folder, {"template.yaml": made, "src/greeting/index.js": HELLO, "public/index.html": "home\n"})


def sam_build(folder):
    made = json.loads((folder / "template.yaml").read_text())
    made["Resources"]["Greeting"]["Properties"]["CodeUri"] = "Greeting"
    write(folder / ".aws-sam/build", {"Greeting/index.js": HELLO, "template.yaml": made})


def lambda_function(code):
    made = {"Code": code, "Handler": "index.handler", "Runtime": "nodejs22.x", "Role": "arn:aws:iam::111122223333:role/edge"}
    return {
        "Greeting": {"Type": "AWS::Lambda::Function", "Properties": made},
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Greeting"}}},
    }


def cloudformation(folder):
    bucket = {"Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "site-${AWS::AccountId}"}}}}
    resources = {**bucket, **lambda_function({"S3Bucket": "artifacts", "S3Key": "greeting.zip"})}
    made = template([SITE], [hello({"Ref": "Version"})], resources)
    write(folder, {"template.yaml": made, "src/greeting/index.js": HELLO, "public/index.html": "home\n"})


def terraform(folder):
    write(folder, {"src/edge/index.js": HELLO, "public/index.html": "home\n"})
    (folder / "build").mkdir()
    with zipfile.ZipFile(folder / "build" / "edge.zip", "w") as package:
        package.writestr("index.js", HELLO)


def terraform_show(folder):
    made, edge = "aws_cloudfront_distribution.site", "aws_lambda_function.edge"
    hooked = tf.behavior(
        path_pattern="/hello", lambda_function_association=[{"event_type": "origin-request", "include_body": False}]
    )
    values = tf.planned_distribution(ordered_cache_behavior=[hooked], origin=[tf.without(tf.origin(), "domain_name")])
    unknown = {
        "ordered_cache_behavior": [{"lambda_function_association": [{"lambda_arn": True}]}],
        "origin": [{"domain_name": True}],
    }
    arn = tf.refers(f"{edge}.qualified_arn", edge)
    domain = tf.refers("aws_s3_bucket.site.bucket_regional_domain_name")
    expressions = {
        "ordered_cache_behavior": [{"lambda_function_association": [{"lambda_arn": arn}]}],
        "origin": [{"domain_name": domain, "origin_id": tf.constant("site")}],
    }
    document = tf.plan(
        tf.resource("aws_s3_bucket.site", {"bucket_prefix": "site-"}),
        tf.resource(edge, tf.LAMBDA),
        tf.resource(made, values),
        unknown={made: unknown},
        configuration={"resources": [tf.block(made, expressions)]},
    )
    tf.write(folder / "plan.json", document)


def pulled(folder):
    write(folder, {"public/index.html": "home\n"})


def account():
    """The AWS account that `edgeproxy pull` meets."""
    return kit_aws.shop(PEM).account


def printed(folder):
    write(
        folder,
        {
            "src/rewrite.js": REWRITE,
            "src/edge/index.mjs": "export const handler = async (event) => event.Records[0].cf.request;\n",
            "public/index.html": "home\n",
        },
    )


def get_distribution_config(folder):
    associated = kit_aws.listed({"EventType": "viewer-request", "FunctionARN": kit_aws.FUNCTION_ARN})
    hooked = kit_aws.listed(
        {"EventType": "origin-request", "LambdaFunctionARN": f"{kit_aws.LAMBDA_ARN}:7", "IncludeBody": False}
    )
    default = kit_aws.behavior(FunctionAssociations=associated, LambdaFunctionAssociations=hooked)
    write(folder, {"shop.json": {"ETag": "E2ETAG", "DistributionConfig": kit_aws.config(default)}})


def dev_server(folder):
    app = custom("app", "abc123.execute-api.eu-west-1.amazonaws.com", OriginPath="/prod")
    default = behavior("app", FunctionAssociations=at_viewer_request())
    made = template(
        [app], [], {"Rewrite": function(ONLY_DEPLOYED)}, default=default, Aliases=["www.example.com", "shop.example.com"]
    )
    write(folder, {"template.yaml": made})


def nothing_deployed(folder):
    write(folder, {"public/index.html": "home\n"})


def two_apps(folder):
    origins = [custom("app", "app.example.com"), custom("search", "search.example.com")]
    write(folder, {"template.yaml": template(origins, [behavior("search", PathPattern="/search/*")], {})})


def unknown(folder):
    bucket = {"Fn::ImportValue": "network-site-bucket"}
    site = {**SITE, "DomainName": {"Fn::Sub": ["${Name}.s3.${AWS::Region}.amazonaws.com", {"Name": bucket}]}}
    resources = {**lambda_function({"S3Bucket": "artifacts", "S3Key": "greeting.zip"}), "Rewrite": function("")}
    default = behavior(FunctionAssociations=at_viewer_request())
    made = template([site], [hello({"Ref": "Version"})], resources, STAGE, default, Comment={"Ref": "Stage"})
    files = {
        "template.yaml": made,
        "src/rewrite.js": REWRITE,
        "src/greeting/index.js": CONFIGURED,
        "public/index.html": "home\n",
    }
    write(folder, files)


class DevServer(BaseHTTPRequestHandler):
    """What `npm run dev` starts: pages, and a login that redirects to the deployed name."""

    def do_GET(self):
        refused = self.headers["Host"].startswith("abc123.") or self.path.startswith("/prod")
        self.send_response(403 if refused else 302 if self.path == "/login" else 200)
        if self.path == "/login":
            self.send_header("Location", "https://www.example.com/home")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass

    @classmethod
    def start(cls):
        """The server, on a free port; `shutdown` and `server_close` end it."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), cls)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server
