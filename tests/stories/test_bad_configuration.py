"""A configuration with a mistake in it: said inside the file, with a hint, exit code 1, never a traceback."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from edgeproxy.cli import main

TEMPLATE = """\
Resources:
  Site:
    Type: AWS::S3::Bucket
  Rewrite:
    Type: AWS::CloudFront::Function
    Properties:
      Name: rewrite
      FunctionConfig: {Comment: "", Runtime: cloudfront-js-2.0}
      FunctionCode: "function handler(event) { return event.request; }"
  Greeting:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::111122223333:role/edge
      Code: {ZipFile: "def handler(event, context): return {'status': '200'}"}
  GreetingVersion:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Greeting}
  Web:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: site
            DomainName: !GetAtt Site.RegionalDomainName
            S3OriginConfig: {OriginAccessIdentity: ""}
        DefaultCacheBehavior:
          TargetOriginId: site
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
          FunctionAssociations:
            - {EventType: viewer-request, FunctionARN: !GetAtt Rewrite.FunctionARN}
"""
SETTINGS = "distribution: template.yaml\norigins: {site: ./public}\n"


@pytest.fixture
def folder(tmp_path):
    """A project without a mistake."""
    (tmp_path / "public").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "edgeproxy.yaml").write_text(SETTINGS)
    return tmp_path


ASSOCIATION = "            - {EventType: viewer-request, FunctionARN: !GetAtt Rewrite.FunctionARN}\n"
BESIDE = "          LambdaFunctionAssociations:\n            - {EventType: viewer-response, LambdaFunctionARN: !Ref GreetingVersion}\n"
MANAGED = "658327ea-f89d-4fab-a63d-7e88639e58f6"

IN_THE_TEMPLATE = [
    pytest.param(
        ("TargetOriginId: site", "TargetOriginId: [site"),
        "template.yaml:31",
        ["not YAML: did not find expected ',' or ']'"],
        id="it does not parse",
    ),
    pytest.param(
        ("TargetOriginId: site", "TargetOriginId: sitte"),
        "template.yaml:30:27",
        ["there is no origin or origin group sitte", "did you mean site?"],
        id="an unknown origin id",
    ),
    pytest.param(
        (MANAGED, "658327ea-0000-4fab-a63d-7e88639e58f6"),
        "template.yaml:32:26",
        ["there is no policy 658327ea-0000-4fab-a63d-7e88639e58f6", f"did you mean {MANAGED}?"],
        id="an unknown policy id",
    ),
    pytest.param(
        ("Enabled: true", "Enabled: true\n        DefaultRootObjekt: index.html"),
        "template.yaml:25:9",
        ["DistributionConfig has no property DefaultRootObjekt", "did you mean DefaultRootObject?"],
        id="an unknown property",
    ),
    pytest.param(
        ("ViewerProtocolPolicy: allow-all", "ViewerProtocolPolicy: redirect-http"),
        "template.yaml:31:33",
        ['ViewerProtocolPolicy is "redirect-http"', "did you mean redirect-to-https?"],
        id="an unknown value",
    ),
    pytest.param(
        ("Rewrite.FunctionARN", "Rewritten.FunctionARN"),
        "template.yaml:34",
        ["there is no resource Rewritten", "did you mean Rewrite?"],
        id="a function that is nowhere declared",
    ),
    pytest.param(
        (ASSOCIATION, ASSOCIATION + ASSOCIATION),
        "template.yaml:35",
        ["TooManyFunctionAssociations: two functions at viewer-request"],
        id="two functions at one hook",
    ),
    pytest.param(
        (ASSOCIATION, ASSOCIATION + BESIDE),
        "template.yaml:36",
        ["Lambda@Edge at viewer-response beside a CloudFront Function at viewer-request", "never both"],
        id="LE-53 both tiers at viewer events",
    ),
    pytest.param(
        ("viewer-request, FunctionARN", "origin-request, FunctionARN"),
        "template.yaml:34",
        ["a CloudFront Function cannot run at origin-request", "use Lambda@Edge here"],
        id="a CloudFront Function at an origin event",
    ),
    pytest.param(
        ("Name: rewrite", "Name: !Ref Rewrite"),
        "template.yaml:7:13",
        ["circular reference: Rewrite -> Rewrite"],
        id="a circular Ref",
    ),
    pytest.param(
        ("Name: rewrite", "Name: !Sub 'a-${Site.Arn}${Rewrite.FunctionARN}'"),
        "template.yaml:7:13",
        ["circular reference: Rewrite -> Rewrite"],
        id="a circular Sub",
    ),
    pytest.param(
        ("return event.request;", "return event.;"),
        "template.yaml:9",
        ['SyntaxError: Unexpected token ";"'],
        id="a function that does not compile",
    ),
    pytest.param(
        ("FunctionCode: ", f'FunctionCode: "{"x" * 10241}" #'),
        "template.yaml:9",
        ["10241 bytes of a function's code", "CloudFront allows 10240"],
        id="a function that is too large",
    ),
]

ALIASES = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
WHOLE_TEMPLATES = [
    pytest.param(f"a: &a [{', '.join('x' * 9)}]\n{ALIASES}Resources: *i\n", "template.yaml:5", ["more than 200000 values"], id="an alias bomb"),
    pytest.param("Resources: " + "[" * 5000, "template.yaml:1", ["nested deeper than 100 levels"], id="a tower of brackets"),
    pytest.param("", "template.yaml:1", ["is a mapping"], id="an empty file"),
    pytest.param("Resources: {}\n", "template.yaml:1", ["the template makes no AWS::CloudFront::Distribution"], id="no distribution"),
    pytest.param(b"\x7fELF\x02\x01\x01\x00\xff\xfe", "template.yaml:1", ["the file is not UTF-8"], id="a binary file"),
    pytest.param(b"\x00" * 100, "template.yaml", ["not YAML"], id="zeros"),
]  # fmt: skip

IN_THE_SETTINGS = [
    pytest.param("distribution: template.yml\n", "edgeproxy.yaml:1", ["there is no file", "template.yml"], id="no such template"),
    pytest.param("distribution: template.yaml\n", "template.yaml:27",
                 ["has no place on this machine", "add to edgeproxy.yaml:", "--origin site=DIRECTORY"], id="a bucket without a place"),
    pytest.param(SETTINGS.replace("public", "pubic"), "edgeproxy.yaml:2", ["pubic"], id="a place that is not there"),
    pytest.param(SETTINGS.replace("site", "sight"), "edgeproxy.yaml:2", ["no origin is named sight", "did you mean site?"], id="a place for nobody"),
    pytest.param(SETTINGS + "functions: {Rewrite: nowhere.js}\n", "edgeproxy.yaml:3", ["there is no file or directory", "nowhere.js"],
                 id="a function's file that is missing"),
    pytest.param(SETTINGS + "functions: {Rewrit: edgeproxy.yaml}\n", "edgeproxy.yaml:3", ["no function is named Rewrit", "did you mean"],
                 id="code for nobody"),
    pytest.param(SETTINGS + "viewr: {scheme: http}\n", "edgeproxy.yaml:3", ["no property viewr", "did you mean viewer?"],
                 id="an unknown setting"),
    pytest.param(SETTINGS + "cache: {size: lots}\n", "edgeproxy.yaml:3", ["size is lots", "256MB"], id="a size that is none"),
]  # fmt: skip


def assert_shown(result, place, words):
    """Some problem on stderr stands at the place and says the words; beside problems and their count nothing is said."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    shown = [part for part in re.split(r"(?m)^(?=\S+: error: )", result.stderr) if f"/{place}:" in part.split(" ")[0]]
    assert any(all(word in part for word in words) for part in shown), result.stderr
    assert re.search(r"^\d+ problems? found$", result.stderr, re.MULTILINE)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("change", "place", "words"), IN_THE_TEMPLATE)
