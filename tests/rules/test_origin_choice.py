import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgeproxy.errors import FunctionError, OriginError
from edgeproxy.messages import Bytes, Headers, Request
from edgeproxy.model import CacheBehavior, CachePolicy, Directory, Distribution, Origin, SignAs, Tls, Url
from edgeproxy.rules import origin_choice
from edgeproxy.rules.origin_choice import Choice
from edgeproxy.rules.origin_parameters import SENTENCE

HERE, THERE = Url("http", "127.0.0.1", 3000), Url("http", "127.0.0.1", 4000)
APP = Origin(
    "app",
    "a.example",
    origin_path="/v1",
    custom_headers=(("X-K", "v"),),
    response_completion_timeout=60,
    place=HERE,
)
OTHER = Origin("other", "b.example", place=THERE)
SITE = Origin(
    "site",
    "site.s3.eu-west-1.amazonaws.com",
    s3=True,
    origin_access_identity=True,
    signing="always",
    place=Directory(Path("public")),
)
CONTROLLED = replace(SITE, origin_access_identity=False, origin_access_control=True, signing="no-override")
SIGNED = Origin("signed", "signed.example", origin_access_control=True, place=HERE)
LOCAL = Origin("local", "localhost", http_port=3000, place=Url("http", "localhost", 3000, "/base"))
ORIGINS = {origin.id: origin for origin in (APP, OTHER, SITE, SIGNED, LOCAL)}
DISTRIBUTION = Distribution("Site", "E1", "d1.cloudfront.net", ORIGINS, CacheBehavior("*", "app", CachePolicy("p")))
REQUEST = Request("GET", "https", "www.test", "/x", None, Headers([("Host", "www.test"), ("X-There", "1")]))
TLS = {"sslProtocols": ["TLSv1.2"]}
OFF = {"originAccessControlConfig": {"enabled": False}}
ON = {"enabled": True, "signingBehavior": "always", "signingProtocol": "sigv4", "originType": "s3"}


def choose(call, *arguments, assigned=APP):
    given = assigned if isinstance(assigned, Choice) else Choice((assigned,))
    return origin_choice.choose(json.dumps({"call": call, "arguments": arguments}), DISTRIBUTION, given, REQUEST)


def updated(assigned=APP, **given):
    [origin] = choose("updateRequestOrigin", given, assigned=assigned).origins
    return origin


def refusal(call, *arguments, assigned=APP):
    with pytest.raises(FunctionError) as caught:
        choose(call, *arguments, assigned=assigned)
    error = caught.value
    assert (error.status, error.x_cache, error.sentence) == (502, "FunctionValidationError", SENTENCE)
    return error.cause


# --- updateRequestOrigin ---


def test_what_is_left_out_is_inherited():
    assert choose("updateRequestOrigin", {}) == Choice((APP,))


def test_cff_47_another_domain_name_keeps_the_custom_headers_and_the_path():
    """CFF-47"""
    origin = updated(domainName="b.example")
    assert (origin.domain_name, origin.host_header) == ("b.example", "b.example")
    assert (origin.custom_headers, origin.origin_path) == (APP.custom_headers, "/v1")


def test_cff_47_an_empty_object_clears_the_custom_headers():
    """CFF-47"""
    assert updated(customHeaders={}).custom_headers == ()


@pytest.mark.parametrize(
    ("domain", "place"),
    [
        pytest.param("b.example", THERE, id="a declared origin's name leads where that one lives"),
        pytest.param("B.Example", THERE, id="in any case"),
        pytest.param("a.example", HERE, id="the assigned origin's own name leads where it lives"),
        pytest.param("c.example", None, id="an unknown name has no place yet"),
    ],
)
def test_where_a_domain_name_leads(domain, place):
    assert updated(domainName=domain).place == place


