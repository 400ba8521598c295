import pytest
from kit import ALL_METHODS, PythonFunction, PythonHandler, behavior, distribution, policy

from edgeproxy.model import (
    CustomErrorResponse,
    ForwardedValues,
    Origin,
    OriginGroup,
    OriginRequestPolicy,
    PublicKey,
    Selection,
)
from edgeproxy.rules import cautions

AUTH = {"functions": {"viewer-request": PythonFunction("auth", None)}}
HANDLER = {"lambdas": {"viewer-request": PythonHandler("session", None)}}
SIGNED = {"trusted_keys": (PublicKey("K1", "pem"),)}
TO_THE_APP = (CustomErrorResponse(403, "/index.html", 200),)


def warned(*behaviors, default=None, errors=TO_THE_APP):
    found = cautions.of(distribution(*behaviors, default=default or behavior(), custom_error_responses=errors))
    return [what for _, what in found]


def past(patterns, guards, page="/index.html as 200"):
    return [f"a method that is not among AllowedMethods of {patterns} is answered with {page}, unseen by {guards}"]


PAGES = [
    pytest.param(AUTH, TO_THE_APP, past("*", "auth"), id="a function guards"),
    pytest.param(HANDLER, TO_THE_APP, past("*", "session"), id="a handler guards"),
    pytest.param(SIGNED, TO_THE_APP, past("*", "the check of signatures"), id="signatures guard"),
    pytest.param({**AUTH, **SIGNED}, TO_THE_APP, past("*", "auth, the check of signatures"), id="both guard"),
    pytest.param({}, TO_THE_APP, [], id="nothing guards"),
    pytest.param({"functions": {"viewer-response": PythonFunction("late", None)}}, TO_THE_APP, [], id="viewer-response does not"),
    pytest.param({**AUTH, "allowed_methods": ALL_METHODS}, TO_THE_APP, [], id="every method reaches the function"),
    pytest.param({**AUTH, "allowed_methods": ("GET", "HEAD", "OPTIONS")}, TO_THE_APP, past("*", "auth"), id="OPTIONS is not all"),
    pytest.param(AUTH, (CustomErrorResponse(403, "/no.html", 403),), [], id="a page that stays a 403"),
    pytest.param(AUTH, (CustomErrorResponse(404, "/index.html", 200),), [], id="a page for 404 alone"),
    pytest.param(AUTH, (CustomErrorResponse(403, error_caching_min_ttl=0),), [], id="no page"),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "errors", "expected"), PAGES)
def test_a_page_for_403_that_passes_by_what_guards(guard, errors, expected):
    assert warned(default=behavior(**guard), errors=errors) == expected


def test_behaviors_are_named_together():
    assert warned(behavior("/a/*", **AUTH), behavior("/b/*"), default=behavior(**SIGNED)) == past(
        "/a/*, *", "auth, the check of signatures"
    )


def request_policy(kind="whitelist", *names):
    return OriginRequestPolicy("Forward", Selection(kind, names))


SHARED = [
    "Forward forwards Authorization, which is not in the cache key of *: what is stored for one viewer is served to every other"
]
CACHED, IN_KEY = policy(), policy(headers=Selection("whitelist", ("authorization",)))
FORWARDED = [
    pytest.param(CACHED, request_policy("whitelist", "Authorization"), SHARED, id="named"),
    pytest.param(CACHED, request_policy("allViewer"), SHARED, id="all of the viewer's"),
    pytest.param(CACHED, request_policy("allViewerAndWhitelistCloudFront", "CloudFront-Viewer-Country"), SHARED, id="and more"),
    pytest.param(CACHED, request_policy("allExcept", "host"), SHARED, id="all but another"),
    pytest.param(CACHED, request_policy("allExcept", "authorization"), [], id="all but it"),
    pytest.param(CACHED, request_policy("whitelist", "Accept"), [], id="another is named"),
    pytest.param(CACHED, None, [], id="no origin request policy"),
    pytest.param(IN_KEY, request_policy("allViewer"), [], id="it is in the key"),
    pytest.param(policy(0, 0, 0), request_policy("allViewer"), [], id="nothing is cached"),
    pytest.param(ForwardedValues(headers=("Authorization",)), None, [], id="legacy settings have it in the key"),
]


@pytest.mark.parametrize(("cache", "request_policy", "expected"), FORWARDED)
def test_authorization_that_is_forwarded_but_not_in_the_key(cache, request_policy, expected):
    assert warned(default=behavior(cache=cache, origin_request_policy=request_policy)) == expected


def test_behaviors_of_one_policy_are_named_together():
    policies = {"origin_request_policy": request_policy("allViewer")}
    (what,) = warned(
        behavior("/a/*", **policies), behavior("/b/*", cache=policy(0, 0, 0), **policies), default=behavior(**policies)
    )
    assert "of /a/*, *:" in what


BUCKETS = {"bucket": Origin("bucket", "b.s3.us-east-1.amazonaws.com", s3=True), "app": Origin("app", "app.test")}
GROUP = OriginGroup(("app", "bucket"), frozenset({500}))
HOST_IN_KEY = policy(headers=Selection("whitelist", ("Host",)))
HOSTS = [
    pytest.param("bucket", {"origin_request_policy": request_policy("allViewer")}, True, id="all of the viewer's headers"),
    pytest.param("bucket", {"origin_request_policy": request_policy("allExcept", "Host")}, False, id="all but Host"),
    pytest.param("bucket", {"cache": HOST_IN_KEY}, True, id="Host in the cache key"),
    pytest.param("bucket", {"cache": ForwardedValues(headers=("Host",))}, True, id="Host in ForwardedValues"),
    pytest.param("bucket", {"cache": ForwardedValues(headers=("Origin",))}, False, id="ForwardedValues without Host"),
    pytest.param("app", {"cache": HOST_IN_KEY}, False, id="an origin that is no bucket"),
    pytest.param("app", {"cache": HOST_IN_KEY, "origin_group": GROUP}, True, id="a bucket in an origin group"),
]


KNOWN_BY_HOST = [
    pytest.param("x.lambda-url.us-east-1.on.aws", "the function URL of *,", id="a function URL"),
    pytest.param("x.execute-api.us-east-1.amazonaws.com", "the API of *,", id="an API"),
    pytest.param("api.example.com", "", id="an API behind a domain name of its own"),
]


@pytest.mark.parametrize(("domain", "expected"), KNOWN_BY_HOST)
def test_a_host_that_is_forwarded_to_what_is_known_by_its_host(domain, expected):
    default = behavior(origin="app", origin_request_policy=request_policy("allViewer"))
    found = cautions.of(distribution(default=default, origins={"app": Origin("app", domain)}))
    assert [expected in what for name, what in found if name == "HeaderBehavior"] == [True] * bool(expected)


@pytest.mark.parametrize(("origin", "parts", "expected"), HOSTS)
def test_a_host_that_is_forwarded_to_a_bucket(origin, parts, expected):
    found = cautions.of(distribution(default=behavior(origin=origin, **parts), origins=BUCKETS))
    told = [what for name, what in found if name == "HeaderBehavior"]
    assert ["the bucket of *, which answers 403" in what for what in told] == [True] * expected
