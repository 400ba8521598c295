import json
from pathlib import Path

import kit_local
import pytest

from edgeproxy.config.code import LocalCode
from edgeproxy.config.library import Library, managed
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.errors import ConfigError
from edgeproxy.model import CachePolicy, OriginRequestPolicy, PolicyHeader, Selection

HERE = Node(None)


def library(base: Path = Path(), **code: str) -> Library:
    given = {name: Node(path) for name, path in code.items()}
    return Library(Reading(Problems()), kit_local.given(LocalCode(given, base)))


def test_there_are_as_many_managed_policies_as_aws_documents():
    assert {kind: len(found) for kind, found in managed().items()} == {
        "CachePolicyConfig": 11,
        "OriginRequestPolicyConfig": 8,
        "ResponseHeadersPolicyConfig": 5,
    }


def test_every_managed_policy_is_read_without_a_problem():
    problems = Problems()
    found = Library(Reading(problems), kit_local.given())
    names = [found.cache_policy(each, HERE).name for each in managed()["CachePolicyConfig"]]
    names += [found.origin_request_policy(each, HERE).name for each in managed()["OriginRequestPolicyConfig"]]
    names += [found.response_headers_policy(each, HERE).name for each in managed()["ResponseHeadersPolicyConfig"]]
    problems.raise_any()
    assert len(set(names)) == 24
    assert json.dumps(managed())


@pytest.mark.parametrize(
    ("policy_id", "policy"),
    [
        pytest.param(
            "658327ea-f89d-4fab-a63d-7e88639e58f6",
            CachePolicy("Managed-CachingOptimized", 1, 86400, 31536000, gzip=True, brotli=True),
            id="CachingOptimized",
        ),
        pytest.param(
            "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", CachePolicy("Managed-CachingDisabled", 0, 0, 0), id="CachingDisabled"
        ),
        pytest.param(
            "08627262-05a9-4f76-9ded-b50ca2e3a84f",
            CachePolicy(
                "Managed-Elemental-MediaPackage",
                headers=Selection("whitelist", ("Origin",)),
                query_strings=Selection("whitelist", ("aws.manifestfilter", "start", "end", "m")),
                gzip=True,
            ),
            id="Elemental-MediaPackage",
        ),
    ],
)
def test_managed_cache_policies(policy_id, policy):
    assert library().cache_policy(policy_id, HERE) == policy


def test_managed_origin_request_policies():
    policy = OriginRequestPolicy(
        "Managed-AllViewerExceptHostHeader", Selection("allExcept", ("Host",)), Selection("all"), Selection("all")
    )
    assert library().origin_request_policy("b689b0a8-53d0-40ab-baf2-68738e2966ac", HERE) == policy


def test_the_managed_security_headers():
    found = library().response_headers_policy("67f7725c-6f97-4210-82d7-5512b31e9d03", HERE)
    assert PolicyHeader("X-Content-Type-Options", "nosniff", True) in found.security
    assert PolicyHeader("Referrer-Policy", "strict-origin-when-cross-origin", False) in found.security
    assert found.strict_transport_security is not None
    assert found.strict_transport_security.max_age == 31536000


def test_an_unknown_policy_id_suggests_a_near_one():
    with pytest.raises(ConfigError) as caught:
        library().cache_policy("658327ea-f89d-4fab-a63d-7e88639e58f7", HERE)
    assert caught.value.problems[0].hint == "did you mean 658327ea-f89d-4fab-a63d-7e88639e58f6?"


def test_a_function_that_is_only_an_arn_has_its_code_in_the_settings(tmp_path: Path):
    (tmp_path / "f.js").write_text("function handler(e) { return e.request; }")
    arn = "arn:aws:cloudfront::123456789012:function/Rewrite"
    found = library(tmp_path, Rewrite="f.js").function(arn, HERE)
    assert (found.name, found.path, found.line, found.runtime) == ("Rewrite", tmp_path / "f.js", 1, "cloudfront-js-2.0")
    with pytest.raises(ConfigError) as caught:
        library().function(arn, HERE)
    assert caught.value.problems[0].hint == "add to edgeproxy.yaml:  functions: {Rewrite: path/to/index.js}"


def test_a_lambda_function_that_is_only_an_arn_has_its_code_in_the_settings(tmp_path: Path):
    (tmp_path / "index.mjs").touch()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:auth:7"
    found = library(tmp_path, auth=".").lambda_function(arn, HERE)
    assert (found.name, found.version, found.task_root, found.handler) == ("auth", "7", tmp_path, "index.handler")
    with pytest.raises(ConfigError) as caught:
        library().lambda_function(arn, HERE)
    assert caught.value.problems[0].hint == "add to edgeproxy.yaml:  functions: {auth: path/to/index.mjs}"


LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:auth"


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        pytest.param(LAMBDA, "InvalidLambdaFunctionAssociation: no version is named", id="LE no version"),
        pytest.param(f"{LAMBDA}:$LATEST", r"InvalidLambdaFunctionAssociation: \$LATEST is named", id="LE $LATEST"),
        pytest.param(f"{LAMBDA}:live", "InvalidLambdaFunctionAssociation: the alias live is named", id="LE an alias"),
        pytest.param(f"{LAMBDA}:1".replace("us-east-1", "eu-west-1"), "the function is in eu-west-1", id="LE another region"),
        pytest.param("auth", "auth is not the ARN of a Lambda function's version", id="a name"),
    ],
)
def test_lambda_arns_that_cannot_be_associated(arn, message):
    with pytest.raises(ConfigError, match=message):
        library().lambda_function(arn, HERE)


def test_a_function_by_name_is_not_an_arn():
    with pytest.raises(ConfigError, match="Rewrite is not the ARN of a CloudFront Function"):
        library().function("Rewrite", HERE)


def test_an_access_control_that_is_not_in_the_file_signs():
    assert library().signing("E1234567890123") == "always"


def test_a_managed_policy_named_by_its_name_is_told_its_id(tmp_path):
    from edgeproxy.config import load

    template = """
    {"Resources": {"D": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {
      "Enabled": true, "Origins": [{"Id": "a", "DomainName": "localhost", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}],
      "DefaultCacheBehavior": {"TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "CachingOptimized"}}}}}}
    """
    (tmp_path / "template.json").write_text(template)
    with pytest.raises(ConfigError) as found:
        load(tmp_path)
    assert [problem.hint for problem in found.value.problems] == ["the id is 658327ea-f89d-4fab-a63d-7e88639e58f6"]
