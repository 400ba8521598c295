import json
from pathlib import Path

import pytest

from edgeproxy.config import load
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.model import Directory, FunctionUrl, Url

TEMPLATE = """
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [!Sub "www.${Stage}.example.com"]
        Origins:
          - {Id: site, DomainName: b.s3.us-east-1.amazonaws.com, S3OriginConfig: {OriginAccessIdentity: ""}}
          - {Id: app, DomainName: app.example.com, CustomOriginConfig: {OriginProtocolPolicy: https-only}}
        DefaultCacheBehavior:
          TargetOriginId: site
          ViewerProtocolPolicy: allow-all
          Compress: true
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"""
SETTINGS = "distribution: template.yaml\norigins:\n  site: ./public\n  app: http://127.0.0.1:3000\nviewer: {country: DE}\n"
CONFIG = {
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [{"Id": "app", "DomainName": "localhost", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "app",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}


@pytest.fixture
def home(tmp_path: Path):
    (tmp_path / "public").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "edgeproxy.yaml").write_text(SETTINGS)
    return tmp_path


def problems(*arguments, **more):
    with pytest.raises(ConfigError) as caught:
        load(*arguments, **more)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize("target", [pytest.param(".", id="the directory"), pytest.param("edgeproxy.yaml", id="the file")])
def test_a_settings_file_and_the_template_that_it_names(home, target):
    found = load(home / target)
    (distribution,) = found.distributions
    assert distribution.origins["site"].place == Directory(home / "public")
    assert distribution.origins["app"].place == Url("http", "127.0.0.1", 3000)
    assert distribution.aliases == ("www.dev.example.com",)
    assert distribution.not_honoured == ()
    assert dict(found.settings.viewer.given) == {"country": "DE"}
    assert found.sources == (home / "edgeproxy.yaml", home / "template.yaml")


def test_a_template_with_places_and_parameters_from_the_command_line(home):
    found = load(home / "template.yaml", origins={"site": str(home / "public")}, parameters={"Stage": "prod"})
    assert found.distributions[0].aliases == ("www.prod.example.com",)
    assert found.distributions[0].origins["app"].place is None


def test_the_command_line_wins_over_the_settings(home):
    found = load(home, origins={"app.example.com": "http://localhost:4000"})
    assert found.distributions[0].origins["app"].place == Url("http", "localhost", 4000)


def test_an_allowed_origin_lives_where_it_is_deployed(home):
    found = load(home / "template.yaml", origins={"site": str(home / "public")}, allow_origins=["app.example.com"])
    assert found.distributions[0].origins["app"].place == Url("https", "app.example.com", 443)
    assert found.settings.allow_origins == ("app.example.com",)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param("shop.json", "shop", id="a name"),
        pytest.param("shop.prod.json", "shop", id="a name in parts"),
        pytest.param(".d.json", "d", id="a hidden file"),
        pytest.param("...json", "json", id="dots"),
    ],
)
def test_a_printed_distribution_config_is_named_by_its_file(home, file, name):
    (home / file).write_text(json.dumps({"ETag": "E", "DistributionConfig": CONFIG}))
    found = load(home / file)
    assert (found.distributions[0].name, found.distributions[0].origins["app"].place) == (name, Url("http", "localhost", 80))


def test_a_directory_without_a_file_of_ours_is_a_static_site(home):
    (distribution,) = load(home / "public").distributions
    assert distribution.origins["site"].place == Directory(home / "public")


def test_a_directory_with_a_template_only(home):
    (home / "edgeproxy.yaml").unlink()
    assert load(home, origins={"site": str(home / "public")}).distributions[0].name == "Site"


def test_no_file_at_all():
    (distribution,) = load(None, origins={"": "http://localhost:3000"}).distributions
    assert distribution.origins["server"].place == Url("http", "localhost", 3000)


def test_no_file_and_a_directory(home):
    assert load(None, origins={"": str(home)}).distributions[0].origins["site"].s3


def test_two_stacks_with_one_logical_id_are_told_apart_by_their_files(home):
    (home / "shop.yaml").write_text(TEMPLATE.replace("www.", "shop."))
    (home / "edgeproxy.yaml").write_text(SETTINGS.replace("template.yaml", "[template.yaml, shop.yaml]") + "default: shop-Site")
    found = load(home)
    assert [each.name for each in found.distributions] == ["template-Site", "shop-Site"]
    assert len({each.domain_name for each in found.distributions}) == 2
    assert found.settings.default == "shop-Site"


