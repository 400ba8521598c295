"""An AWS account for `edgeproxy pull`: botocore's own clients, answered here; calls and answers are held to AWS's own models."""

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

from botocore.config import Config
from botocore.exceptions import MissingDependencyException
from botocore.session import Session
from botocore.validate import validate_parameters

from edgeproxy.pulling.account import Account

ACCOUNT = "111122223333"
STORE = "0a1b2c3d-1111-4222-8333-444455556666"
STORE_ARN = f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{STORE}"
FUNCTION_ARN = f"arn:aws:cloudfront::{ACCOUNT}:function/rewrite"
LAMBDA_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:edge"
CODE_HOST = "awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


class Refusal(Exception):
    """An error that AWS answers."""

    def __init__(self, code, status=400, message="no"):
        super().__init__(code)
        self.code, self.status, self.message = code, status, message


def missing(code):
    return Refusal(code, 404, "The thing does not exist.")


class Broken:
    """What is behind a connection that breaks: reading raises the error."""

    def __init__(self, error):
        self._error = error

    def read(self, size):
        raise self._error


class _Session(Session):
    signs_for_stores = True

    def create_client(self, service_name, **settings):
        # Stands in for awscrt, which alone makes the signatures that the stores ask for.
        if service_name == "cloudfront-keyvaluestore" and self.signs_for_stores:
            settings["config"] = Config(signature_version="v4")
        return super().create_client(service_name, **settings)


class Aws:
    """`answers`: operation -> a function of the call's parameters. `asked` is what was called, in order."""

    def __init__(self, answers, archives=None, *, credentials=True, signs_for_stores=True):
        self.answers, self.archives, self.asked = answers, archives or {}, []
        self.session = _Session()
        self.session.signs_for_stores = signs_for_stores
        if credentials:
            self.session.set_credentials("AKIDEXAMPLE", "example")
            self.session.register("provide-client-params.*.*", self._note)
            self.session.register("before-call.*.*", self._answer)

    @property
    def account(self):
        return Account(None, self.session, self)

    def _note(self, params, context, **rest):
        context["given"] = params

    def _answer(self, model, context, **rest):
        if model.service_model.service_name == "cloudfront-keyvaluestore" and not self.session.signs_for_stores:
            raise MissingDependencyException(msg="awscrt")
        self.asked.append(model.name)
        try:
            found = self.answers[model.name](**context["given"])
        except Refusal as refusal:
            error = {"Error": {"Code": refusal.code, "Message": refusal.message}}
            return SimpleNamespace(status_code=refusal.status), {
                **error,
                "ResponseMetadata": {"HTTPStatusCode": refusal.status},
            }
        validate_parameters(found, model.output_shape)
        return SimpleNamespace(status_code=200), found

    def send(self, request):
        """As botocore's HTTP session."""
        body = self.archives.get(request.url)
        return SimpleNamespace(status_code=403 if body is None else 200, raw=io.BytesIO(body or b""))


def listed(*items):
    return {"Quantity": len(items), **({"Items": list(items)} if items else {})}


