"""`edgeproxy serve cdk.out`: an app as `cdk synth` wrote it, and what happens when it is synthesized again."""

import shutil

import kit_cdk
import pytest
from click.testing import CliRunner

from edgeproxy.cli import main

ANSWER = "exports.handler = async (event) => event.Records[0].cf.request;\n"


@pytest.fixture
def app(tmp_path):
    """`app(page=…)` synthesizes the app again, as `cdk synth` does: the manifest is written last."""

    def synthesized(**parts):
        return kit_cdk.shop(tmp_path / "cdk.out", handler=ANSWER, **parts).save()

    return synthesized


async def test_the_app_is_served_as_it_was_synthesized(running, app, tmp_path):
    app()
    async with running(tmp_path) as proxy:
        answer = await proxy.get("/")
        assert (answer.status, answer.body, answer.x_cache) == (200, b"<h1>shop</h1>\n", "Miss")
        assert (await proxy.get("/about/index.html")).body == b"about\n"
        assert (await proxy.get("/")).x_cache == "Hit"


HOME = {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Site397A1860", "WebsiteURL"]}]}]}


async def test_a_website_bucket_is_hosted_from_its_deployment(running, tmp_path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    files = {"index.html": "home", "docs/index.html": "docs", "404.html": "not here"}
    hosting = {"IndexDocument": "index.html", "ErrorDocument": "404.html"}
    bucket = {**kit_cdk.SITE_BUCKET, "Properties": {"WebsiteConfiguration": hosting}}
    origin = {"Id": "site", "DomainName": HOME, "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    web = kit_cdk.distribution(origin, ViewerProtocolPolicy="allow-all")
    del web["Properties"]["DistributionConfig"]["DefaultRootObject"]
    deploy = kit_cdk.deployment({"Ref": "Site397A1860"}, app.asset(files))
    app.stack("Shop", {"Site397A1860": bucket, "DistB3B78991": web, "Deploy": deploy}).save()
    async with running(tmp_path) as proxy:
        seen = {path: await proxy.get(path) for path in ("/", "/docs/", "/docs", "/none")}
        assert [(each.status, each.body) for each in seen.values()][:2] == [(200, b"home"), (200, b"docs")]
        assert (seen["/docs"].status, seen["/docs"]["Location"]) == (302, "/docs/")
        assert (seen["/none"].status, seen["/none"].body) == (404, b"not here")


async def test_pages_and_assets_are_stored_with_their_own_cache_control(running, tmp_path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    site = app.asset({"index.html": "page", "assets/app.js": "app"})
    into = {"Ref": "Site397A1860"}
    assets = kit_cdk.deployment(into, site, Exclude=["*.html"], SystemMetadata={"cache-control": "max-age=31536000, immutable"})
    pages = kit_cdk.deployment(
        into, site, Exclude=["*"], Include=["*.html"], SystemMetadata={"cache-control": "no-cache"}, UserMetadata={"by": "cdk"}
    )
    web = kit_cdk.distribution(kit_cdk.bucket_origin(kit_cdk.DOMAIN), ViewerProtocolPolicy="allow-all")
    resources = {"Site397A1860": kit_cdk.SITE_BUCKET, "DistB3B78991": web, "Assets": assets, "Pages": pages}
    app.stack("Shop", resources).save()
    async with running(tmp_path) as proxy:
        page, script = await proxy.get("/"), await proxy.get("/assets/app.js")
        assert (page.body, page["Cache-Control"], page["x-amz-meta-by"]) == (b"page", "no-cache", "cdk")
        assert (script.body, script["Cache-Control"]) == (b"app", "max-age=31536000, immutable")
        assert (await proxy.get("/assets/app.js")).x_cache == "Hit"


async def test_what_is_synthesized_again_is_served_at_once(running, app, tmp_path):
    out = app()
    async with running(out) as proxy:
        assert (await proxy.get("/")).body == b"<h1>shop</h1>\n"
        app(page="<h1>new</h1>\n")
        await proxy.until("reloaded: ")
        assert (await proxy.get("/")).body == b"<h1>new</h1>\n"
        proxy.said.clear()
        template = out / "Shop.template.json"
        template.write_text(
            template.read_text().replace('"DefaultRootObject": "index.html"', '"DefaultRootObject": "about/index.html"')
        )
        await proxy.until("reloaded: Shop.template.json")
        assert (await proxy.get("/")).body == b"about\n"


async def test_a_half_written_assembly_keeps_the_last_good_one(running, app, tmp_path):
    out = app()
    async with running(tmp_path) as proxy:
        (out / "manifest.json").write_text('{"version": "48.0.0", "artif')
        await proxy.until("manifest.json: not taken over, the last good version goes on")
        assert (await proxy.get("/")).body == b"<h1>shop</h1>\n"
        app(page="<h1>mended</h1>\n")
        await proxy.until("reloaded: ")
        assert (await proxy.get("/")).body == b"<h1>mended</h1>\n"


@pytest.mark.parametrize("target", [pytest.param("", id="the app's folder"), pytest.param("cdk.out", id="cdk.out")])
async def test_an_assembly_that_is_removed_and_synthesized_again(running, app, tmp_path, target):
    out = app()
    async with running(tmp_path / target) as proxy:
        shutil.rmtree(out)
        await proxy.until("not taken over, the last good version goes on")
        # Written aside and moved there: the folder appears with everything in it.
        other = kit_cdk.shop(tmp_path / "new.out", handler=ANSWER, page="<h1>again</h1>\n").save()
        other.rename(out)
        await proxy.until("reloaded: ")
        assert (await proxy.get("/")).body == b"<h1>again</h1>\n"


def test_check_runs_nothing_of_the_app(app, tmp_path):
    trap = "require('fs').writeFileSync(process.env.HOME + '/ran', ''); exports.handler = async () => ({});\n"
    kit_cdk.shop(tmp_path / "cdk.out", handler=trap.replace("process.env.HOME", f"'{tmp_path}'")).save()
    (tmp_path / "cdk.json").write_text('{"app": "touch ran"}')
    result = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "no problems found")
    assert not (tmp_path / "ran").exists()


def test_in_the_folder_of_an_app_nothing_need_be_named(app, tmp_path, monkeypatch):
    app()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["check"])
    assert (result.exit_code, "DistB3B78991" in result.output) == (0, True)
