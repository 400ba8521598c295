"""A real proxy on a real port, and viewers who ask it: what the stories start from."""

import json
import time

import pytest
from kit_proxy import Running

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


@pytest.fixture
def running():
    """`async with running(template_or_folder, origins={…}, allow_origins=(…)) as proxy`."""
    return Running


@pytest.fixture
def project(tmp_path):
    """`project(behavior={…}, resources={…}, …)` writes a template with a bucket and its content; returns the folder."""

    def written(*, behavior=None, behaviors=(), origins=(), resources=None, **config):
        (tmp_path / "public").mkdir(exist_ok=True)
        (tmp_path / "public" / "page").write_text("the origin's content")
        (tmp_path / "public" / "other").write_text("another page")
        site = {
            "Id": "site",
            "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "Enabled": True,
            "Origins": [site, *origins],
            "DefaultCacheBehavior": behavior_of(**(behavior or {})),
            "CacheBehaviors": [behavior_of(**each) for each in behaviors],
            **config,
        }
        web = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
        template = {"Resources": {"Site": {"Type": "AWS::S3::Bucket"}, **(resources or {}), "Web": web}}
        (tmp_path / "template.json").write_text(json.dumps(template, indent=1))
        (tmp_path / "edgeproxy.yaml").write_text("distribution: template.json\norigins: {site: ./public}\n")
        return tmp_path

    return written


def behavior_of(**parts):
    return {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED, **parts}


@pytest.fixture
def stopwatch():
    """`with stopwatch() as watch: …`, then `watch.seconds`."""
    return Stopwatch


class Stopwatch:
    def __enter__(self):
        self.started = time.monotonic()
        return self

    def __exit__(self, *error):
        self.seconds = time.monotonic() - self.started
