from dataclasses import replace
from pathlib import Path

import pytest

from edgeproxy.config import places
from edgeproxy.config.nodes import Node
from edgeproxy.config.places import Candidate, Given, Places
from edgeproxy.config.problems import Problems
from edgeproxy.errors import ConfigError
from edgeproxy.model import CacheBehavior, Directory, Distribution, ForwardedValues, Origin, SignAs, Url
from edgeproxy.places import Website

HERE = Node(None, Path("t.yaml"), 5, 3)
APP = Origin("app", "app.example.com", protocol_policy="https-only")
BUCKET = Origin("site", "b.s3.us-east-1.amazonaws.com", s3=True)
LOCAL = Url("http", "127.0.0.1", 3000)


def no_functions(named, domain):
    raise AssertionError(f"nobody names a function, but {named} for {domain}")


def settle(*origins: Origin, given=None, settings=None, allowed=(), scheme="https"):
    problems = Problems()
    distribution = Distribution("D", "E", "d.cloudfront.net", {}, CacheBehavior("*", "app", ForwardedValues()))
    candidates = [Candidate(each, (each.id, each.domain_name, "Logical"), HERE) for each in origins]
    sources = [{name: Given(place, HERE) for name, place in (source or {}).items()} for source in (given, settings)]
    found = Places(sources, scheme, allowed, Path("my.yaml"), lambda names: None, no_functions)
    settled = found.settle(distribution, candidates, problems)
    found.undeclared([], problems)
    problems.raise_any()
    return settled


@pytest.mark.parametrize("name", ["app", "app.example.com", "Logical"])
def test_an_origin_has_its_place_by_any_of_its_names(name):
    assert settle(APP, given={name: LOCAL}).origins["app"].place == LOCAL


def test_the_command_line_wins_over_the_settings_whatever_the_name():
    other = Url("http", "127.0.0.1", 4000)
    found = settle(APP, given={"app.example.com": LOCAL}, settings={"app": other})
    assert found.origins["app"].place == LOCAL


@pytest.mark.parametrize(
    ("origin", "allowed", "place"),
    [
        pytest.param(APP, (), None, id="a deployed name has no place"),
        pytest.param(APP, ("app.example.com",), Url("https", "app.example.com", 443), id="an allowed name is its own"),
        pytest.param(
            Origin("a", "localhost", protocol_policy="http-only", http_port=8000),
            (),
            Url("http", "localhost", 8000),
            id="loopback is its own",
        ),
        pytest.param(
            Origin("a", "x.localhost", protocol_policy="match-viewer"),
            (),
            Url("https", "x.localhost", 443),
            id="match-viewer follows the viewer's scheme",
        ),
        pytest.param(
            BUCKET, (BUCKET.domain_name,), Url("https", BUCKET.domain_name, 443), id="an allowed bucket is asked over HTTPS"
        ),
    ],
)
def test_where_an_origin_lives_when_nothing_is_given(origin, allowed, place):
    assert settle(origin, allowed=allowed).origins[origin.id].place == place


def test_a_bucket_without_a_place_is_a_problem_that_prints_the_line_to_add():
    with pytest.raises(ConfigError) as caught:
        settle(BUCKET)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (5, 3)
    assert problem.hint == (
        "add to my.yaml:  origins: {b.s3.us-east-1.amazonaws.com: ./public}\nor give --origin site=DIRECTORY"
    )


def test_a_name_that_no_origin_has_is_a_problem():
    with pytest.raises(ConfigError) as caught:
        settle(APP, given={"ap": LOCAL})
    assert caught.value.problems[0][::4] == ("no origin is named ap", "did you mean app?")


CONTROLLED = replace(BUCKET, origin_access_control=True, signing="always")
SIGNING = replace(LOCAL, path="/b", sign_as=SignAs("dev"))
UNSIGNED = "requests to the origin are not signed"