def archive(**files):
    """A zip; names have `__` for a dot."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(name.replace("__", "."), text)
    return found.getvalue()


def behavior(**parts):
    methods = {**listed("HEAD", "GET"), "CachedMethods": listed("HEAD", "GET")}
    return {
        "TargetOriginId": "site",
        "TrustedSigners": {"Enabled": False, **listed()},
        "TrustedKeyGroups": {"Enabled": False, **listed()},
        "ViewerProtocolPolicy": "allow-all",
        "AllowedMethods": methods,
        "SmoothStreaming": False,
        "Compress": True,
        "LambdaFunctionAssociations": listed(),
        "FunctionAssociations": listed(),
        "FieldLevelEncryptionId": "",
        "CachePolicyId": CACHING_OPTIMIZED,
        "GrpcConfig": {"Enabled": False},
        **parts,
    }


def bucket(own_id="site", domain="site-bucket.s3.eu-central-1.amazonaws.com", **parts):
    return {
        "Id": own_id,
        "DomainName": domain,
        "OriginPath": "",
        "CustomHeaders": listed(),
        "S3OriginConfig": {"OriginAccessIdentity": "", "OriginReadTimeout": 30},
        "ConnectionAttempts": 3,
        "ConnectionTimeout": 10,
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": "",
        **parts,
    }


def app(*headers, own_id="app", domain="app.example.com"):
    custom = {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "https-only",
        "OriginSslProtocols": listed("TLSv1.2"),
        "OriginReadTimeout": 30,
        "OriginKeepaliveTimeout": 5,
        "OriginHttpVersion": "http1.1",
    }
    given = listed(*({"HeaderName": name, "HeaderValue": value} for name, value in headers))
    parts = {"CustomOriginConfig": custom, "CustomHeaders": given}
    found = {**bucket(own_id, domain), **parts}
    del found["S3OriginConfig"]
    return found


def config(default=None, behaviors=(), origins=None, **parts):
    """A DistributionConfig with all that CloudFront prints."""
    return {
        "CallerReference": "2026",
        "Aliases": listed("www.shop.test"),
        "DefaultRootObject": "index.html",
        "Origins": listed(*(origins or [bucket()])),
        "OriginGroups": listed(),
        "DefaultCacheBehavior": default or behavior(),
        "CacheBehaviors": listed(*behaviors),
        "CustomErrorResponses": listed(),
        "Comment": "shop",
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": "PriceClass_All",
        "Enabled": True,
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": False,
            "ACMCertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/x",
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
            "CertificateSource": "acm",
        },
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", **listed()}},
        "WebACLId": "",
        "HttpVersion": "http2",
        "IsIPV6Enabled": True,
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
        **parts,
    }


def distribution(own_id="E2QWRUHAPOMQZL", **parts):
    return {
        "Id": own_id,
        "ARN": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{own_id}",
        "Status": "Deployed",
        "LastModifiedTime": LONG_AGO,
        "InProgressInvalidationBatches": 0,
        "DomainName": "d111111abcdef8.cloudfront.net",
        "DistributionConfig": config(**parts),
    }


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def handler_answer(name, version, data, **parts):
    """What Lambda's GetFunction gives, and where the code then lies."""
    url = f"https://{CODE_HOST}/snapshots/{name}-{version}?X-Amz-Signature=x"
    configuration = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Timeout": 5}
    configuration |= {"MemorySize": 128, "CodeSha256": sha256(data), "Version": version, **parts}
    return {"Configuration": configuration, "Code": {"RepositoryType": "S3", "Location": url}}, {url: data}


WITH_STORE = {"KeyValueStoreAssociations": listed({"KeyValueStoreARN": STORE_ARN})}


def function_answers(code=b"function handler(event) { return event.request; }", **more):
    """What CloudFront says of any CloudFront Function; its code ends in its stage."""

    def described(Name, Stage):  # noqa: N803
        config = {"Comment": "", "Runtime": "cloudfront-js-2.0", **more}
        metadata = {"FunctionARN": FUNCTION_ARN, "LastModifiedTime": LONG_AGO, "Stage": Stage}
        return {"FunctionSummary": {"Name": Name, "FunctionConfig": config, "FunctionMetadata": metadata}}

    def given(Name, Stage):  # noqa: N803
        return {"FunctionCode": io.BytesIO(code + b" // " + Stage.encode())}

    return {"DescribeFunction": described, "GetFunction": given}


def cache_policy(Id):  # noqa: N803
    parameters = {
        "EnableAcceptEncodingGzip": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": listed("page")},
    }
    name = "Managed-CachingOptimized" if Id == CACHING_OPTIMIZED else "mine"
    config = {"Name": name, "MinTTL": 1, "ParametersInCacheKeyAndForwardedToOrigin": parameters}
    return {"CachePolicy": {"Id": Id, "LastModifiedTime": LONG_AGO, "CachePolicyConfig": config}}