def test_every_problem_of_every_file_is_found_in_one_go(home):
    text = SETTINGS.replace("  app:", "  ap:") + "default: Sit\nparameters: {Stge: x}\n"
    (home / "edgeproxy.yaml").write_text(text)
    (home / "template.yaml").write_text(
        TEMPLATE.replace("TargetOriginId: site", "TargetOriginId: sit").replace("Enabled", "Enbled")
    )
    assert problems(home) == [
        "DistributionConfig has no property Enbled",
        "DistributionConfig needs Enabled",
        "there is no origin or origin group sit",
        "no origin is named ap",
        "no distribution is named Sit",
        "no template has a parameter Stge",
    ]


SLIPS = """\
functions:
  F: gone.js
key_value_stores: {S: edgeproxy.yaml}
key_groups: {G: {K: edgeproxy.yaml}}
"""


def test_names_that_nothing_has_are_pointed_at(home):
    (home / "edgeproxy.yaml").write_text(SETTINGS + SLIPS)
    with pytest.raises(ConfigError) as caught:
        load(home)
    assert [(each.message, each.line - SETTINGS.count("\n"), each.column) for each in caught.value.problems] == [
        ("no function is named F", 2, 3),
        ("no key value store is named S", 3, 20),
        ("no trusted key group or signer is named G", 4, 14),
    ]


@pytest.mark.parametrize(
    ("association", "message"),
    [
        pytest.param("{EventType: viewer-reqest, FunctionARN: 'F'}", 'EventType is "viewer-reqest"', id="a slip in the event"),
        pytest.param(
            "{EventType: viewer-request, FunctionARN: !ImportValue F}",
            "Fn::ImportValue: no value is given for F",
            id="an ARN that is not known",
        ),
    ],
)
def test_what_was_never_asked_for_because_of_another_problem_is_no_slip(home, association, message):
    (home / "edgeproxy.yaml").write_text(SETTINGS + SLIPS)
    text = TEMPLATE.replace("Compress: true", f"FunctionAssociations: [{association}]")
    (home / "template.yaml").write_text(text)
    assert problems(home) == [message]


def test_two_distributions_cannot_share_an_alias(home):
    (home / "shop.yaml").write_text(TEMPLATE.replace("Site:", "Shop:"))
    (home / "edgeproxy.yaml").write_text(SETTINGS.replace("template.yaml", "[template.yaml, shop.yaml]"))
    assert problems(home) == ["CNAMEAlreadyExists: www.dev.example.com is an alias of Site already"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("a.yaml", "Resurces: {}", "neither a template (Resources), a DistributionConfig nor", id="another file"),
        pytest.param("a.yaml", "- a", "is a mapping", id="a list"),
        pytest.param("a.yaml", "", "is a mapping", id="an empty file"),
        pytest.param("a.json", "{", "not JSON", id="not JSON"),
        pytest.param(
            "a.yaml", "distribution: gone.yaml\norigins: {x: http://a.test}", "there is no file", id="a file that is gone"
        ),
        pytest.param("a.yaml", "distribution: a.yaml", "neither a template", id="a settings file that names itself"),
    ],
)
def test_files_that_cannot_be_read_are_one_problem(tmp_path: Path, name, text, message):
    (tmp_path / name).write_text(text)
    (problem,) = problems(tmp_path / name)
    assert message in problem


def test_a_template_with_a_slip_is_no_settings_file_with_one(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("Parameters: {}\nResource: {}")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "a.yaml")
    assert [problem.hint for problem in caught.value.problems] == ["did you mean Resources?"]


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        pytest.param({}, "there is nothing to serve", id="nothing"),
        pytest.param({"app": "http://a.test"}, "there is nothing to serve", id="only a named origin"),
        pytest.param({"": "http://a.test", "api": "http://b.test"}, "no origin is named api", id="a name that nothing has"),
        pytest.param({"": "ftp://a.test"}, "ftp://a.test is not an origin's URL", id="a URL that is none"),
    ],
)
def test_problems_without_a_file(origins, message):
    assert message in problems(None, origins=origins)[0]


def test_references_nested_without_end_are_a_problem_and_no_traceback(home):
    nested = "!Join ['', [" * 40 + "x" + "]]" * 40
    buckets = "".join(
        f"  B{n}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {nested.replace('x', f'!Ref B{n + 1}')}}}}}\n"
        for n in range(60)
    )
    (home / "template.yaml").write_text(TEMPLATE.replace("Resources:\n", f"Resources:\n{buckets}").replace("b.s3", "${B0}.s3"))
    (home / "template.yaml").write_text(
        (home / "template.yaml").read_text().replace("DomainName: ${B0}", "DomainName: !Sub ${B0}")
    )
    assert any("nested" in message for message in problems(home))