@pytest.mark.parametrize(
    ("origin", "place", "missed"),
    [
        pytest.param(CONTROLLED, Directory(Path("public")), None, id="a directory wants no signature"),
        pytest.param(CONTROLLED, SIGNING, None, id="the settings say as whom"),
        pytest.param(
            CONTROLLED,
            Url("http", "::1", 9000, "/b"),
            "OriginAccessControlId: requests to the origin are not signed; to sign them add to my.yaml:  "
            "origins: {b.s3.us-east-1.amazonaws.com: {url: 'http://[::1]:9000/b', sign_as: PROFILE}}",
            id="they do not: the line to add",
        ),
        pytest.param(CONTROLLED, Url("http", "h", 5173, dev=True), None, id="a dev server in its place is no bucket"),
        pytest.param(replace(CONTROLLED, signing="never"), LOCAL, None, id="CloudFront would not sign either"),
        pytest.param(
            replace(BUCKET, origin_access_identity=True, signing="always"),
            Url("http", "h", 1),
            "S3OriginConfig.OriginAccessIdentity: requests to the origin are not signed; to sign them add to my.yaml:  "
            "origins: {b.s3.us-east-1.amazonaws.com: {url: 'http://h:1', sign_as: PROFILE}}",
            id="an identity",
        ),
        pytest.param(
            replace(APP, origin_access_control=True, signing="always"),
            LOCAL,
            f"OriginAccessControlId: {UNSIGNED}",
            id="what is not a bucket",
        ),
    ],
)
def test_a_signature_that_is_missing_is_noted_where_it_is_asked_for(origin, place, missed):
    notes = settle(origin, given={origin.id: place}).not_honoured
    assert [(f"{note.property}: {note.instead}", note.line) for note in notes] == ([(f"Origin.{missed}", 5)] if missed else [])


def test_as_whom_to_sign_is_a_problem_where_nothing_is_signed():
    with pytest.raises(ConfigError, match="sign_as: CloudFront does not sign requests to origin site"):
        settle(BUCKET, given={"site": SIGNING})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("http://localhost:3000", Url("http", "localhost", 3000), id="a URL"),
        pytest.param("https://a.test/base/", Url("https", "a.test", 443, "/base"), id="a URL with a path"),
        pytest.param(
            "HTTP://A.test:8080/%20", Url("http", "a.test", 8080, "/%20"), id="upper case, and a space as it is written"
        ),
        pytest.param("http://[::1]:80", Url("http", "::1", 80), id="an IPv6 address"),
    ],
)
def test_urls(text, place):
    assert places.place(text, Path(), HERE) == place


@pytest.mark.parametrize(
    "text",
    [
        "ftp://a.test",
        "http://",
        "http://a.test:99999",
        "http://user:pw@a.test",
        "http://a.test?x",
        "http://a.test#x",
        "http://[::1",
    ],
)
def test_what_is_not_an_origins_url(text):
    with pytest.raises(ConfigError, match="is not an origin's URL"):
        places.place(text, Path(), HERE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("ftp://a.test", "the form is http(s)://host[:port][/path]", id="another scheme"),
        pytest.param("http://localhost:3000/a b", "a path has no spaces", id="a space in the path"),
        pytest.param("http://localhost:3000/a\r\nb: c", "a path has no spaces and line breaks", id="a line break in the path"),
        pytest.param("http://localhost:3000/é", "only ASCII", id="a letter that has to be encoded"),
        pytest.param("http://local host:3000", "'local host:3000' is no host", id="a space in the host"),
        pytest.param("http://localhost\n:3000", "is no host", id="a line break in the host"),
        pytest.param("http://localhost:", "'localhost:' is no host", id="a colon without port"),
        pytest.param("http://localhost:0", "port 0", id="port 0, which is no port left out"),
        pytest.param("http://localhost:99999", "Port out of range", id="a port that is none"),
    ],
)
def test_a_url_that_is_none_says_why_in_one_line(text, why):
    with pytest.raises(ConfigError) as caught:
        places.place(text, Path(), HERE)
    (problem,) = caught.value.problems
    assert why in problem.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("localhost:3000", "localhost:3000", id="a host and a port"),
        pytest.param("127.0.0.1:80/api", "127.0.0.1:80/api", id="a path behind them"),
        pytest.param("3000", "localhost:3000", id="a port"),
    ],
)
def test_a_host_or_port_is_a_url_without_its_beginning(text, meant, tmp_path: Path):
    with pytest.raises(ConfigError, match="is not an origin's URL") as caught:
        places.place(text, tmp_path, HERE)
    assert caught.value.problems[0].hint == f"did you mean http://{meant}?"
    (tmp_path / text).mkdir(parents=True)
    assert places.place(text, tmp_path, HERE) == Directory(tmp_path / text)


def test_a_directory_is_relative_to_its_file_and_must_be_there(tmp_path: Path):
    (tmp_path / "public").mkdir()
    assert places.place("./public", tmp_path, HERE, list_missing=True) == Directory(tmp_path / "public", True)
    with pytest.raises(ConfigError, match="there is no file or directory"):
        places.place("./private", tmp_path, HERE)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is not a directory"):
        places.place("file", tmp_path, HERE)


def test_places_on_the_command_line_are_all_read():
    problems = Problems()
    given = places.from_command_line({"a": "http://a.test", "b": "ftp://b.test", "": "http://c.test"}, problems)
    assert set(given) == {"a", ""}
    assert problems


