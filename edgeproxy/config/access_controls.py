"""Origin access controls: when CloudFront signs requests to an origin, and how."""

from edgeproxy.config.section import Section

ORIGIN_TYPES = ("s3", "mediastore", "mediapackagev2", "lambda")
PROTOCOLS = ("sigv4", "sigv4a")
BEHAVIORS = ("always", "never", "no-override", "always-amz-auth")


def signing(config: Section) -> str:
    """`always`, `never` or `no-override` of an OriginAccessControlConfig."""
    config.required("Name", "OriginAccessControlOriginType", "SigningBehavior", "SigningProtocol")
    config.choice("OriginAccessControlOriginType", ORIGIN_TYPES, "s3")
    if config.choice("SigningProtocol", PROTOCOLS, "sigv4") == "sigv4a":
        config.reading.leave_out("OriginAccessControlConfig.SigningProtocol", config.at_key("SigningProtocol"))
    behavior = config.choice("SigningBehavior", BEHAVIORS, "always")
    return "always" if behavior == "always-amz-auth" else behavior
