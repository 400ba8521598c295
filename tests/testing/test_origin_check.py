import json

import pytest

from edgeproxy.messages import Headers, Request
from edgeproxy.testing import origin_check

REQUEST = Request("GET", "https", "x.example", "/", None, Headers([("Host", "x.example"), ("X-Seen", "1")]))


def refusal(call, *arguments):
    return origin_check.refusal(json.dumps({"call": call, "arguments": arguments}), REQUEST)


GROUP = {"originIds": ["one", {"originId": "two"}], "failoverCriteria": {"statusCodes": [500]}}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        pytest.param("updateRequestOrigin", [{"domainName": "b.example", "customHeaders": {}}], id="CFF-47 another domain"),
        pytest.param("selectRequestOriginById", ["any"], id="whatever origin is named is taken to exist"),
        pytest.param("createRequestOriginGroup", [GROUP], id="a group"),
    ],
)
def test_a_sound_choice_is_taken(call, arguments):
    assert refusal(call, *arguments) is None


@pytest.mark.parametrize(
    ("call", "arguments", "cause"),
    [
        pytest.param("updateRequestOrigin", [{"domainName": "1.2.3.4"}], "domainName", id="CFF-48 an IP address"),
        pytest.param("updateRequestOrigin", [{"domainName": "a:b"}], "domainName", id="CFF-48 a colon"),
        pytest.param("updateRequestOrigin", [{"customHeaders": {"x-seen": "2"}}], "x-seen", id="a header of the request"),
        pytest.param("updateRequestOrigin", [], "called", id="no arguments"),
        pytest.param("selectRequestOriginById", [3], "3", id="a number as id"),
        pytest.param("createRequestOriginGroup", [{**GROUP, "originIds": 3}], "originIds", id="a number as ids"),
        pytest.param("createRequestOriginGroup", [{**GROUP, "originIds": [3, {}]}], "origin", id="ids that are none"),
    ],
)
def test_a_wrong_choice_is_refused_with_cloudfronts_sentence(call, arguments, cause):
    error = refusal(call, *arguments)
    assert (error.status, error.sentence) == (502, "The CloudFront function returned an invalid value for origin rewrite.")
    assert cause in error.cause