def test_what_the_settings_lay_over_the_code_of_a_handler(tmp_path):
    """By its logical id; a CloudFront Function has no files."""
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth" / "index.py").touch()
    template = """
Resources:
  Auth:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Handler: index.handler, Role: r, Code: ./auth}
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Auth}}
  D:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: app, DomainName: localhost, CustomOriginConfig: {OriginProtocolPolicy: http-only}}]
        DefaultCacheBehavior:
          TargetOriginId: app
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          LambdaFunctionAssociations: [{EventType: viewer-request, LambdaFunctionARN: !Ref V}]
"""
    (tmp_path / "template.yaml").write_text(template)
    settings = "distribution: template.yaml\nfunctions: {Auth: {overlay: {config.json: {pool: us-east-1_x}}}}\n"
    (tmp_path / "edgeproxy.yaml").write_text(settings)
    (distribution,) = load(tmp_path).distributions
    function = distribution.default_cache_behavior.lambdas[Hook.VIEWER_REQUEST].function
    assert function.overlay == (("config.json", '{\n  "pool": "us-east-1_x"\n}\n'),)
    assert function.task_root == tmp_path / "auth"
    (tmp_path / "edgeproxy.yaml").write_text(settings.replace("Auth", "Aut"))
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint, problem.line) == ("no function is named Aut", "did you mean Auth?", 2)


def test_code_of_the_settings_may_stand_behind_an_origin(home):
    (home / "api").mkdir()
    (home / "api" / "index.py").write_text("def handler(event, context): return 'x'")
    (home / "config.json").write_text(json.dumps(CONFIG))
    (home / "edgeproxy.yaml").write_text(
        "distribution: config.json\nfunctions: {Api: api/index.py}\norigins: {app: {function: Api}}\n"
    )
    place = load(home).distributions[0].origins["app"].place
    assert isinstance(place, FunctionUrl)
    assert (place.domain_name, place.function.name, place.function.version) == ("localhost", "Api", "$LATEST")
    assert not place.function.replicated
    (home / "edgeproxy.yaml").write_text("distribution: config.json\norigins: {app: {function: Api}}\n")
    assert problems(home) == ["there is no Lambda function Api"]


def test_an_origin_whose_place_has_a_problem_is_not_asked_for_once_more(home):
    (home / "edgeproxy.yaml").write_text("distribution: template.yaml\norigins: {site: ./nowhere}\n")
    (message,) = problems(home)
    assert message.startswith("there is no file or directory")


@pytest.mark.parametrize("allowed", ["ü", '"ü"', "true"])
def test_what_is_missing_behind_a_value_of_any_letters_is_asked_for_too(home, allowed):
    text = TEMPLATE.replace("Default: dev", f"AllowedValues: ['{allowed}']")
    text = text.replace('!Sub "www.${Stage}.example.com"', '!ImportValue {"Fn::Sub": "domain-${Stage}"}')
    (home / "template.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(home)
    found = [problem.missing[:3] for problem in caught.value.problems]
    assert found == [("parameters", "Stage", allowed), ("imports", f"domain-{allowed}", "VALUE")]


MANY = range(250)
BROKEN_STACK = {"type": "aws:cloudformation:stack", "properties": {}}
BROKEN_PLAN = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"values": {"n": n}} for n in MANY]}}}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        pytest.param("plan.json", BROKEN_PLAN, id="a plan, whose names are looked for first"),
        pytest.param("cdk.out/manifest.json", {"artifacts": {f"S{n}": BROKEN_STACK for n in MANY}}, id="an assembly"),
        pytest.param("t.json", {"Resources": {f"R{n}": {} for n in MANY}}, id="a template"),
    ],
)
def test_more_problems_than_are_told_end_a_load_wherever_they_are_counted(tmp_path, name, document):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(json.dumps(document, indent=1))
    assert problems(tmp_path / name)[-1] == "there are more than 200 problems: the others are not told"


def test_settings_without_a_distribution_have_one_problem_and_the_line_to_add(home):
    (home / "edgeproxy.yaml").write_text("origins: {site: ./public}\nparameters: {Stage: dev}\nfunctions: {F: ./f.js}\n")
    with pytest.raises(ConfigError) as caught:
        load(home)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (
        "settings needs distribution",
        "the line that is missing:  distribution: template.yaml",
    )
