from dataclasses import replace
from pathlib import Path

import pytest
from kit import PythonFunction, PythonHandler, behavior, distribution

from edgeproxy.fidelity import BY_PROPERTY
from edgeproxy.model import (
    Configuration,
    CustomErrorResponse,
    Directory,
    FunctionUrl,
    GeoRestriction,
    LambdaFunction,
    NotHonoured,
    Origin,
    OriginGroup,
    Settings,
    SignAs,
    Tls,
    Url,
    ViewerSettings,
)
from edgeproxy.places import Website
from edgeproxy.start_table import addresses, not_honoured, render, warnings, where

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
        "  /api/*  → app   http://127.0.0.1:3000  origin-req: greet (lambda)",
        "  *       → site  public                 viewer-req: rewrite (function)",
        "  not honoured: GrpcConfig ×2, Logging (edgeproxy check says more)",
        "handlers have dummy AWS credentials (lambda_edge: {aws: {profile: …}})",
    ]


def test_what_a_line_cannot_hold_in_80_columns_stands_below():
    functions = {"viewer-request": PythonFunction("rewrite", None), "viewer-response": PythonFunction("a" * 64, None)}
    group = OriginGroup(("app", "site"), frozenset({503}))
    site = replace(SITE, default_cache_behavior=behavior(origin="app", origin_group=group, functions=functions))
    assert render(Configuration((site,)), colour=False).splitlines()[1:7] == [
        "  /api/*  → app   http://127.0.0.1:3000",
        "    origin-req: greet (lambda)",
        "  *       → app   http://127.0.0.1:3000",
        "          → site  on 503: public",
        "    viewer-req: rewrite (function)",
        f"    viewer-res: {'a' * 64} (function)",
    ]


def test_several_functions_of_a_behavior_stand_below_each_other():
    functions = {"viewer-request": PythonFunction("rewrite", None), "viewer-response": PythonFunction("cookie", None)}
    site = replace(SITE, default_cache_behavior=behavior(origin="site", functions=functions), cache_behaviors=())
    assert render(Configuration((site,)), colour=False).splitlines()[1:4] == [
        "  *  → site  public                 viewer-req: rewrite (function)",
        "                                    viewer-res: cookie (function)",
        "  –  → app   http://127.0.0.1:3000",
    ]


def test_each_of_several_distributions_has_an_address():
    several = Configuration((SITE, replace(SITE, name="Shop")))
    assert addresses(several, 8080) == [
        "Site on http://site.localhost:8080",
        "Shop on http://shop.localhost:8080",
        "default: NAME in edgeproxy.yaml lets one of them answer to localhost",
    ]
    chosen = replace(several, settings=Settings(default="Shop"))
    assert addresses(chosen, 8080) == [*addresses(several, 8080)[:2], "Shop answers to localhost"]
    assert addresses(Configuration((SITE,)), 8080) == []


def test_many_names_and_many_properties_are_wrapped():
    aliases = tuple(f"www{number}.example.com" for number in range(9))
    site = replace(SITE, aliases=aliases, not_honoured=tuple(NotHonoured(f"Property{n}", "nothing") for n in range(12)))
    lines = render(Configuration((site,)), colour=False).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1] == "  www2.example.com, www3.example.com, www4.example.com and 4 more"


