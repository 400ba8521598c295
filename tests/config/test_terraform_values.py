import pytest

from edgeproxy.config.nodes import plain
from edgeproxy.config.terraform_values import Found, host, label, value


def found(kind, values=None, name="x", key=""):
    address = f"module.m.{kind}.{name}" + (f'["{key}"]' if key else "")
    return Found(address, "module.m", kind, name, key, False, plain(values or {}))


@pytest.mark.parametrize(
    ("resource", "attribute", "expected"),
    [
        pytest.param(found("aws_cloudfront_cache_policy", {"id": "known"}), "id", "known", id="what is known"),
        pytest.param(found("aws_s3_bucket", {"bucket": "b"}), "bucket_regional_domain_name", "b.s3.us-east-1.amazonaws.com",
                     id="a bucket by its name"),
        pytest.param(found("aws_s3_bucket", {"region": "eu-west-1"}, name="Site_Files", key="a"), "bucket_regional_domain_name",
                     "site-files-a.s3.eu-west-1.amazonaws.com", id="a bucket without a name, in provider 6's region"),
        pytest.param(found("aws_cloudfront_function", {"name": "f"}), "arn",
                     "arn:aws:cloudfront::123456789012:function/f", id="a function"),
        pytest.param(found("aws_lambda_function", {"function_name": "l", "region": "eu-west-1"}), "qualified_arn",
                     "arn:aws:lambda:eu-west-1:123456789012:function:l:1", id="a version"),
        pytest.param(found("aws_elsewhere", key="a b"), "Host_Name", "module.m.aws-elsewhere.x-a-b.host-name",
                     id="a type that is not known"),
    ],
)  # fmt: skip
def test_attributes_known_or_made_up(resource, attribute, expected):
    assert value(resource, attribute) == expected


def test_made_up_ids_differ_by_address_and_prefix_and_stay():
    one, two = found("aws_cloudfront_cache_policy", name="one"), found("aws_cloudfront_cache_policy", name="two")
    ids = [value(one, "id"), value(two, "id"), value(one, "id", "eu-")]
    assert len(set(ids)) == 3
    assert ids[0] == value(one, "id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("https://a.example/stage", "a.example"), ("http://a.example", "a.example"), ("a.example", "a.example")],
)
def test_the_host_of_a_url(text, expected):
    assert host(text) == expected


def test_an_address_as_a_host_may_be_written():
    assert label('module.Cdn["eu west"].aws_lb.app[0]') == "module.cdn-eu-west-.aws-lb.app-0"