@pytest.mark.parametrize(
    ("assigned", "domain", "s3"),
    [
        pytest.param(APP, "site.s3.eu-west-1.amazonaws.com", True, id="a declared bucket"),
        pytest.param(APP, "new.s3.us-east-2.amazonaws.com", True, id="a bucket's regional name"),
        pytest.param(APP, "new.s3.amazonaws.com", True, id="a bucket's global name"),
        pytest.param(APP, "new.s3-website.us-east-2.amazonaws.com", False, id="a website endpoint is a custom origin"),
        pytest.param(APP, "new.s3-website-us-east-1.amazonaws.com", False, id="an old website endpoint"),
        pytest.param(SITE, "c.example", False, id="from a bucket to a server"),
    ],
)
def test_which_names_are_buckets(assigned, domain, s3):
    origin = updated(assigned, domainName=domain)
    assert origin.s3 is s3
    assert origin.origin_access_identity is (s3 and assigned.origin_access_identity)


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        pytest.param({"hostHeader": "h.example"}, "host_header", "h.example", id="hostHeader alone"),
        pytest.param({"hostHeader": "h.example", "domainName": "c.example"}, "host_header", "h.example", id="hostHeader first"),
        pytest.param({"originPath": "/v2/a%20b"}, "origin_path", "/v2/a%20b", id="a path"),
        pytest.param({"originPath": ""}, "origin_path", "", id="an empty path is none"),
        pytest.param({"customHeaders": {"x-new": "1"}}, "custom_headers", (("X-New", "1"),), id="custom headers replace all"),
        pytest.param({"connectionAttempts": 1}, "connection_attempts", 1, id="attempts"),
        pytest.param({"timeouts": {"readTimeout": 60}}, "read_timeout", 60, id="a read timeout"),
        pytest.param(
            {"timeouts": {"responseCompletionTimeout": 30}}, "response_completion_timeout", 30, id="a completion timeout"
        ),
        pytest.param({"timeouts": {"keepAliveTimeout": 9}}, "keepalive_timeout", 9, id="a keep-alive timeout"),
        pytest.param({"timeouts": {"connectionTimeout": 2}}, "connection_timeout", 2, id="a connection timeout"),
        pytest.param({"originAccessControlConfig": ON}, "origin_access_control", True, id="an access control"),
        pytest.param({"originAccessControlConfig": ON}, "signing", "always", id="an access control signs"),
        pytest.param(
            {"originAccessControlConfig": {**ON, "signingBehavior": "no-override"}}, "signing", "no-override", id="or not over"
        ),
    ],
)
def test_a_field_changes_what_it_names(given, field, value):
    assert getattr(updated(**given), field) == value


def test_custom_origin_config_says_protocol_port_and_tls():
    origin = updated(customOriginConfig={"port": 8443, "protocol": "https", **TLS})
    assert (origin.protocol_policy, origin.https_port, origin.http_port) == ("https-only", 8443, 80)
    assert origin.place == HERE, "a stand-in stays where it is"


def test_an_origin_asked_under_its_own_name_moves_to_the_port():
    origin = updated(LOCAL, customOriginConfig={"port": 3001, "protocol": "http", **TLS})
    assert origin.place == Url("http", "localhost", 3001, "/base")
    trusting = replace(LOCAL, place=Url("https", "localhost", 3000, "/base", tls=Tls(False)))
    origin = updated(trusting, customOriginConfig={"port": 3001, "protocol": "https", **TLS})
    assert origin.place == Url("https", "localhost", 3001, "/base", tls=Tls(False)), "its certificate is still not looked at"


def test_a_bucket_ignores_what_is_for_custom_origins():
    config = {"port": 8443, "protocol": "https", **TLS}
    assert updated(SITE, customOriginConfig=config, timeouts={"keepAliveTimeout": 9}) == SITE


def test_a_buckets_path_is_encoded():
    assert updated(SITE, originPath="/my files").origin_path == "/my%20files"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"domainName": "1.2.3.4"}, id="CFF-48 an IP address"),
        pytest.param({"domainName": "b.example:80"}, id="CFF-48 a colon"),
        pytest.param({"domainName": "New.s3.us-east-1.amazonaws.com"}, id="a bucket in upper case"),
        pytest.param(
            {"domainName": "a." * 60 + "s3.us-east-1.amazonaws.com"}, id="a bucket's name of more than 128 characters"
        ),
        pytest.param({"originPath": "v2"}, id="a path without its slash"),
        pytest.param({"originPath": "/v2/"}, id="a path with a slash at its end"),
        pytest.param({"originPath": "/"}, id="a slash alone"),
        pytest.param({"originPath": "/a b"}, id="a space in a custom origin's path"),
        pytest.param({"originPath": "/é"}, id="a path that is not encoded"),
        pytest.param({"originPath": "/a?b"}, id="a query in the path"),
        pytest.param({"originPath": "/" + "a" * 255}, id="a path of 256 characters"),
        pytest.param({"customHeaders": {"x-there": "v"}}, id="a custom header that is in the request"),
        pytest.param({"timeouts": {"responseCompletionTimeout": 29}}, id="completion before the inherited read timeout"),
        pytest.param({"timeouts": {"readTimeout": 61}}, id="a read timeout past the inherited completion"),
        pytest.param(
            {"customOriginConfig": {"port": 80, "protocol": "http", **TLS, "ipAddressType": "ipv6"}}, id="no domainName"
        ),
        pytest.param({"hostHeader": "h.example", "originAccessControlConfig": ON}, id="a Host and an access control"),
        pytest.param({"hostHeader": "h.example", "domainName": "new.s3.amazonaws.com"}, id="a Host for a bucket"),
    ],
)
def test_cff_48_an_invalid_update(given):
    """CFF-48"""
    assert refusal("updateRequestOrigin", given)


