import json
from pathlib import Path

import kit_cdk
import pytest

from edgeproxy.config import cloud_assembly
from edgeproxy.config.cloud_assembly import manifest_of, read_assembly
from edgeproxy.errors import ConfigError


def problems(out: Path):
    with pytest.raises(ConfigError) as caught:
        read_assembly(out / "manifest.json", {})
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("files", "target", "expected"),
    [
        pytest.param(["cdk.out/manifest.json"], "cdk.out", "cdk.out/manifest.json", id="the folder cdk.out"),
        pytest.param(["cdk.out/manifest.json"], "", "cdk.out/manifest.json", id="the folder above it"),
        pytest.param(["cdk.out/manifest.json"], "cdk.out/manifest.json", "cdk.out/manifest.json", id="the manifest itself"),
        pytest.param(["dist/manifest.json", "dist/cdk.out"], "dist", "dist/manifest.json", id="a folder with cdk's mark"),
        pytest.param(["cdk.json"], "", "cdk.out/manifest.json", id="an app that was not synthesized yet"),
        pytest.param(["cdk.json"], "cdk.json", "cdk.out/manifest.json", id="the file that names the app"),
        pytest.param(["cdk.out/Shop.template.json"], "cdk.out", "cdk.out/manifest.json", id="a half-removed assembly"),
        pytest.param(["public/manifest.json"], "public", None, id="the manifest of a web app"),
        pytest.param(["public/index.html"], "public", None, id="a folder of files"),
        pytest.param(["public/index.html"], "nowhere", None, id="nothing"),
    ],
)
def test_which_manifest_a_path_means(tmp_path: Path, files, target, expected):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = manifest_of(tmp_path / target)
    assert found == (None if expected is None else tmp_path / expected)


def test_a_folder_of_any_name_whose_manifest_speaks_of_artifacts(tmp_path: Path):
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
    assert manifest_of(tmp_path) == tmp_path / "manifest.json"


def test_stacks_of_nested_assemblies_and_nested_stacks_with_their_environments(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    app.write("Inner.nested.template.json", {"Resources": {}})
    inner = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json"},
    }
    app.stack("Shop", {"Inner": inner})
    stage = app.nested("assembly-Prod")
    stage.stack("ProdSite1A2B", {}, stack_name="Prod-Site", environment="aws://unknown-account/unknown-region").save()
    sources: dict[Path, None] = {}
    found = read_assembly(app.save() / "manifest.json", sources)
    assert [(stack.name, stack.parent and stack.parent.name) for stack in found.stacks] == [
        ("Shop", None), ("Shop-Inner", "Shop"), ("Prod-Site", None),
    ]  # fmt: skip
    outer = {"AWS::StackName": "Shop", "AWS::AccountId": kit_cdk.ACCOUNT, "AWS::Region": "eu-west-1"}
    assert found.stacks[0].given == outer
    assert found.stacks[1].given == {**outer, "AWS::StackName": "Shop-Inner"}
    assert found.stacks[2].given == {"AWS::StackName": "Prod-Site"}
    assert {str(path.relative_to(tmp_path)) for path in sources} == {
        "cdk.out", "cdk.out/manifest.json", "cdk.out/Shop.assets.json", "cdk.out/Shop.template.json",
        "cdk.out/Inner.nested.template.json", "cdk.out/assembly-Prod/manifest.json",
        "cdk.out/assembly-Prod/ProdSite1A2B.assets.json", "cdk.out/assembly-Prod/ProdSite1A2B.template.json",
    }  # fmt: skip


