"""Cloud assemblies and packages that somebody else wrote, or that are half written: `check` and a reload end with clear lines."""

import json
import os
import shutil
import stat
import time

import kit_archives
import kit_cdk
import kit_terraform
import pytest
from click.testing import CliRunner

from edgeproxy.cli import main
from edgeproxy.config import archives

ANSWER = "exports.handler = async (event) => event.Records[0].cf.request;\n"
SECRET = '{"Resources": {"of nobody\'s business": 1}}'
SECONDS = 10


def checked(target):
    """Exit code and output of `check`; it is quick, shows no traceback and steers no terminal."""
    started = time.monotonic()
    result = CliRunner().invoke(main, ["check", str(target)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert all(char.isprintable() or char == "\n" for char in result.output)
    assert time.monotonic() - started < SECONDS
    return result.exit_code, result.output


@pytest.fixture
def out(tmp_path):
    """The folder of an assembly without a mistake."""
    return kit_cdk.shop(tmp_path / "cdk.out", handler=ANSWER).save()


def changed(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_manifest_that_ends_anywhere(out):
    """Every place is tried where reading could go on with half of it, and some more."""
    whole = (out / "manifest.json").read_bytes()
    for at in sorted({*range(0, len(whole), 97), *(at for at, byte in enumerate(whole) if byte in b"{}[]")}):
        (out / "manifest.json").write_bytes(whole[:at])
        code, said = checked(out)
        assert (code, "manifest.json" in said) == (1, True), (at, said)
    (out / "manifest.json").write_bytes(whole)
    assert checked(out)[0] == 0


def test_a_template_that_ends_anywhere(out):
    whole = (out / "Shop.template.json").read_bytes()
    for at in range(0, len(whole) - 1, 211):
        (out / "Shop.template.json").write_bytes(whole[:at])
        code, said = checked(out)
        assert (code, "Shop.template.json" in said) == (1, True), (at, said)


def stack(out, **properties):
    changed(out / "manifest.json", lambda manifest: manifest["artifacts"]["Shop"]["properties"].update(properties))


def artifact(out, **artifacts):
    changed(out / "manifest.json", lambda manifest: manifest["artifacts"].update(artifacts))


def assembly(folder):
    return {"type": "cdk:cloud-assembly", "properties": {"directoryName": folder}}


def outside(out, name="outside.json"):
    (out.parent / name).write_text(SECRET)
    return out.parent / name


def link_in_place_of(path, target):
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def each_in_the_next(out):
    for number in range(12):
        folder = out / f"n{number}"
        folder.mkdir()
        manifest = {"artifacts": {"next": assembly(f"../n{number + 1}")}}
        (folder / "manifest.json").write_text(json.dumps(manifest))
    artifact(out, first=assembly("n0"))


def many_stacks(out):
    whole = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Shop.template.json"}}
    artifact(out, **{f"Shop{number}": whole for number in range(600)})


def a_manifest_elsewhere(out):
    (out / "inner").mkdir()
    (out / "inner" / "manifest.json").symlink_to(outside(out))
    artifact(out, inner=assembly("inner"))


def stacks_that_ask_each_other(out):
    """Exports, each made of the next one three times; the last of the first."""
    resources = {"Site": {"Type": "AWS::S3::Bucket"}}
    for number in range(60):
        value = {"Fn::Join": ["", [{"Fn::ImportValue": f"e{(number + 1) % 60}"}] * 3]}
        outputs = {"O": {"Value": value, "Export": {"Name": f"e{number}"}}}
        (out / f"s{number}.json").write_text(json.dumps({"Resources": resources, "Outputs": outputs}))
        properties = {"templateFile": f"s{number}.json"}
        artifact(out, **{f"S{number}": {"type": "aws:cloudformation:stack", "properties": properties}})
    comment(out, {"Fn::ImportValue": "e0"})


def a_parameter_of_itself(out):
    def change(template):
        template["Resources"]["P"] = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/p", "Value": {"Fn::GetAtt": ["R", "FunctionArn"]}},
        }
        template["Resources"]["R"] = {"Type": "Custom::CrossRegionStringParameterReader", "Properties": {"ParameterName": "/p"}}

    changed(out / "Shop.template.json", change)
    comment(out, {"Fn::GetAtt": ["R", "FunctionArn"]})


def comment(out, value):
    def change(template):
        template["Resources"]["DistB3B78991"]["Properties"]["DistributionConfig"]["Comment"] = value

    changed(out / "Shop.template.json", change)


def an_export_called_by_an_import(out):
    outputs = {"O": {"Value": "x", "Export": {"Name": {"Fn::ImportValue": "y"}}}}
    changed(out / "Shop.template.json", lambda template: template.update(Outputs=outputs))
    comment(out, {"Fn::ImportValue": "y"})


def pipe(out):
    (out / "Shop.template.json").unlink()
    os.mkfifo(out / "Shop.template.json")


BROKEN = [
    pytest.param(lambda out: (out / "Shop.template.json").unlink(), "Shop.template.json", id="a template is missing"),
    pytest.param(lambda out: (out / "Shop.assets.json").unlink(), "Shop.assets.json", id="an asset manifest is missing"),
    pytest.param(lambda out: [shutil.rmtree(each) for each in out.glob("asset.*") if each.is_dir()], "asset.", id="assets are missing"),
    pytest.param(pipe, "is not a file", id="a template that is a FIFO"),
    pytest.param(lambda out: artifact(out, again=assembly(".")), "a cloud assembly holds itself", id="a manifest that names itself"),
    pytest.param(each_in_the_next, "holds itself, or too many others inside each other", id="assemblies in assemblies"),
    pytest.param(many_stacks, "more than 500 stacks", id="600 stacks"),
    pytest.param(lambda out: stack(out, templateFile="../outside.json" if outside(out) else ""), "is outside the cloud assembly", id="a template beside it"),
    pytest.param(lambda out: stack(out, templateFile=str(outside(out))), "is outside the cloud assembly", id="an absolute path"),
    pytest.param(lambda out: stack(out, templateFile="~/x"), "run cdk synth again", id="a home directory"),
    pytest.param(lambda out: stack(out, templateFile="a\0b"), "not a path", id="NUL in a path"),
    pytest.param(lambda out: stack(out, templateFile="x" * 300), "not a path", id="a path that no file can have"),
    pytest.param(lambda out: link_in_place_of(out / "Shop.template.json", outside(out)), "is outside the cloud assembly", id="a template that is a link"),
    pytest.param(lambda out: link_in_place_of(out / "manifest.json", outside(out)), "is outside the cloud assembly", id="a manifest that is a link"),
    pytest.param(a_manifest_elsewhere, "is outside the cloud assembly", id="a manifest of a nested one that is a link"),
    pytest.param(lambda out: artifact(out, up=assembly("..")), "is outside the cloud assembly", id="a nested one around it"),
    pytest.param(stacks_that_ask_each_other, "references are nested deeper than 50", id="exports that ask each other"),
    pytest.param(a_parameter_of_itself, "circular reference: SSM parameter /p -> SSM parameter /p", id="an SSM parameter of itself"),
    pytest.param(an_export_called_by_an_import, "Fn::ImportValue: no value is given for y", id="an export called by an import"),
    pytest.param(lambda out: stack(out, stackName="\x1b[2J\u202e"), "", id="a name that steers a terminal"),
]  # fmt: skip


@pytest.mark.parametrize(("break_it", "words"), BROKEN)
def test_an_assembly_that_is_broken_is_a_line(out, break_it, words):
    break_it(out)
    code, said = checked(out)
    assert (code, words in said) == (1 if words else 0, True), said[:2000]
    assert "nobody's business" not in said


async def test_an_assembly_that_is_broken_is_not_taken_over(running, out):
    async with running(out) as proxy:
        for case in BROKEN:
            break_it, words = case.values
            if not words or case.id == "assets are missing":
                continue  # Content is served where it lies.
            proxy.said.clear()
            break_it(out)
            await proxy.until("not taken over, the last good version goes on")
            assert (await proxy.get("/")).body == b"<h1>shop</h1>\n"
            shutil.rmtree(out)
            kit_cdk.shop(out, handler=ANSWER).save()
            proxy.said.clear()
            (out / "manifest.json").touch()
            await proxy.until("reloaded: ")


ONE = kit_archives.archive(("index.js", ANSWER))
PACKAGES = [
    pytest.param(kit_archives.archive(("../evil", "x")), "holds '../evil', a path that leads out of it", id="a path that climbs out"),
    pytest.param(kit_archives.archive(("C:/evil", "x")), "holds 'C:/evil', a path that leads out of it", id="a drive"),
    pytest.param(kit_archives.archive(("a\\..\\evil", "x")), "a path that leads out of it", id="backslashes"),
    pytest.param(kit_archives.archive(kit_archives.link("d", "/etc"), ("d/evil", "x")), "holds a link, 'd': links are not unpacked", id="a link, and a file below it"),
    pytest.param(kit_archives.archive((kit_archives.entry("null", stat.S_IFCHR), "")), "neither a file nor a folder", id="a device"),
    pytest.param(kit_archives.archive(("a\x1bb", "x")), "holds 'a\\x1bb', a name with a control character", id="an escape in a name"),
    pytest.param(kit_archives.archive(("x" * 300, "x")), "cannot be unpacked: file name too long", id="300 characters"),
    pytest.param(kit_archives.archive(*((f"{n}", bytes(1 << 20)) for n in range(600))), "holds more than 50000 entries or 512 MiB unpacked", id="600 MB in 600 kB"),
    pytest.param(kit_archives.overlapping(600), ".zip ", id="600 MB in 50 kB of overlapping files"),
    pytest.param(kit_archives.listing(60_000), "holds more than 50000 entries or 512 MiB unpacked", id="60,000 entries"),
    pytest.param(kit_archives.listing(400_000), "has a list of entries of more than 16 MiB", id="400,000 entries"),
    pytest.param(kit_archives.zip64(ONE, 1 << 40), "cannot be unpacked", id="a list of a terabyte"),
    pytest.param(ONE[:-40], "cannot be unpacked", id="half of one"),
    pytest.param(b"MZ\x90\x00", "cannot be unpacked", id="a program"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words"), PACKAGES)
@pytest.mark.parametrize("kind", ["an asset", "a package"])
def test_a_package_that_is_meant_to_hurt_is_a_line(tmp_path, kind, data, words):
    if kind == "an asset":
        app = kit_cdk.Assembly(tmp_path / "cdk.out")
        name = app.asset({"index.html": "x"}, ".zip")
        origin = kit_cdk.bucket_origin(kit_cdk.DOMAIN)
        deployed = kit_cdk.deployment({"Ref": "Site397A1860"}, name)
        target = app.stack(
            "Shop", {"Site397A1860": kit_cdk.SITE_BUCKET, "D": kit_cdk.distribution(origin), "P": deployed}
        ).save()
        (target / f"asset.{name}.zip").write_bytes(data)
    else:
        arn = f"arn:aws:lambda:us-east-1:{kit_terraform.ACCOUNT}:function:edge"
        association = {"event_type": "origin-request", "lambda_arn": f"{arn}:1", "include_body": False}
        values = kit_terraform.distribution(
            default_cache_behavior=[kit_terraform.behavior(lambda_function_association=[association])],
            origin=[kit_terraform.custom_origin(origin_id="site")],
        )
        edge = {"function_name": "edge", "handler": "index.handler", "runtime": "nodejs22.x", "filename": "edge.zip", "qualified_arn": f"{arn}:1", "arn": arn}  # fmt: skip
        state = kit_terraform.state(
            kit_terraform.resource("aws_cloudfront_distribution.web", values),
            kit_terraform.resource("aws_lambda_function.edge", edge),
        )
        target = tmp_path / "state.json"
        target.write_text(json.dumps(state))
        (tmp_path / "edge.zip").write_bytes(data)
    before = set(archives.scratch().iterdir())
    code, said = checked(target)
    assert (code, words in said) == (1, True), said[:2000]
    assert set(archives.scratch().iterdir()) == before
    assert not list(tmp_path.rglob("evil"))


def markers(out, **values):
    def change(template):
        deployed = template["Resources"]["DeployCustomResource5C9A"]["Properties"]
        deployed["SourceMarkers"] = [values]

    changed(out / "Shop.template.json", change)


def test_markers_that_grow_are_a_line(out):
    for asset in out.glob("asset.*/index.html"):
        asset.write_text("a" * 1_000_000)
    markers(out, a="b" * 1000)
    code, said = checked(out)
    assert (code, "more than 50000 files or 512 MiB are put into a bucket" in said) == (1, True), said


async def test_what_an_assembly_holds_is_not_read_through_links(running, out, tmp_path):
    (tmp_path / "secret").write_text("of nobody's business")
    site = next(out.glob("asset.*/index.html")).parent
    (site / "link").symlink_to(tmp_path / "secret")
    (site / "up").symlink_to(tmp_path)
    async with running(out) as proxy:
        for target in ("/link", "/up/secret"):
            assert b"nobody" not in (await proxy.get(target)).body
        markers(out, unused="x")
        await proxy.until("reloaded: ")
        for target in ("/link", "/up/secret"):
            assert b"nobody" not in (await proxy.get(target)).body