def test_a_host_header_and_an_inherited_access_control():
    assert "origin access control" in refusal("updateRequestOrigin", {"hostHeader": "h.example"}, assigned=SIGNED)
    assert updated(SIGNED, hostHeader="h.example", **OFF).host_header == "h.example"


def test_of_an_origin_group_only_the_primary_is_updated():
    group = Choice((APP, OTHER), frozenset({503}))
    chosen = choose("updateRequestOrigin", {"originPath": "/v2"}, assigned=group)
    assert [origin.origin_path for origin in chosen.origins] == ["/v2", OTHER.origin_path]
    assert chosen.failover == {503}


def test_what_has_no_effect_here_is_named():
    given = {
        "originShield": {"enabled": True, "region": "us-east-2"},
        "domainName": "b.example",
        "mTLSConfig": "off",
        **OFF,
    }
    assert choose("updateRequestOrigin", given).not_honoured == ("originShield", "mTLSConfig")


KEYS = Url("http", "127.0.0.1", 9000, "/site", SignAs("dev"))


@pytest.mark.parametrize(
    ("assigned", "given", "signing"),
    [
        pytest.param(SITE, {}, "always", id="an identity signs on"),
        pytest.param(SITE, {"domainName": "b.s3.us-east-1.amazonaws.com"}, "always", id="to another bucket too"),
        pytest.param(SITE, {"domainName": "c.example"}, "never", id="not to a server"),
        pytest.param(SITE, {"domainName": "c.example", **OFF}, "never", id="whatever is said of access controls"),
        pytest.param(SITE, OFF, "always", id="an identity is no access control"),
        pytest.param(CONTROLLED, OFF, "never", id="an access control switched off"),
        pytest.param(CONTROLLED, {"originPath": "/v2"}, "no-override", id="an access control and another path"),
    ],
)
def test_when_a_changed_bucket_is_signed_for(assigned, given, signing):
    assert updated(assigned, **given).signing == signing


def test_an_access_control_has_an_effect_where_the_settings_say_as_whom_to_sign():
    for place, unheeded in ((KEYS, ()), (SITE.place, ("originAccessControlConfig",))):
        chosen = choose("updateRequestOrigin", {"originAccessControlConfig": ON}, assigned=replace(CONTROLLED, place=place))
        assert chosen.not_honoured == unheeded


def test_names_of_tls_and_the_kind_of_address():
    config = {"port": 443, "protocol": "https", **TLS, "ipAddressType": "ipv6"}
    chosen = updated(sni="s.example", allowedCertificateNames=["*.example"], domainName="b.example", customOriginConfig=config)
    assert (chosen.sni, chosen.certificate_names, chosen.ip_address_type) == ("s.example", ("*.example",), "ipv6")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"call": "updateRequestOrigin", "arguments": []}', id="no argument"),
        pytest.param('{"call": "updateRequestOrigin", "arguments": [null]}', id="null"),
        pytest.param('{"call": "updateRequestOrigin", "arguments": ["b.example"]}', id="a string"),
        pytest.param('{"call": "updateRequestOrigin", "arguments": [{"originPath": "/\\ud800"}]}', id="a lone surrogate"),
        pytest.param('{"call": "updateRequestOrigin", "arguments": ' + "[" * 100_000, id="a deep and broken nesting"),
        pytest.param("[]", id="another shape"),
    ],
)
def test_arguments_that_make_no_sense(text):
    with pytest.raises(FunctionError) as caught:
        origin_choice.choose(text, DISTRIBUTION, Choice((APP,)), REQUEST)
    assert caught.value.sentence == SENTENCE


