import pytest

from edgeproxy.config import load
from edgeproxy.config.other_projects import of_file, of_folder
from edgeproxy.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("main.tf", "Terraform"), ("main.tf.json", "Terraform"), ("tfplan", "Terraform"), ("sst.config.ts", "SST"),
        ("Pulumi.yaml", "Pulumi"), ("serverless.yml", "Serverless Framework"), ("template.yaml", None), ("plan.json", None),
    ],
)  # fmt: skip
def test_files_tell_their_tool(tmp_path, name, tool):
    (tmp_path / name).write_text("")
    for found in (of_file(tmp_path / name), of_folder(tmp_path)):
        assert (None if found is None else found.name) == tool


def problem(target):
    with pytest.raises(ConfigError) as caught:
        load(target)
    (found,) = caught.value.problems
    return found.message, found.hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("main.tf", 'resource "a" "b" {}', id="no mapping"),
        pytest.param("tfplan", b"PK\x03\x04\xff", id="no text"),
        pytest.param("plan.json", '{"@level":"info","type":"version"}\n{"@level":"info"}\n', id="the log of a plan"),
        pytest.param("plan.txt", "Terraform used the selected providers.\nSymbols: follow: these\n", id="a plan for people"),
    ],
)
def test_a_file_of_another_tool_is_told_from_one_that_is_broken(tmp_path, name, text):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    message, hint = problem(tmp_path / name)
    assert message == f"{name} is a file of Terraform, which is not read"
    assert "terraform show -json tfplan > plan.json" in hint


def test_a_mapping_that_is_none_of_ours_leads_to_a_pull(tmp_path):
    (tmp_path / "serverless.yml").write_text("service: shop\n")
    message, hint = problem(tmp_path / "serverless.yml")
    assert message.startswith("neither a template")
    assert "edgeproxy pull" in hint


def test_a_file_that_is_not_there_is_just_that(tmp_path):
    assert "there is no file" in problem(tmp_path / "main.tf")[0]


def test_a_project_is_not_served_as_a_site(tmp_path):
    (tmp_path / "main.tf").write_text("")
    assert problem(tmp_path)[0] == f"{tmp_path.name} is a project of Terraform, which is not read"
    (tmp_path / "index.html").write_text("home")
    assert load(tmp_path).distributions[0].name == "local"
