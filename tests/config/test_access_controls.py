import pytest

from edgeproxy.config.access_controls import signing
from edgeproxy.config.nodes import plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError

CONTROL = {"Name": "c", "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}


def read(**properties):
    reading = Reading(Problems())
    found = signing(Section("OriginAccessControlConfig", plain({**CONTROL, **properties}), reading))
    reading.problems.raise_any()
    return found, [note.property for note in reading.not_honoured]


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [("always", "always"), ("no-override", "no-override"), ("never", "never"), ("always-amz-auth", "always")],
)
def test_when_requests_are_signed(behavior, expected):
    assert read(SigningBehavior=behavior) == (expected, [])


def test_signatures_for_several_regions_are_not_made():
    assert read(SigningProtocol="sigv4a") == ("always", ["OriginAccessControlConfig.SigningProtocol"])


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param({"SigningBehavior": "sometimes"}, 'SigningBehavior is "sometimes"', id="a behavior"),
        pytest.param({"SigningProtocol": "sigv2"}, 'SigningProtocol is "sigv2"', id="a protocol"),
        pytest.param({"OriginAccessControlOriginType": "ec2"}, 'OriginAccessControlOriginType is "ec2"', id="a type"),
        pytest.param({"SigningBehavior": None}, "needs SigningBehavior", id="no behavior"),
    ],
)
def test_what_cloudfront_refuses(properties, message):
    with pytest.raises(ConfigError, match=message):
        read(**properties)