STACK = {"type": "aws:cloudformation:stack"}
BAD_ARTIFACTS = [
    pytest.param(
        {**STACK, "properties": {"templateFile": "../x.json"}}, "is outside the cloud assembly", id="a template outside"
    ),
    pytest.param({**STACK, "properties": {"templateFile": "/etc/hosts"}}, "is outside", id="a template anywhere"),
    pytest.param(
        {**STACK, "properties": {"templateFile": "no.json"}}, "there is no file or directory", id="a missing template"
    ),
    pytest.param({**STACK, "properties": {"templateFile": ["a"]}}, "has no templateFile", id="a template that is a list"),
    pytest.param({**STACK}, "this artifact has no templateFile", id="a stack without properties"),
    pytest.param(
        {**STACK, "properties": {"templateFile": "list.json"}}, "not a template", id="a template that is a list in a file"
    ),
    pytest.param({**STACK, "properties": {"templateFile": "half.json"}}, "not JSON", id="a half-written template"),
    pytest.param(
        {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}, "holds itself", id="an assembly that holds itself"
    ),
    pytest.param({"type": "cdk:cloud-assembly", "properties": {"directoryName": ".."}}, "is outside", id="an assembly outside"),
    pytest.param(
        {"type": "cdk:asset-manifest", "properties": {"file": "../x.json"}}, "is outside", id="a list of assets outside"
    ),
    pytest.param({"type": "cdk:asset-manifest", "properties": {}}, "has no file", id="a list of assets without a file"),
]


@pytest.mark.parametrize(("artifact", "message"), BAD_ARTIFACTS)
def test_a_manifest_that_cannot_be_followed_is_one_line(tmp_path: Path, artifact, message):
    out = tmp_path / "cdk.out"
    app = kit_cdk.Assembly(out).stack("Fine", {})
    app.artifacts["Bad"] = artifact
    app.save()
    (tmp_path / "x.json").write_text("{}")
    (out / "list.json").write_text("[]")
    (out / "half.json").write_text('{"Resources": {"Site"')
    (found,) = problems(out)
    assert message in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "not JSON", id="an empty file"),
        pytest.param('{"version": "48.0.0", "artif', "not JSON", id="a half-written one"),
        pytest.param("[]", "it has no artifacts", id="a list"),
        pytest.param('{"version": "48.0.0"}', "it has no artifacts", id="one without artifacts"),
        pytest.param('{"artifacts": {}}', "the cloud assembly has no stack", id="one without a stack"),
        pytest.param('{"artifacts": {"Tree": {"type": "cdk:tree"}, "Odd": 7}}', "has no stack", id="other artifacts alone"),
        pytest.param(None, "is missing", id="none at all"),
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    (found,) = problems(tmp_path)
    assert message in found


def test_every_bad_artifact_is_told_in_one_go(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path).stack("A", {}).stack("B", {})
    app.save()
    (tmp_path / "A.template.json").unlink()
    (tmp_path / "B.template.json").write_text("{")
    assert len(problems(tmp_path)) == 2


def test_one_stage_of_an_app_alone_has_the_assets_of_the_app(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    app.write("asset.1a/index.html", "hello")
    stage = app.nested("assembly-Prod")
    site = {"Type": "AWS::S3::Bucket", "Metadata": {"aws:asset:path": "../asset.1a"}}
    stage.stack("ProdSite", {"Site": site}).save()
    app.stack("Shop", {}).save()
    found = read_assembly(tmp_path / "cdk.out" / "assembly-Prod" / "manifest.json", {})
    assert [stack.name for stack in found.stacks] == ["ProdSite"]
    asset = found.stacks[0].template.value["Resources"].value["Site"].value["Metadata"].value["aws:asset:path"]
    assert found.assets.inside(tmp_path / "cdk.out" / "assembly-Prod", asset) == tmp_path / "cdk.out" / "asset.1a"


def test_a_nested_stack_that_is_its_own_template_ends(tmp_path: Path):
    again = {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "Shop.template.json"}}
    kit_cdk.Assembly(tmp_path).stack("Shop", {"A": again, "B": again}).save()
    assert any("nested deeper than 8 levels" in message for message in problems(tmp_path))


def test_assemblies_nested_without_end_are_refused(tmp_path: Path):
    folder = tmp_path
    for _ in range(cloud_assembly.MAX_DEPTH + 2):
        folder.mkdir(exist_ok=True)
        inner = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "inner"}}
        (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Inner": inner}}))
        folder = folder / "inner"
    folder.mkdir()
    (found,) = problems(tmp_path)
    assert "too many others inside each other" in found


def test_an_assembly_larger_than_the_limit_is_refused(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path)
    for number in range(17):
        app.stack(f"S{number}", {"A": {"Type": "AWS::SQS::Queue", "Properties": {"X": "x" * (4_000_000)}}})
    app.save()
    assert any("larger than 64 MiB" in message for message in problems(tmp_path))
