"""A template that holds few of its values: all that is missing is asked for in one run, and what is given is served."""

import json
import re

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from click.testing import CliRunner

from edgeproxy import project
from edgeproxy.cli import main
from edgeproxy.errors import ConfigError

TEMPLATE = """\
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod]}
  ApiHost: {Type: "AWS::SSM::Parameter::Value<String>", Default: /shop/api-host}
  Unused: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Database: {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: "{{resolve:ssm-secure:/shop/database}}"}}
  Site: {Type: AWS::S3::Bucket}
  Web:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Comment: !Sub "{{resolve:ssm:/shop/${Stage}/comment:3}} ${ApiHost}"
        Aliases: [!If [IsProd, !ImportValue "shop:Alias", dev.shop.test]]
        Origins:
          - Id: app
            DomainName: !ImportValue shop:AppHost
            CustomOriginConfig: {OriginProtocolPolicy: https-only}
            OriginCustomHeaders:
              - HeaderName: X-Verify
                HeaderValue: !Join ["", ["{{resolve:secretsmanager:", "shop/origin", ":SecretString:key::}}"]]
              - {HeaderName: X-Again, HeaderValue: "{{resolve:secretsmanager:shop/origin:SecretString:key}}/{{resolve:ssm:/shop/api-host}}"}
          - Id: site
            DomainName: !GetAtt Site.RegionalDomainName
            S3OriginConfig: {OriginAccessIdentity: ""}
        DefaultCacheBehavior:
          TargetOriginId: app
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
"""
ASKED = {
    "distribution": "template.yaml",
    "parameters": {"Stage": "dev"},
    "imports": {"shop:AppHost": "VALUE"},
    "resolve": {
        "ssm:/shop/api-host": "VALUE",
        "ssm:/shop/dev/comment": "VALUE",
        "secretsmanager:shop/origin:SecretString:key": "VALUE",
    },
    "origins": {"Site": "./public"},
}
VALUES = {
    "distribution": "template.yaml",
    "parameters": {"Stage": "dev"},
    "imports": {"shop:AppHost": "${env:APP_HOST}"},
    "resolve": {
        "ssm:/shop/api-host": "api.test",
        "ssm:/shop/dev/comment": "a shop",
        "{{resolve:secretsmanager:shop/origin:SecretString:key}}": "${env:ORIGIN_SECRET}",
    },
    "origins": {"app": "${env:APP_URL}", "site": "./public"},
}