def test_a_place_without_a_name_goes_to_the_only_origin():
    problems = Problems()
    given = {"": Given(LOCAL, HERE)}
    places.name_the_unnamed(given, [Candidate(APP, ("app",), HERE)], problems)
    assert (given, bool(problems)) == ({"app": Given(LOCAL, HERE)}, False)


def test_a_place_without_a_name_is_a_problem_when_there_are_two_origins():
    problems = Problems()
    candidates = [Candidate(each, (each.id,), HERE) for each in (APP, BUCKET)]
    places.name_the_unnamed({"": Given(LOCAL, HERE)}, candidates, problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert caught.value.problems[0].hint == "say which: --origin app=URL; origins: app, site"


LAMBDA = """
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Handler: index.handler, Role: r, Code: {ZipFile: "def handler(e, c): return e"}}
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn}}
  D:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: app, DomainName: app.example.com, CustomOriginConfig: {OriginProtocolPolicy: https-only}}]
        DefaultCacheBehavior:
          TargetOriginId: app
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          %s
"""
ASSOCIATED = "LambdaFunctionAssociations: [{EventType: origin-request, LambdaFunctionARN: !Ref V}]"


@pytest.mark.parametrize(
    ("name", "association", "beside", "accepted"),
    [
        pytest.param("other.service.test", ASSOCIATED, {}, True, id="a name that a handler may choose"),
        pytest.param("other.service.test", "Compress: false", {}, False, id="nobody could choose it"),
        pytest.param("app.exampel.com", ASSOCIATED, {}, False, id="a misspelt declared name"),
        pytest.param(
            "app2.example.com", ASSOCIATED, {"app": "http://127.0.0.1:1"}, True, id="much like one that has its place"
        ),
        pytest.param("app2.example.com", "Compress: false", {"app": "http://127.0.0.1:1"}, False, id="for nobody to choose"),
        pytest.param("ap", ASSOCIATED, {}, False, id="no domain name"),
    ],
)
def test_a_place_for_a_name_that_no_origin_has(tmp_path, name, association, beside, accepted):
    from edgeproxy.config import load

    (tmp_path / "template.yaml").write_text(LAMBDA % association)
    (tmp_path / "edgeproxy.yaml").write_text(f"distribution: template.yaml\norigins:\n  {name}: http://127.0.0.1:9\n")
    if accepted:
        assert load(tmp_path, origins=beside).settings.places == {name: Url("http", "127.0.0.1", 9)}
    else:
        with pytest.raises(ConfigError, match=f"no origin is named {name}"):
            load(tmp_path, origins=beside)


CONTENT = Directory(Path("/content"))


def deployed(*origins: Origin, given=None, content=CONTENT, website=None):
    """What is settled when a cloud assembly puts `content` into the bucket `b` (an error: raises it)."""

    def place(names):
        if isinstance(content, ConfigError):
            raise content
        return content if "b.s3.us-east-1.amazonaws.com" in names else None

    problems = Problems()
    distribution = Distribution("D", "E", "d.cloudfront.net", {}, CacheBehavior("*", "app", ForwardedValues()))
    candidates = [Candidate(each, (each.id, each.domain_name), HERE, None, website) for each in origins]
    found = Places([{name: Given(each, HERE) for name, each in (given or {}).items()}], "https", (), None, place, no_functions)
    settled = found.settle(distribution, candidates, problems)
    problems.raise_any()
    return settled.origins


def test_what_is_deployed_into_a_bucket_is_its_place_when_none_is_given():
    assert deployed(BUCKET)["site"].place == CONTENT
    assert deployed(BUCKET, given={"site": LOCAL})["site"].place == LOCAL
    assert deployed(replace(BUCKET, s3=False))["site"].place is None


def test_a_website_endpoint_is_hosted_wherever_its_files_are():
    endpoint, hosted = replace(BUCKET, s3=False), Website("home.html")
    assert deployed(endpoint, website=hosted)["site"].place == replace(CONTENT, website=hosted)
    assert deployed(endpoint, website=hosted, given={"site": Directory(Path("a"))})["site"].place == Directory(
        Path("a"), website=hosted
    )
    assert deployed(endpoint, website=hosted, given={"site": LOCAL})["site"].place == LOCAL


def test_a_deployment_that_cannot_be_read_is_the_only_problem_of_its_bucket():
    with pytest.raises(ConfigError) as caught:
        deployed(BUCKET, content=ConfigError(HERE.problem("the source is missing")))
    assert [problem.message for problem in caught.value.problems] == ["the source is missing"]
