import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from kit_aws import Refusal, shop
from kit_signed import PEM

from edgeproxy.cli import main
from edgeproxy.commands import pull as command
from edgeproxy.commands.pull import next_command, remarks
from edgeproxy.pulling.distribution import Pulled
from edgeproxy.pulling.template import Secret


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """The account that the command meets, whatever the profile; the current folder is empty."""
    found = shop(PEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "Account", lambda profile: found.account)
    return found


SECRET = "APP_X_ORIGIN_VERIFY=VALUE"


def run(*arguments):
    return CliRunner().invoke(main, ["pull", *arguments])


def test_a_pull_says_what_came_what_is_to_do_and_the_next_command(aws):
    result = run("E2QWRUHAPOMQZL", "--out", "shop", "--profile", "production")
    assert result.exit_code == 0, result.output
    assert (
        result.stdout == f"E2QWRUHAPOMQZL is in {Path.cwd()}/shop; next: {SECRET} edgeproxy serve shop --origin site=./public\n"
    )
    assert result.stderr.splitlines()[0] == "distribution E2QWRUHAPOMQZL (d111111abcdef8.cloudfront.net, www.shop.test)"
    assert result.stderr.splitlines()[-1] == (
        "custom header X-Origin-Verify of origin app: its value looks secret and is not written; "
        "edgeproxy.yaml takes it from $APP_X_ORIGIN_VERIFY"
    )
    assert "sign_as: production" in Path("shop/edgeproxy.yaml").read_text()


def test_the_next_command_serves_what_came(aws, tmp_path):
    (tmp_path / "public").mkdir()
    said = run("E2QWRUHAPOMQZL").stdout
    words = shlex.split(said.partition("next: ")[2])
    assert words[:3] == [SECRET, "edgeproxy", "serve"]
    name, _, value = words[0].partition("=")
    assert run_check(words[3:], {name: value}) == (0, "no problems found")


def test_a_variable_that_is_not_set_is_one_problem_that_names_it(aws, tmp_path):
    (tmp_path / "public").mkdir()
    run("E2QWRUHAPOMQZL")
    checked = CliRunner().invoke(main, ["check", "E2QWRUHAPOMQZL", "--origin", "site=./public"])
    assert (checked.exit_code, checked.stderr.splitlines()[-1]) == (1, "1 problem found")
    assert "the environment variable APP_X_ORIGIN_VERIFY is not set" in checked.stderr
    given = ["E2QWRUHAPOMQZL", "--origin", "site=./public", "--param", "AppXOriginVerify=x"]
    assert run_check(given, {}) == (0, "no problems found")


def run_check(words, environment):
    checked = CliRunner(env=environment).invoke(main, ["check", *words])
    return checked.exit_code, checked.stdout.splitlines()[-1]


def test_a_folder_is_written_over_only_when_forced(aws):
    assert run("E2QWRUHAPOMQZL").exit_code == 0
    again = run("E2QWRUHAPOMQZL")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.splitlines()[-1] == (
        f"Error: {Path.cwd()}/E2QWRUHAPOMQZL/template.json and 1 more is there already: "
        "name another folder with --out, or --force"
    )
    Path("E2QWRUHAPOMQZL/edgeproxy.yaml").write_text("distribution: template.json\n")
    forced = run("E2QWRUHAPOMQZL", "--force")
    assert forced.exit_code == 0
    assert forced.stderr.splitlines()[-1] == "the settings that were there are in edgeproxy.yaml.before"


def test_the_stage_of_functions_can_be_chosen(aws):
    assert run("E2QWRUHAPOMQZL", "--stage", "development").exit_code == 0
    assert Path("E2QWRUHAPOMQZL/functions/rewrite.js").read_text().endswith("// DEVELOPMENT")
    assert run("E2QWRUHAPOMQZL", "--stage", "TEST").exit_code == 2


def test_a_failure_is_one_line_and_exit_code_1(aws):
    def denied(**parameters):
        raise Refusal("AccessDenied", 403)

    aws.answers["GetDistribution"] = denied
    result = run("E2QWRUHAPOMQZL")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: access denied: GetDistribution needs the permission cloudfront:GetDistribution\n"


def test_without_botocore_it_says_what_to_install(monkeypatch):
    from edgeproxy.pulling import account

    monkeypatch.setattr(account, "find_spec", lambda name: None if name == "botocore" else find_spec(name))
    assert run("E2QWRUHAPOMQZL").stderr == (
        "Error: AWS is asked with botocore, which is not installed: pip install 'edgeproxy[aws]'\n"
    )


def test_remarks_and_the_next_command_quote_what_a_shell_would_take_apart(tmp_path):
    found = Pulled("E1", tmp_path / "a b", [Secret("P", "w", "P_W")], ["notice"], ["my site", "x"], ["kept"])
    assert next_command(found) == f"P_W=VALUE edgeproxy serve '{tmp_path}/a b' --origin 'my site=./public' --origin x=./public"
    assert len(remarks(found)) == 3


def test_help_has_examples():
    result = run("--help")
    assert result.exit_code == 0
    assert "edgeproxy pull E2QWRUHAPOMQZL" in result.output