REWRITE = b"""\
import cf from 'cloudfront';
const store = cf.kvs();
async function handler(event) {
    const request = event.request;
    if (await store.exists(request.uri)) request.uri = await store.get(request.uri);
    return request;
}
"""
EDGE = """\
def handler(event, context):
    cf = event["Records"][0]["cf"]
    cf["request"]["headers"]["x-edge"] = [{"key": "X-Edge", "value": cf["config"]["distributionId"] + " " + context.function_name}]
    return cf["request"]
"""
SECRET = "hunter2-hunter2-hunter2"


def shop_config(app_domain="app.example.com"):
    """A bucket behind a function that reads a store, signed requests at /private/*, an app behind a handler at /api/*."""
    at_viewer_request = listed({"EventType": "viewer-request", "FunctionARN": FUNCTION_ARN})
    at_origin_request = {"EventType": "origin-request", "LambdaFunctionARN": f"{LAMBDA_ARN}:7", "IncludeBody": False}
    own = {"CachePolicyId": "own-cache-policy", "ResponseHeadersPolicyId": "own-headers-policy"}
    signed = {"PathPattern": "/private/*", "TrustedKeyGroups": {"Enabled": True, **listed("own-key-group")}}
    api = {"PathPattern": "/api/*", "TargetOriginId": "app", "LambdaFunctionAssociations": listed(at_origin_request)}
    return config(
        default=behavior(FunctionAssociations=at_viewer_request, **own),
        behaviors=[behavior(**signed), behavior(**api)],
        origins=[
            bucket(OriginAccessControlId="E1OAC"),
            app(("X-Origin-Verify", SECRET), ("X-Stage", "production"), domain=app_domain),
        ],
    )


def shop(pem, **parts):
    """The account that it is deployed in."""
    answer, archives = handler_answer("edge", "7", archive(index__py=EDGE))
    control = {"Name": "oac", "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"}
    frame = {"FrameOptions": {"Override": True, "FrameOption": "DENY"}}
    headers = {"Name": "headers", "SecurityHeadersConfig": frame}
    group = {"Name": "readers", "Items": ["K1"]}
    key = {"CallerReference": "r", "Name": "key", "EncodedKey": pem}
    functions = function_answers(REWRITE, **WITH_STORE)

    def function(Name="", Stage="", FunctionName="", Qualifier=""):  # noqa: N803
        return functions["GetFunction"](Name, Stage) if Name else answer

    def found(Id):  # noqa: N803
        if Id != "E2QWRUHAPOMQZL":
            raise missing("NoSuchDistribution")
        return {"Distribution": {**distribution(), "DistributionConfig": shop_config()}}

    def changed(name, own_id, config):
        return {name: {"Id": own_id, "LastModifiedTime": LONG_AGO, f"{name}Config": config}}

    answers = {
        "GetDistribution": found,
        "GetCachePolicy": cache_policy,
        "GetResponseHeadersPolicy": lambda Id: changed("ResponseHeadersPolicy", Id, headers),  # noqa: N803
        "GetOriginAccessControl": lambda Id: {"OriginAccessControl": {"Id": Id, "OriginAccessControlConfig": control}},  # noqa: N803
        "GetKeyGroup": lambda Id: changed("KeyGroup", Id, group),  # noqa: N803
        "GetPublicKey": lambda Id: {"PublicKey": {"Id": Id, "CreatedTime": LONG_AGO, "PublicKeyConfig": key}},  # noqa: N803
        "DescribeFunction": functions["DescribeFunction"],
        "GetFunction": function,
        "ListKeys": lambda **_: {"Items": [{"Key": "/old", "Value": "/index.html"}]},
    }
    return Aws(answers, archives, **parts)