def test_a_mistake_in_the_template(folder, change, place, words):
    before, after = change
    assert TEMPLATE.count(before) == 1
    (folder / "template.yaml").write_text(TEMPLATE.replace(before, after))
    assert_shown(CliRunner().invoke(main, ["check", str(folder)]), place, words)


@pytest.mark.parametrize(("text", "place", "words"), WHOLE_TEMPLATES)
def test_what_is_no_template(folder, text, place, words):
    (folder / "template.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert_shown(CliRunner().invoke(main, ["check", str(folder)]), place, words)


@pytest.mark.parametrize(("text", "place", "words"), IN_THE_SETTINGS)
def test_a_mistake_in_the_settings(folder, text, place, words):
    (folder / "edgeproxy.yaml").write_text(text)
    assert_shown(CliRunner().invoke(main, ["check", str(folder)]), place, words)


IN_JSON = [
    pytest.param('{"Resources": {\n  "Web": [1, 2,,]\n}}', "template.json:2:16", ["not JSON"], id="it does not parse"),
    pytest.param('{"Resources": {\n  "Web": "open', "template.json:2:10", ["not JSON"], id="it ends too early"),
    pytest.param('{"DistributionConfig": {\n "Enabled": true,\n "Origin": {}}}', "template.json:3:2",
                 ["DistributionConfig has no property Origin", "did you mean Origins?"], id="an unknown property"),
    pytest.param("[" * 100_000, "template.json:1", ["nested"], id="a tower of brackets"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words"), IN_JSON)
def test_a_mistake_in_json(tmp_path, text, place, words):
    (tmp_path / "template.json").write_text(text)
    assert_shown(CliRunner().invoke(main, ["check", str(tmp_path / "template.json")]), place, words)


def test_the_project_itself_has_no_mistake(folder):
    result = CliRunner().invoke(main, ["check", str(folder)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "no problems found" in result.stdout


def test_every_mistake_is_said_at_once(folder):
    wrong = TEMPLATE
    for change in (
        ("TargetOriginId: site", "TargetOriginId: sitte"),
        (MANAGED, "no"),
        ("Rewrite.FunctionARN", "Rewritten.FunctionARN"),
    ):
        wrong = wrong.replace(*change)
    (folder / "template.yaml").write_text(wrong)
    result = CliRunner().invoke(main, ["check", str(folder)])
    assert [int(line) for line in re.findall(r"template\.yaml:(\d+):\d+: error", result.stderr)] == [30, 32, 34]
    assert "3 problems found" in result.stderr


def test_there_is_no_such_file(tmp_path):
    result = CliRunner().invoke(main, ["check", str(tmp_path / "nowhere.yaml")])
    assert result.exit_code == 1
    assert f"there is no file {tmp_path / 'nowhere.yaml'}" in result.stderr


@pytest.mark.parametrize("command", ["serve", "check"])
def test_the_same_from_a_shell(folder, command):
    (folder / "template.yaml").write_text(TEMPLATE.replace("TargetOriginId: site", "TargetOriginId: sitte"))
    result = subprocess.run(
        [sys.executable, "-m", "edgeproxy", command, str(folder)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "template.yaml:30:27: error: there is no origin or origin group sitte" in result.stderr
    assert "did you mean site?" in result.stderr
    assert "Traceback" not in result.stderr