# --- selectRequestOriginById ---


def test_an_origin_is_selected_by_its_id_with_all_that_is_its_own():
    assert choose("selectRequestOriginById", "other") == Choice((OTHER,))
    assert choose("selectRequestOriginById", "other", None) == Choice((OTHER,))


def test_overrides_of_a_selected_origin():
    chosen = choose("selectRequestOriginById", "other", {"hostHeader": "h.example", "sni": "s.example"})
    assert (chosen.origins[0].host_header, chosen.origins[0].place) == ("h.example", THERE)
    assert (chosen.origins[0].sni, chosen.not_honoured) == ("s.example", ())


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nobody"], id="an unknown id"),
        pytest.param([1], id="a number"),
        pytest.param([["other"]], id="a list"),
        pytest.param(["other", {"domainName": "c.example"}], id="an override that is not allowed"),
        pytest.param(["other", ""], id="overrides that are an empty string"),
        pytest.param(["other", "h.example"], id="overrides that are no object"),
        pytest.param(["site", {"hostHeader": "h.example"}], id="a Host for a bucket"),
        pytest.param(["signed", {"hostHeader": "h.example"}], id="a Host and an access control"),
        pytest.param([], id="no id"),
    ],
)
def test_a_selection_that_is_refused(arguments):
    assert refusal("selectRequestOriginById", *arguments)


# --- createRequestOriginGroup ---


def group(first, second, codes=(500, 503), **more):
    return {"originIds": [first, second], "failoverCriteria": {"statusCodes": list(codes)}, **more}


def test_a_group_of_two():
    member = {"originId": "app", "originOverrides": {"hostHeader": "h.example"}}
    chosen = choose("createRequestOriginGroup", group("other", member, selectionCriteria="media-quality-score"))
    assert [(origin.id, origin.host_header) for origin in chosen.origins] == [("other", None), ("app", "h.example")]
    assert (chosen.failover, chosen.not_honoured) == ({500, 503}, ("selectionCriteria",))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(group("app", "nobody"), id="an unknown member"),
        pytest.param(group("app", 2), id="a number as member"),
        pytest.param(group("app", {"id": "other"}), id="a member without originId"),
        pytest.param(group("app", {"originId": "other", "originOverrides": {"originPath": "/x"}}), id="a path as override"),
        pytest.param(group("app", "other", [200]), id="a code that cannot fail over"),
    ],
)
def test_a_group_that_is_refused(given):
    assert refusal("createRequestOriginGroup", given)


# --- failover ---


@pytest.mark.parametrize(
    ("method", "body", "cached", "may"),
    [
        pytest.param("GET", b"", (), True, id="GET"),
        pytest.param("HEAD", b"", (), True, id="HEAD"),
        pytest.param("OPTIONS", b"", ("GET", "HEAD", "OPTIONS"), True, id="OPTIONS where it is cached"),
        pytest.param("OPTIONS", b"", ("GET", "HEAD"), False, id="OPTIONS where it is not"),
        pytest.param("OPTIONS", b"a", ("GET", "HEAD", "OPTIONS"), False, id="a body cannot be sent twice"),
        pytest.param("POST", b"", ("GET", "HEAD", "OPTIONS"), False, id="POST"),
    ],
)
def test_who_fails_over(method, body, cached, may):
    assert origin_choice.may_fail_over(REQUEST._replace(method=method, body=Bytes(body)), cached) is may


@pytest.mark.parametrize(
    ("status", "detail", "code"),
    [
        pytest.param(502, "OriginConnectError", 503, id="a refused connection counts as 503"),
        pytest.param(504, "OriginConnectError", 503, id="a connection that times out counts as 503"),
        pytest.param(502, "OriginDnsError", 503, id="a name that does not resolve counts as 503"),
        pytest.param(504, "OriginCommError", 504, id="an answer that times out counts as 504"),
        pytest.param(502, "OriginZeroSizeObjectError", 502, id="an empty reply counts as 502"),
        pytest.param(502, "OriginInvalidResponseError", 502, id="an answer that is not HTTP counts as 502"),
    ],
)
def test_which_code_a_failure_counts_as(status, detail, code):
    assert origin_choice.failover_code(OriginError(status, OriginError.ATTEMPT, "x", detail)) == code
