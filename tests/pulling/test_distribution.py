import json

import pytest
from kit_aws import SECRET, STORE, Refusal, app, behavior, config, distribution, listed, shop
from kit_signed import PEM

from edgeproxy.pulling.account import PullError
from edgeproxy.pulling.distribution import pull

READ = {
    "GetDistribution", "GetOriginAccessControl", "GetCachePolicy", "GetResponseHeadersPolicy", "DescribeFunction", "GetFunction",
    "ListKeys", "GetKeyGroup", "GetPublicKey",
}  # fmt: skip


@pytest.fixture
def aws():
    return shop(PEM)


@pytest.fixture
def pulled(aws, tmp_path):
    def pulled(**parts):
        said = []
        found = pull(aws.account, "E2QWRUHAPOMQZL", tmp_path / "shop", said.append, **parts)
        return found, said

    return pulled


def test_all_that_hangs_on_a_distribution_is_written(pulled, tmp_path):
    found, said = pulled()
    written = {str(path.relative_to(tmp_path / "shop")) for path in (tmp_path / "shop").rglob("*") if path.is_file()}
    assert written == {
        "edgeproxy.yaml",
        "functions/rewrite.js",
        f"key_value_stores/{STORE}.json",
        "keys/K1.pem",
        "lambdas/edge/index.py",
        "template.json",
    }
    assert found._replace(secrets=[]) == ("E2QWRUHAPOMQZL", tmp_path / "shop", [], [], ["site"], [])
    assert said == [
        "distribution E2QWRUHAPOMQZL (d111111abcdef8.cloudfront.net, www.shop.test)",
        "origin access control oac",
        "cache policy mine",
        "response headers policy headers",
        "function rewrite (cloudfront-js-2.0, 235 bytes)",
        f"key value store {STORE} (1 key)",
        "key group readers (1 key)",
        "Lambda@Edge function edge, version 7 (python3.13)",
    ]


def test_aws_is_only_read_and_each_thing_asked_for_once(pulled, aws):
    pulled()
    assert set(aws.asked) == READ
    assert len(aws.asked) == len(READ) + 2, "the managed policy beside the own one, the handler beside the function"


def test_a_secret_is_in_no_file(pulled, tmp_path):
    found, said = pulled()
    texts = [path.read_text() for path in (tmp_path / "shop").rglob("*") if path.is_file()]
    assert not any(SECRET in text for text in [*texts, *said])
    assert [each.what for each in found.secrets] == ["custom header X-Origin-Verify of origin app"]
    assert any("production" in text for text in texts)


def test_the_template_keeps_the_ids_that_events_show(pulled, tmp_path):
    pulled()
    resources = json.loads((tmp_path / "shop" / "template.json").read_text())["Resources"]
    assert resources["E2QWRUHAPOMQZL"]["Metadata"] == {
        "edgeproxy:Id": "E2QWRUHAPOMQZL",
        "edgeproxy:DomainName": "d111111abcdef8.cloudfront.net",
    }


def test_without_a_folder_it_is_called_by_the_id(aws, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert pull(aws.account, "E2QWRUHAPOMQZL", None, lambda line: None).folder == tmp_path / "E2QWRUHAPOMQZL"


def test_a_folder_that_is_in_use_is_met_before_aws_is_asked(pulled, aws, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "edgeproxy.yaml").write_text("mine")
    with pytest.raises(PullError, match="is there already"):
        pulled()
    assert aws.asked == []
    assert pulled(force=True)[0].kept == ["edgeproxy.yaml.before"]


@pytest.mark.parametrize("operation", sorted(READ - {"GetDistribution"}))
def test_what_is_refused_on_the_way_leaves_nothing(pulled, aws, tmp_path, operation):
    def denied(**parameters):
        raise Refusal("AccessDenied", 403)

    aws.answers[operation] = denied
    with pytest.raises(PullError, match=f"^access denied: {operation} needs the permission [a-z-]+:{operation}$"):
        pulled()
    assert list(tmp_path.iterdir()) == []


def test_trusted_signers_are_told_of_once(pulled, aws):
    signers = behavior(TrustedSigners={"Enabled": True, **listed("self")}, TargetOriginId="app")
    found = config(default=signers, behaviors=[{"PathPattern": "/a", **signers}], origins=[app()])
    aws.answers["GetDistribution"] = lambda Id: {"Distribution": {**distribution(Id), "DistributionConfig": found}}  # noqa: N803
    line = "add to edgeproxy.yaml:  key_groups: {self: {KEY-ID: path/to/public_key.pem}}"
    assert pulled()[0].notices == [f"AWS does not give out the keys of trusted signers: {line}"]