PLACES = [
    pytest.param(Directory(Path("public"), list=True), "public (list)", id="a bucket that may be listed"),
    pytest.param(Directory(Path("public"), website=Website()), "public (website)", id="a website endpoint"),
    pytest.param(Directory(Path("public"), True, Website()), "public (website, list)", id="both"),
    pytest.param(Directory(Path("/x"), website=Website(redirect_to="http://a.test")), "redirects to http://a.test", id="a redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "shown"), PLACES)
def test_a_directory_says_how_it_is_asked(place, shown):
    assert where(Origin("site", "b.test", place=place)) == shown


DEPLOYED = [
    pytest.param("dev/Edge/Deploy", "  *  → site  assets of dev/Edge/Deploy  viewer-req: rewrite (function)", id="beside code"),
    pytest.param("d/Deploy and 1 more", "  *  → site  assets of d/Deploy and 1 more  viewer-req: rewrite (function)", id="several"),
    pytest.param("N" * 90, f"  *  → site  assets of …{'N' * 56}", id="a long name's end"),
    pytest.param(f"dev/{'Nested/' * 9}Site/Deploy", f"  *  → site  assets of …/{'Nested/' * 6}Site/Deploy", id="a long path's end"),
]  # fmt: skip


@pytest.mark.parametrize(("deployed_by", "line"), DEPLOYED)
def test_assets_are_told_by_what_deploys_them(deployed_by, line):
    place = Directory(Path("/tmp/edgeproxy-1/tmp2"), deployed_by=deployed_by)
    origins = {"site": Origin("site", "b.s3.amazonaws.com", s3=True, place=place)}
    shown = render(Configuration((replace(SITE, cache_behaviors=(), origins=origins),)), colour=False).splitlines()
    assert shown[1] == line
    assert max(map(len, shown)) <= 80


def test_a_dev_server_is_not_asked_as_it_is_deployed():
    origins = {**SITE.origins, "app": Origin("app", "api.test", place=Url("http", "localhost", 5173, dev=True))}
    shown = render(Configuration((replace(SITE, origins=origins),)), colour=False)
    assert "  /api/*  → app   http://localhost:5173  not as deployed (dev)\n" in shown


def test_a_dev_server_in_a_buckets_place_gets_what_the_browser_asks_for():
    bucket = Origin("site", "b.s3.amazonaws.com", s3=True, place=Url("http", "localhost", 5173, dev=True))
    said = render(Configuration((replace(SITE, origins={**SITE.origins, "site": bucket}),)), colour=False).splitlines()
    assert said[3:6] == [
        "  *       → site  http://localhost:5173  not as deployed (dev)",
        "    viewer-req: rewrite (function)",
        "  site gets URIs as the browser sends them: rewriting is for the bucket",
    ]


def test_the_second_origin_of_a_group_stands_below():
    group = OriginGroup(("app", "site"), frozenset({503, 403}))
    failing = replace(SITE, default_cache_behavior=behavior(origin="app", origin_group=group), cache_behaviors=())
    assert render(Configuration((failing,)), colour=False).splitlines()[1:3] == [
        "  *  → app   http://127.0.0.1:3000",
        "     → site  on 403, 503: public",
    ]


def test_names_that_only_code_may_choose_are_told_with_their_places():
    server = FunctionUrl("abc.lambda-url.us-east-1.on.aws", LambdaFunction("next", "python3.13", "index.handler"))
    places = {server.domain_name: server, "docs.test": Url("http", "127.0.0.1", 3000)}
    site = replace(SITE, cache_behaviors=(), function_urls=(server,), not_honoured=())
    said = render(Configuration((site,), Settings(places=places)), colour=False).splitlines()
    assert said[3:7] == [
        "domain names that only code may choose",
        "  abc.lambda-url.us-east-1.on.aws  → function next (URL)",
        "  docs.test                        → http://127.0.0.1:3000",
        "handlers have dummy AWS credentials (lambda_edge: {aws: {profile: …}})",
    ]


def test_of_a_folder_that_no_file_declares_it_is_said_how_long_its_files_are_stored():
    said = "files are served as stored for 24 h: --no-cache, or edgeproxy invalidate '/*'"
    assert said not in render(Configuration((SITE,)), colour=False)
    assert f"  {said}\n" in render(Configuration((replace(SITE, declared=False),)), colour=False)


def test_what_is_not_honoured_is_counted_at_start_and_told_by_check():
    configuration = Configuration((SITE,))
    assert "not honoured: GrpcConfig ×2, Logging" in render(configuration, colour=False)
    assert "not honoured" not in render(configuration, colour=False, in_full=True)
    lines = not_honoured(configuration).splitlines()
    assert lines[1] == "  t.yaml:7: GrpcConfig: not passed through"
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


def test_cautions_are_named_at_start_and_told_by_check():
    site = replace(SITE, custom_error_responses=(CustomErrorResponse(403, "/index.html", 200),))
    assert "  caution: CustomErrorResponses (edgeproxy check says more)" in render(Configuration((site,)), colour=False)
    assert warnings(Configuration((site,))).splitlines() == [
        "caution:",
        "  Site: CustomErrorResponses: a method that is not among AllowedMethods of * is answered with /index.html as 200, "
        "unseen by rewrite",
    ]
    assert "caution" not in render(Configuration((SITE,)), colour=False)
    assert warnings(Configuration((SITE,))) == ""


def test_an_origin_without_a_place_is_shown_as_such():
    site = distribution(origins={"app": Origin("app", "api.test")})
    assert "nowhere here: api.test" in render(Configuration((site,)), colour=False)


def test_the_scheme_that_plain_http_plays_is_said():
    assert "plays the HTTPS" in render(Configuration((SITE,)), colour=False)
    settings = Settings(viewer=ViewerSettings(scheme="http"))
    assert "plays the HTTPS" not in render(Configuration((SITE,), settings), colour=False)
    assert "plays the HTTPS" not in render(Configuration((SITE,)), colour=False, https=True)


def shown(geo, *given):
    settings = Settings(viewer=ViewerSettings(given=given))
    lines = render(Configuration((distribution(geo=geo),), settings), colour=False).splitlines()
    return [line for line in lines if "geo" in line]


def test_a_geo_restriction_is_said_with_the_country_of_viewers():
    whitelist = GeoRestriction("whitelist", ("DE", "AT"))
    assert shown(whitelist, ("country", "DE")) == ["  geo: whitelist DE, AT; viewer.country DE"]
    assert shown(whitelist) == ["  geo: whitelist DE, AT; EVERYONE is served: set viewer.country"]
    many = GeoRestriction("blacklist", ("DE", "AT", "CH", "FR", "IT", "ES", "PT", "BE", "NL", "LU"))
    assert shown(many, ("country", "US")) == ["  geo: blacklist DE, AT, CH, FR, IT, ES, PT, BE and 2 more; viewer.country US"]
    assert shown(None, ("country", "DE")) == []


def test_colours_vanish_in_a_pipe():
    assert "\x1b" not in render(Configuration((SITE,)), colour=False)
    assert "\x1b[33m" in render(Configuration((SITE,)), colour=True)


def test_what_one_should_know_of_an_origin_is_said():
    keys = Url("http", "127.0.0.1", 9000, "/b", SignAs(None, "minioadmin", "s3cret"))
    bucket = Origin("site", "b.s3.amazonaws.com", s3=True, signing="always", place=keys)
    site = distribution(
        origins={
            "app": Origin("app", "api.test", place=Url("https", "localhost", 5173, tls=Tls(False))),
            "site": replace(bucket, origin_shield="eu-west-1"),
            "other": replace(bucket, id="other", place=replace(keys, sign_as=SignAs("dev"))),
            "never": replace(bucket, id="never", signing="never"),
        }
    )
    said = render(Configuration((site,)), colour=False)
    assert said.splitlines()[5:9] == [
        "  the certificate of app is NOT verified (tls: {verify: false})",
        "  requests to site are signed as minioadmin",
        "  site: Origin Shield eu-west-1: there is one cache layer",
        "  requests to other are signed as the AWS profile dev",
    ]
    assert "s3cret" not in said
    assert "never are signed" not in said
