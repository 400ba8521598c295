"""A SAM project served as it is: what `sam build` made of it, built anew while it is served, and the source itself."""

import shutil

import kit_sam
import pytest
from click.testing import CliRunner

from edgeproxy import project
from edgeproxy.cli import main


@pytest.fixture
def app(tmp_path):
    return kit_sam.project(tmp_path)


async def test_a_project_that_is_not_built_is_served_from_its_source(running, app):
    async with running(app) as proxy:
        assert (await proxy.get("/start")).body == b"hello /page edge=source"
        assert proxy.proxy.configuration.remarks == ()


@pytest.mark.parametrize("target", ["", "template.yaml"], ids=["the project's folder", "its template"])
async def test_a_project_that_is_built_is_served_as_built(running, app, target):
    kit_sam.build(app)
    async with running(app / target) as proxy:
        seen = await proxy.get("/start")
        assert (seen.status, seen.body) == (200, b"hello /page edge=built")


async def test_the_source_of_a_built_project_can_be_served(running, app):
    kit_sam.build(app)
    proxy = running(app)
    proxy.source = project.Source(app, {}, {}, build=False)
    async with proxy:
        assert (await proxy.get("/start")).body == b"hello /page edge=source"


async def test_a_new_build_is_picked_up_and_the_last_one_goes_on_meanwhile(running, app):
    kit_sam.build(app, "first")
    async with running(app) as proxy:
        assert (await proxy.get("/a")).body == b"hello /a edge=first"
        kit_sam.begin_build(app)
        await proxy.until("template.yaml is gone (sam build is at work, or it failed); the last good version goes on")
        assert "error" not in proxy.terminal
        assert (await proxy.get("/b")).body == b"hello /b edge=first"
        await proxy.proxy.reload({app / ".aws-sam" / "build"})
        kit_sam.build(app, "second")
        await proxy.until("reloaded: ")
        assert (await proxy.get("/c")).body == b"hello /c edge=second"
        assert sum("is gone" in line for line in proxy.said) == 1


async def test_a_half_written_built_template_keeps_the_last_good_one(running, app):
    built = kit_sam.build(app)
    async with running(app) as proxy:
        assert (await proxy.get("/a")).status == 200
        built.write_text(kit_sam.BUILT[:700] + "\n      {")
        await proxy.until("not taken over, the last good version goes on")
        assert (await proxy.get("/b")).body == b"hello /b edge=built"


async def test_a_build_that_is_removed_with_its_folder_is_picked_up_when_it_is_back(running, app):
    kit_sam.build(app)
    async with running(app) as proxy:
        shutil.rmtree(app / ".aws-sam")
        await proxy.until("is gone")
        kit_sam.build(app, "again")
        await proxy.until("reloaded: ")
        assert (await proxy.get("/a")).body == b"hello /a edge=again"


async def test_a_source_that_is_saved_after_the_build_is_told_of(running, app):
    built = kit_sam.build(app)
    async with running(app) as proxy:
        assert (await proxy.get("/a")).status == 200
        (app / "edge" / "app.py").write_text(kit_sam.EDGE % "edited")
        kit_sam.saved_after(app / "edge" / "app.py", built)
        await proxy.until("caution: edge/app.py is newer than .aws-sam/build: run sam build")
        assert (await proxy.get("/b")).body == b"hello /b edge=built"


async def test_the_settings_of_a_project_name_its_template(running, app):
    kit_sam.build(app)
    (app / "edgeproxy.yaml").write_text("distribution: template.yaml\nviewer: {country: DE}\n")
    async with running(app) as proxy:
        assert (await proxy.get("/a")).body == b"hello /a edge=built"
        kit_sam.begin_build(app)
        await proxy.until("is gone")
        assert (await proxy.get("/b")).body == b"hello /b edge=built"


def test_check_says_what_it_reads(app):
    kit_sam.build(app)
    checked = CliRunner().invoke(main, ["check", str(app)])
    first, *_, last = checked.output.splitlines()
    assert first == "serving .aws-sam/build/template.yaml, which sam build made (--no-build serves template.yaml itself)"
    assert (last, checked.exit_code) == ("no problems found", 0)
    assert "sam build" not in CliRunner().invoke(main, ["check", "--no-build", str(app)]).output
