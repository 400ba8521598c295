"""Origin access controls: when CloudFront signs requests to an origin, and how."""

from edgeproxy.config import not_honoured
from edgeproxy.config.section import Section

ORIGIN_TYPES = ("s3", "mediastore", "mediapackagev2", "lambda")
PROTOCOLS = ("sigv4", "sigv4a")
BEHAVIORS = ("always", "never", "no-override", "always-amz-auth")


def signing(config: Section) -> str:
    """`always`, `never` or `no-override` of an OriginAccessControlConfig."""
    config.required("Name", "OriginAccessControlOriginType", "SigningBehavior", "SigningProtocol")
    config.choice("OriginAccessControlOriginType", ORIGIN_TYPES, "s3")
    if config.choice("SigningProtocol", PROTOCOLS, "sigv4") == "sigv4a":
        property_ = "OriginAccessControlConfig.SigningProtocol"
        config.reading.leave_out(property_, not_honoured.SIGNING_PROTOCOL, config.at_key("SigningProtocol"))
    behavior = config.choice("SigningBehavior", BEHAVIORS, "always")
    return "always" if behavior == "always-amz-auth" else behavior
