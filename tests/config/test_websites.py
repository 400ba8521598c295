import json
from pathlib import Path

import kit_terraform as tf
import pytest

from edgeproxy.config import load
from edgeproxy.errors import ConfigError
from edgeproxy.model import Directory
from edgeproxy.places import Website

BY_URL = {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Site", "WebsiteURL"]}]}]}
BY_NAME = {"Fn::Sub": "${Site}.s3-website.${AWS::Region}.amazonaws.com"}
SPELLED_OUT = "acme.s3-website-us-east-1.amazonaws.com"
HTTP = {"OriginProtocolPolicy": "http-only"}
BOTH = {"IndexDocument": "home.html", "ErrorDocument": "404.html"}


def written(folder: Path, hosting, domain=BY_URL, **config) -> Path:
    (folder / "public").mkdir(exist_ok=True)
    origin = {"Id": "site", "DomainName": domain, "CustomOriginConfig": HTTP}
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "ForwardedValues": {"QueryString": False},
        **config,
    }
    web = {"DistributionConfig": {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behavior}}
    bucket = {"BucketName": "acme", **({} if hosting is None else {"WebsiteConfiguration": hosting})}
    resources = {
        "Site": {"Type": "AWS::S3::Bucket", "Properties": bucket},
        "Web": {"Type": "AWS::CloudFront::Distribution", "Properties": web},
    }
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": resources}))
    return path


def origin(path: Path, **places):
    (distribution,) = load(path, origins=places).distributions
    return distribution.origins["site"]


HOSTED = [
    pytest.param(BOTH, BY_URL, Website("home.html", "404.html"), id="both documents"),
    pytest.param(BOTH, BY_NAME, Website("home.html", "404.html"), id="an endpoint made of the bucket's name"),
    pytest.param(BOTH, SPELLED_OUT, Website("home.html", "404.html"), id="an endpoint that is spelled out"),
    pytest.param(BOTH, "other.s3-website.eu-central-1.amazonaws.com", Website(), id="a bucket that the template does not make"),
    pytest.param({"IndexDocument": "index.html"}, BY_URL, Website(), id="no error document"),
    pytest.param(None, BY_URL, Website(), id="no hosting"),
    pytest.param({"IndexDocument": {"Ref": "AWS::Region"}}, BY_URL, Website("us-east-1"), id="a value that is referred to"),
    pytest.param(
        {"RedirectAllRequestsTo": {"HostName": "www.example.com", "Protocol": "https"}},
        BY_URL,
        Website(redirect_to="https://www.example.com"),
        id="all requests are redirected",
    ),
    pytest.param(
        {"RedirectAllRequestsTo": {"HostName": "www.example.com"}},
        BY_URL,
        Website(redirect_to="http://www.example.com"),
        id="the protocol of a request to a website endpoint is http",
    ),
]


@pytest.mark.parametrize(("hosting", "domain", "expected"), HOSTED)
def test_how_a_bucket_is_hosted(tmp_path: Path, hosting, domain, expected: Website):
    path = written(tmp_path, hosting, domain)
    found = origin(path, site=str(tmp_path / "public"))
    assert (found.place, found.s3) == (Directory(tmp_path / "public", website=expected), False)


def test_an_origin_that_is_no_website_endpoint_is_not_hosted(tmp_path: Path):
    path = written(tmp_path, BOTH, "www.example.com")
    assert origin(path, site=str(tmp_path / "public")).place == Directory(tmp_path / "public")


def test_a_bucket_that_redirects_needs_no_files(tmp_path: Path):
    place = origin(written(tmp_path, {"RedirectAllRequestsTo": {"HostName": "www.example.com"}})).place
    assert isinstance(place, Directory)
    assert place.website == Website(redirect_to="http://www.example.com")


def test_routing_rules_are_told(tmp_path: Path):
    rules = [{"RedirectRule": {"ReplaceKeyWith": "index.html"}, "RoutingRuleCondition": {"KeyPrefixEquals": "a/"}}]
    (distribution,) = load(written(tmp_path, {**BOTH, "RoutingRules": rules}), origins={"site": str(tmp_path)}).distributions
    assert [item.property for item in distribution.not_honoured] == ["WebsiteConfiguration.RoutingRules"]


