import json
from pathlib import Path

import pytest
from kit_written import BARE, TEMPLATE, written

from edgeproxy import project


def test_check_finds_everything_at_once_and_runs_nothing(tmp_path):
    written(tmp_path)
    (tmp_path / "rewrite.js").write_text("function handler(event) {\n  return event.;\n}\n")
    (tmp_path / "hello" / "index.py").write_text("import nowhere\nopen('ran', 'w')\ndef handler(event, context): ...\n")
    configuration, problems = project.check(project.Source(tmp_path, {}, {}))
    assert configuration is not None
    assert {(problem.path.name, problem.line) for problem in problems} == {("rewrite.js", 2), ("index.py", 1)}
    assert not (tmp_path / "hello" / "ran").exists()
    assert "return event.;" in project.show(problems[0], colour=False)


def test_check_finds_broken_code_beside_a_broken_template(tmp_path):
    written(tmp_path)
    (tmp_path / "rewrite.js").write_text("function handler(event) {\n  return event.;\n}\n")
    template = json.loads(json.dumps(TEMPLATE))
    template["Resources"]["Web"]["Properties"]["DistributionConfig"]["PriceClas"] = "x"
    (tmp_path / "template.json").write_text(json.dumps(template))
    configuration, problems = project.check(project.Source(tmp_path, {}, {}))
    assert configuration is None
    assert [problem.path.name for problem in problems] == ["template.json", "rewrite.js"]


def test_code_of_too_many_bytes_is_not_compiled_however_few_its_characters(tmp_path):
    written(tmp_path)
    (tmp_path / "rewrite.js").write_text(f"function handler(event) {{ return event.; }} // {'é' * 5200}\n")
    _, problems = project.check(project.Source(tmp_path, {}, {}))
    assert [problem.message.partition(" ")[2] for problem in problems] == ["bytes of a function's code"]


def test_check_of_an_unreadable_configuration_has_no_configuration(tmp_path):
    (tmp_path / "template.json").write_text("{")
    configuration, problems = project.check(project.Source(tmp_path / "template.json", {}, {}))
    assert configuration is None
    assert problems[0].path == Path(tmp_path / "template.json")


def test_what_a_function_uses_and_edgeproxy_lacks_is_not_honoured(tmp_path):
    written(tmp_path)
    (tmp_path / "rewrite.js").write_text(
        "import cf from 'cloudfront';\nfunction handler(event) {\n  cf.cwt.validateToken();\n}\n"
    )
    configuration, problems = project.check(project.Source(tmp_path, {}, {}))
    assert problems == []
    noted = [(item.property, item.path.name, item.line) for item in configuration.distributions[0].not_honoured]
    assert noted == [("cf.cwt of rewrite", "rewrite.js", 3)]


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        pytest.param(None, "stage.example.com", id="the settings name it"),
        pytest.param("WWW.Example.com", "www.example.com", id="the command line goes before them"),
    ],
)
def test_the_host_that_is_seen_behind_a_local_name(tmp_path, given, seen):
    (tmp_path / "template.json").write_text(json.dumps(BARE))
    settings = "distribution: template.json\norigins: {app: http://127.0.0.1:1}\nviewer: {host: stage.example.com}\n"
    (tmp_path / "edgeproxy.yaml").write_text(settings)
    assert project.Source(tmp_path, {}, {}, viewer_host=given).load().settings.viewer.host == seen
