from pathlib import Path

from kit import PythonFunction, PythonHandler, behavior, distribution

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
        NotHonoured("GrpcConfig", "not passed through", Path("t.yaml"), 7),
        NotHonoured("GrpcConfig", "not passed through"),
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
    assert "not honoured: GrpcConfig ×2, Logging" in render(configuration, colour=False)
    lines = not_honoured(configuration).splitlines()
    assert lines[1] == "  t.yaml:7: GrpcConfig: not passed through"
    assert len(lines) == 4


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