BAD = [
    pytest.param({"IndexDocument": "a/b"}, "IndexDocument is 'a/b'", id="an index document in a folder"),
    pytest.param({"RedirectAllRequestsTo": {}}, "RedirectAllRequestsTo needs HostName", id="a redirect to nowhere"),
    pytest.param({"RedirectAllRequestsTo": {"HostName": "a\r\nb"}}, "'a\\r\\nb' is not a host name", id="a host that is none"),
    pytest.param({"IndexDocumnet": "a"}, "WebsiteConfiguration has no property IndexDocumnet", id="a slip"),
]


@pytest.mark.parametrize(("hosting", "message"), BAD)
def test_what_cannot_be_hosted(tmp_path: Path, hosting, message: str):
    with pytest.raises(ConfigError) as caught:
        origin(written(tmp_path, hosting), site=str(tmp_path))
    assert message in [problem.message for problem in caught.value.problems]


def test_names_that_code_may_choose_are_hosted_too(tmp_path: Path):
    code = "import cf from 'cloudfront';\nfunction handler(event) { cf.updateRequestOrigin({}); return event.request; }"
    path = written(tmp_path, BOTH, FunctionAssociations=[{"EventType": "viewer-request", "FunctionARN": "arn"}])
    document = json.loads(path.read_text())
    document["Resources"]["F"] = {
        "Type": "AWS::CloudFront::Function",
        "Properties": {"Name": "f", "FunctionCode": code, "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"}},
    }
    config = document["Resources"]["Web"]["Properties"]["DistributionConfig"]
    config["DefaultCacheBehavior"]["FunctionAssociations"][0]["FunctionARN"] = {"Fn::GetAtt": ["F", "FunctionARN"]}
    path.write_text(json.dumps(document))
    folder, name = str(tmp_path / "public"), "zz.s3-website-us-east-1.amazonaws.com"
    found = load(path, origins={"site": folder, name: folder}).settings.places
    assert found == {name: Directory(tmp_path / "public", website=Website())}


SITE, HOSTING = "aws_cloudfront_distribution.site", "aws_s3_bucket_website_configuration.site"
CONFIGURED = {
    "bucket": "acme", "index_document": [{"suffix": "home.html"}], "error_document": [{"key": "404.html"}],
    "redirect_all_requests_to": [], "routing_rule": [], "routing_rules": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"website_endpoint": SPELLED_OUT}, id="a state"),
        pytest.param({}, id="an endpoint that is known by the bucket's name alone"),
    ],
)
def test_terraforms_website_configuration(tmp_path: Path, known):
    site = tf.distribution(
        origin=[tf.custom_origin(origin_id="site", domain_name=SPELLED_OUT)],
        default_cache_behavior=[{**tf.behavior(), "cache_policy_id": tf.CACHING_OPTIMIZED}],
        ordered_cache_behavior=[],
    )
    (tmp_path / "tf.json").write_text(json.dumps(tf.state(
        tf.resource("aws_s3_bucket.site", {"bucket": "acme", **known}),
        tf.resource(HOSTING, {**CONFIGURED, **known}),
        tf.resource(SITE, site),
    )))  # fmt: skip
    assert origin(tmp_path / "tf.json", site=str(tmp_path)).place == Directory(
        tmp_path, website=Website("home.html", "404.html")
    )


def test_an_endpoint_that_a_plan_does_not_know_yet(tmp_path: Path):
    values = tf.planned_distribution(
        origin=[tf.without(tf.custom_origin(origin_id="site"), "domain_name")],
        default_cache_behavior=[{**tf.behavior(), "cache_policy_id": tf.CACHING_OPTIMIZED}],
        ordered_cache_behavior=[],
    )
    by = tf.refers(f"{HOSTING}.website_endpoint", HOSTING)
    expressions = {"origin": [{"domain_name": by}]}
    document = tf.plan(
        tf.resource("aws_s3_bucket.site", {"bucket": "acme"}),
        tf.resource(HOSTING, tf.without(CONFIGURED, "bucket", "routing_rules")),
        tf.resource(SITE, values),
        unknown={
            SITE: {"origin": [{"domain_name": True}]},
            HOSTING: {"bucket": True, "routing_rules": True, "website_endpoint": True, "index_document": [{}]},
        },
        configuration={"resources": [tf.block(SITE, expressions)]},
    )
    (tmp_path / "tf.json").write_text(json.dumps(document))
    assert origin(tmp_path / "tf.json", site=str(tmp_path)).place == Directory(
        tmp_path, website=Website("home.html", "404.html")
    )