@pytest.fixture
async def app():
    async def answer(request):
        return web.Response(text=f"{request.headers['X-Verify']} {request.headers['X-Again']} {request.host}")

    async with RawTestServer(answer) as server:
        server.url = str(server.make_url("")).rstrip("/")
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "public").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    monkeypatch.chdir(tmp_path)
    for name in ("APP_HOST", "APP_URL", "ORIGIN_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def block(output):
    """The YAML at the end of what is said."""
    return output.partition(":\n\n")[2].rpartition("\n\n")[0]


@pytest.mark.parametrize("command", ["check", "serve"])
def test_all_that_is_missing_is_asked_for_in_one_run_and_the_block_is_a_settings_file(folder, command):
    said = CliRunner().invoke(main, [command, "template.yaml"])
    assert said.exit_code == 1
    assert len(re.findall(r"^template.yaml:\d+:\d+: error:", said.stderr, re.MULTILINE)) == 6
    assert said.stderr.endswith("\n6 problems found\n")
    assert yaml.safe_load(block(said.stderr)) == ASKED
    assert "write edgeproxy.yaml, and serve that:" in said.stderr
    (folder / "edgeproxy.yaml").write_text(block(said.stderr))
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


def test_what_a_settings_file_lacks_is_to_be_added_to_it(folder):
    (folder / "edgeproxy.yaml").write_text(
        "distribution: template.yaml\nparameters: {Stage: prod}\norigins: {site: ./public}\n"
    )
    said = CliRunner().invoke(main, ["check"])
    assert "add to edgeproxy.yaml, below those of its sections that are there:" in said.stderr
    assert yaml.safe_load(block(said.stderr)) == {
        "imports": {"shop:Alias": "VALUE", "shop:AppHost": "VALUE"},
        "resolve": {
            "ssm:/shop/api-host": "VALUE",
            "ssm:/shop/prod/comment": "VALUE",
            "secretsmanager:shop/origin:SecretString:key": "VALUE",
        },
    }


def test_every_variable_that_is_missing_is_named_beside_what_else_is_missing(folder):
    values = {**VALUES, "resolve": {"secretsmanager:shop/origin:SecretString:key": "${env:ORIGIN_SECRET}"}}
    (folder / "edgeproxy.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError) as caught:
        project.Source(folder, {}, {}).load()
    assert sorted(problem.missing.name for problem in caught.value.problems) == [
        "APP_HOST", "APP_URL", "ORIGIN_SECRET", "ssm:/shop/api-host", "ssm:/shop/dev/comment",
    ]  # fmt: skip


async def test_what_is_given_reaches_the_origin_and_is_taken_over_when_it_changes(folder, running, app, monkeypatch):
    monkeypatch.setenv("APP_HOST", "app.shop.test")
    monkeypatch.setenv("APP_URL", app.url)
    monkeypatch.setenv("ORIGIN_SECRET", "hunter2")
    settings = folder / "edgeproxy.yaml"
    settings.write_text(yaml.safe_dump(VALUES))
    async with running(folder) as proxy:
        assert (await proxy.get("/")).body == b"hunter2 hunter2/api.test app.shop.test"
        settings.write_text(yaml.safe_dump(VALUES).replace("api.test", "${env:APP_HOST}"))
        await proxy.until("reloaded: edgeproxy.yaml")
        assert (await proxy.get("/")).body == b"hunter2 hunter2/app.shop.test app.shop.test"
        monkeypatch.delenv("ORIGIN_SECRET")
        settings.write_text(yaml.safe_dump(VALUES) + "#")
        await proxy.until("not taken over, the last good version goes on")
        assert "the environment variable ORIGIN_SECRET is not set" in proxy.terminal
        assert (await proxy.get("/")).body == b"hunter2 hunter2/app.shop.test app.shop.test"
        assert "hunter2" not in proxy.terminal


def test_a_line_with_a_mistake_does_not_show_the_secret_in_it(folder):
    text = yaml.safe_dump(VALUES).replace("Stage: dev", "Stage: dev\n  StageKey: hunter2")
    (folder / "edgeproxy.yaml").write_text(text)
    said = CliRunner(env={"APP_HOST": "a.test", "APP_URL": "http://me:hunter2@h", "ORIGIN_SECRET": "hunter2\n"}).invoke(
        main, ["check"]
    )
    assert (said.exit_code, "hunter2" in said.output) == (1, False), said.output
    for words in ("no template has a parameter StageKey", "is not an origin's URL", "has a control character"):
        assert words in said.stderr


def test_a_stack_may_read_what_another_puts_into_ssm(tmp_path):
    data = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/shop/api-host", "Value": "a.test"}}}}
    shop = {
        "Parameters": {"ApiHost": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/api-host"}},
        "Resources": {"Web": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {
            "Enabled": True,
            "Comment": "{{resolve:ssm:/shop/api-host}}",
            "Origins": [
                {"Id": "a", "DomainName": {"Ref": "ApiHost"}, "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}},
            ],
            "DefaultCacheBehavior": {
                "TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            },
        }}}},
    }  # fmt: skip
    stacks = {"data": data, "shop": shop}
    for name, template in stacks.items():
        (tmp_path / f"{name}.template.json").write_text(json.dumps(template))
    artifacts = {
        name: {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{name}.template.json"}} for name in stacks
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    (tmp_path / "cdk.out").touch()
    (distribution,) = project.Source(tmp_path, {}, {}).load().distributions
    assert distribution.origins["a"].domain_name == "a.test"
