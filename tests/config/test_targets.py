import pytest

from edgeproxy.config import lines_to_add, settings_for
from edgeproxy.errors import Missing, Problem


@pytest.mark.parametrize(
    ("files", "target", "where"),
    [
        pytest.param({}, "t.yaml", "write {home}/edgeproxy.yaml, and serve that:\n\ndistribution: t.yaml\n", id="a template"),
        pytest.param(
            {"edgeproxy.yaml": "x: 1"}, "t.yaml", "add to {home}/edgeproxy.yaml, and serve that:", id="beside settings"
        ),
        pytest.param(
            {"edgeproxy.yaml": "distribution: t.yaml"}, "", "add to {home}/edgeproxy.yaml, below those", id="a folder"
        ),
        pytest.param(
            {"cdk.out/manifest.json": "{}", "cdk.out/cdk.out": ""}, "cdk.out", "{home}/edgeproxy.yaml", id="an assembly"
        ),
        pytest.param(
            {"cdk.out/manifest.json": "{}", "cdk.out/cdk.out": "", "cdk.out/assembly-dev/manifest.json": '{"artifacts": {}}'},
            "cdk.out/assembly-dev",
            "write {home}/edgeproxy.yaml, and serve that:\n\ndistribution: cdk.out/assembly-dev\n",
            id="one stage of an app",
        ),
        pytest.param(
            {"cdk.out/manifest.json": "{}", "cdk.out/cdk.out": "", "cdk.json": "{}"},
            "",
            "distribution: cdk.out",
            id="a CDK app",
        ),
        pytest.param(
            {"template.yaml": "Resources: {"}, "", "write {home}/edgeproxy.yaml", id="half a source, whose build is read"
        ),
        pytest.param({"template.yaml": ""}, "", "write {home}/edgeproxy.yaml", id="an empty source"),
        pytest.param({"template.yaml": "- a"}, "", "write {home}/edgeproxy.yaml", id="a source that is a list"),
    ],
)
def test_the_lines_to_add_say_where(tmp_path, files, target, where):
    for name, text in {"t.yaml": "Resources: {}", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [Problem("m", missing=Missing("parameters", name, "VALUE")) for name in "AB"]
    text = lines_to_add(found, tmp_path / target)
    assert where.format(home=tmp_path) in text
    assert text.endswith("parameters:\n  A: VALUE\n  B: VALUE\n")
    assert lines_to_add(found[:1], tmp_path / target) == ""


@pytest.mark.parametrize(
    ("settings", "target", "found"),
    [
        pytest.param("distribution: template.yaml", "template.yaml", True, id="the template that it names"),
        pytest.param("distribution: [x.yaml, template.yaml]", "template.yaml", True, id="one of several"),
        pytest.param("distribution: public", "public", True, id="a folder"),
        pytest.param("distribution: other.yaml", "template.yaml", False, id="another template"),
        pytest.param("a: [", "template.yaml", False, id="a file that is broken"),
        pytest.param("[a]", "template.yaml", False, id="a file that is no mapping"),
        pytest.param("distribution: template.yaml", "edgeproxy.yaml", False, id="itself"),
        pytest.param("distribution: template.yaml", ".", False, id="the folder, with which it is read"),
    ],
)
def test_settings_that_name_a_target_are_found_beside_it(tmp_path, settings, target, found):
    (tmp_path / "public").mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}")
    (tmp_path / "edgeproxy.yaml").write_text(settings)
    assert settings_for(tmp_path / target) == (tmp_path / "edgeproxy.yaml" if found else None)
