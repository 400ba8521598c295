"""An AWS account for `edgeproxy pull`: botocore's own clients, answered here; calls and answers are held to AWS's own models."""

import base64
import hashlib
import io
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

from botocore.config import Config
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
        self.asked.append(model.name)
        try:
            found = self.answers[model.name](**context["given"])
        except Refusal as refusal:
            error = {"Error": {"Code": refusal.code, "Message": refusal.message}}
            return SimpleNamespace(status_code=refusal.status), {**error, "ResponseMetadata": {"HTTPStatusCode": refusal.status}}
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
