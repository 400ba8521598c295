"""A policy with Server-Timing, from the template to the wire."""

import re

import pytest

POLICY = {
    "Type": "AWS::CloudFront::ResponseHeadersPolicy",
    "Properties": {
        "ResponseHeadersPolicyConfig": {"Name": "Timed", "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 0}}
    },
}
PLACE = r'cdn-pop;desc="LOC1-C1",cdn-rid;desc="(?P<rid>[\w-]{54}==)"'
MISS = (
    r'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=0,cdn-upstream-fbl;dur=\d+,'
    rf"cdn-cache-miss,{PLACE},cdn-downstream-fbl;dur=\d+"
)
HIT = rf'cdn-cache-hit,{PLACE},cdn-hit-layer;desc="EDGE",cdn-downstream-fbl;dur=\d+'


@pytest.fixture
def timed(project):
    return project(behavior={"ResponseHeadersPolicyId": {"Ref": "Timed"}}, resources={"Timed": POLICY})


async def test_cf_60_who_asks_with_pragma_gets_it_and_nobody_else(running, timed):
    """CF-60"""
    async with running(timed) as proxy:
        for form, x_cache in ((MISS, "Miss"), (HIT, "Hit")):
            seen = await proxy.get("/page", ("Pragma", "server-timing"))
            assert seen.x_cache == x_cache
            assert re.fullmatch(form, seen["Server-Timing"])["rid"] == seen["X-Amz-Cf-Id"]
            assert seen.headers.items[-1][0] == "Server-Timing"
        assert (await proxy.get("/page"))["Server-Timing"] is None
        assert proxy.proxy.configuration.distributions[0].not_honoured == ()
