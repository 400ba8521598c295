from pathlib import Path

import pytest
from kit import PythonFunction, PythonHandler, behavior, distribution

from edgeproxy.fidelity import BY_PROPERTY
from edgeproxy.model import Configuration, Directory, NotHonoured, Origin, Settings, Url, ViewerSettings
from edgeproxy.start_table import not_honoured, render

SITE = distribution(
    behavior("/api/*", "app", lambdas={"origin-request": PythonHandler("greet", None)}),
    default=behavior(origin="site", functions={"viewer-request": PythonFunction("rewrite", None)}),
    origins={
        "app": Origin("app", "api.test", place=Url("http", "127.0.0.1", 3000)),
        "site": Origin("site", "b.s3.amazonaws.com", s3=True, place=Directory(Path("public"))),
    },
    not_honoured=(
        NotHonoured("Compress", "sent as the origin sends it", Path("t.yaml"), 7),
        NotHonoured("Compress", "sent as the origin sends it"),
        NotHonoured("Logging", "nothing is logged to a bucket"),
    ),
    aliases=("www.test",),
)


def test_pattern_origin_place_and_code_of_every_behavior():
    assert render(Configuration((SITE,)), colour=False).splitlines()[:5] == [
        "Site  dsite.cloudfront.net, www.test",
        "  /api/*  → app   http://127.0.0.1:3000",
        "    origin-req: greet (lambda)",
        "  *       → site  public",
        "    viewer-req: rewrite (function)",
    ]


def test_what_is_not_honoured_is_counted_at_start_and_told_by_check():
    configuration = Configuration((SITE,))
    assert "not honoured: Compress ×2, Logging" in render(configuration, colour=False)
    lines = not_honoured(configuration).splitlines()
    assert lines[1] == "  t.yaml:7: Compress: sent as the origin sends it"
    assert len(lines) == 4


def noting(*properties):
    noted = tuple(NotHonoured(name, BY_PROPERTY[name].here, Path("t.yaml"), line) for line, name in enumerate(properties, 1))
    return Configuration((distribution(not_honoured=noted),))


@pytest.mark.parametrize(
    ("property_", "name"),
    [
        ("DistributionConfig.WebACLId", "AWS WAF (a web ACL)"),
        ("DistributionConfig.ContinuousDeploymentPolicyId", "Continuous deployment"),
        ("CacheBehavior.FieldLevelEncryptionId", "Field-level encryption"),
        ("Origin.OriginShield", "Origin Shield"),
        ("DefaultCacheBehavior.GrpcConfig", "gRPC"),
    ],
)
def test_what_is_not_honoured_is_named_as_aws_names_it(property_, name):
    configuration = noting(property_)
    assert f"not honoured: {name} (edgeproxy check says more)" in render(configuration, colour=False)
    assert not_honoured(configuration).splitlines()[1] == f"  t.yaml:1: {property_}: {BY_PROPERTY[property_].here}"


def test_http_2_is_one_quiet_line_at_start_and_told_by_check():
    configuration = noting("DistributionConfig.HttpVersion", "DistributionConfig.HttpVersion")
    shown = render(configuration, colour=True)
    assert shown.splitlines().count("HTTP/2 and HTTP/3: HTTP/1.1 and 1.0 are spoken; another version is 400") == 1
    assert "not honoured" not in shown
    assert "  t.yaml:1: DistributionConfig.HttpVersion: HTTP/1.1 and 1.0 are spoken" in not_honoured(configuration)


def test_a_distribution_that_is_honoured_whole_says_so():
    assert not_honoured(Configuration((distribution(),))) == "everything in it is honoured"


def test_an_origin_without_a_place_is_shown_as_such():
    site = distribution(origins={"app": Origin("app", "api.test")})
    assert "nowhere here: api.test" in render(Configuration((site,)), colour=False)


def test_the_scheme_that_plain_http_plays_is_said():
    assert "plays CloudFront's HTTPS" in render(Configuration((SITE,)), colour=False)
    settings = Settings(viewer=ViewerSettings(scheme="http"))
    assert "plays CloudFront's HTTPS" not in render(Configuration((SITE,), settings), colour=False)


def test_colours_vanish_in_a_pipe():
    assert "\x1b" not in render(Configuration((SITE,)), colour=False)
    assert "\x1b[33m" in render(Configuration((SITE,)), colour=True)
