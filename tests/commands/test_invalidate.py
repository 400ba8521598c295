import asyncio
import json

import pytest
from click.testing import CliRunner
from kit_proxy import Running

from edgeproxy.cli import main

pytestmark = pytest.mark.usefixtures("runtime")


def run(*arguments):
    result = CliRunner().invoke(main, ["invalidate", *arguments])
    return result.exit_code, result.output


async def invalidate(*arguments):
    return await asyncio.to_thread(run, *arguments)


class Held:
    """An origin whose answer is its path; while `free` is cleared it keeps requests waiting."""

    def __init__(self):
        self.free, self.asked, self.version = asyncio.Event(), asyncio.Event(), "1"
        self.free.set()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error):
        self.server.close()
        await self.server.wait_closed()

    async def _answer(self, reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        body = target + b" " + self.version.encode()
        self.asked.set()
        await self.free.wait()
        head = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        await writer.drain()
        writer.close()


async def test_cf_65_a_wildcard_takes_every_query_string_and_heeds_case():
    """CF-65"""
    async with Held() as origin, Running(None, origins={"": origin.url}, admin_port=0) as running:
        targets = ("/a", "/ab?x", "/A")
        for target in targets:
            await running.get(target)
        assert await invalidate("/a*") == (0, "/a*: 2 objects\n"), "CF-65"
        assert [(await running.get(target)).x_cache for target in targets] == ["Miss", "Miss", "Hit"], "CF-65"


async def test_a_path_is_one_object_with_all_its_variants():
    async with Held() as origin, Running(None, origins={"": origin.url}, admin_port=0) as running:
        await running.get("/a")
        await running.get("/a", ("Accept-Encoding", "gzip"))
        await running.get("/a?x=1")
        port = str(running.proxy.admin_port)
        nothing = "/b: nothing was stored; case counts, and with a query string it is another object; /b* takes them all\n"
        removed = await invalidate("/a", "/b", "--admin-port", port)
        assert removed == (0, "/a: 2 objects\n" + nothing)
        assert (await running.get("/a?x=1")).x_cache == "Hit"
        assert (await running.get("/a")).x_cache == "Miss"


async def test_an_answer_that_was_asked_for_before_is_not_stored():
    async with Held() as origin, Running(None, origins={"": origin.url}, admin_port=0) as running:
        origin.free.clear()
        first = asyncio.ensure_future(running.get("/a"))
        await origin.asked.wait()
        assert (await invalidate("/a"))[1].startswith("/a: nothing was stored")
        origin.version = "2"
        origin.free.set()
        assert (await first).body == b"/a 1"
        second = await running.get("/a")
        assert (second.x_cache, second.body) == ("Miss", b"/a 2")
        assert (await running.get("/a")).x_cache == "Hit"


def distribution(name, folder):
    (folder / name).mkdir()
    (folder / name / "a").write_text(name)
    origin = {"Id": "o", "DomainName": f"{name}.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    default = {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    config = {"Enabled": True, "Aliases": [f"{name}.test"], "Origins": [origin], "DefaultCacheBehavior": default}
    return {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}


async def test_of_several_distributions_one_or_all(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    resources = {name.title(): distribution(name, project) for name in ("shop", "blog")}
    (project / "template.json").write_text(json.dumps({"Resources": resources}))
    origins = "origins: {shop.s3.amazonaws.com: ./shop, blog.s3.amazonaws.com: ./blog}\n"
    (project / "edgeproxy.yaml").write_text("distribution: template.json\n" + origins)

    async with Running(project, admin_port=0) as running:

        async def seen():
            return [(await running.get("/a", host=f"{name}.test")).x_cache for name in ("shop", "blog")]

        assert [await seen(), await seen()] == [["Miss", "Miss"], ["Hit", "Hit"]]
        assert await invalidate("/*", "--distribution", "shop.test") == (0, "/*: 1 object\n")
        assert await seen() == ["Miss", "Hit"]
        assert await invalidate("/*") == (0, "/*: 2 objects\n")
        assert await seen() == ["Miss", "Miss"]
        unknown = await invalidate("/*", "--distribution", "Shopp")
        assert unknown == (1, "Error: there is no distribution Shopp; did you mean shop?\n")
        assert (await invalidate("/ü"))[1].endswith("has to be percent-encoded, as the viewer sends it: /%C3%BC\n")


def test_without_a_proxy_it_is_told_in_a_line():
    assert run("/a") == (1, "Error: no proxy with an admin listener is running; start one with --admin-port 8081\n")


def test_help_has_examples_and_a_path_is_needed():
    status, output = run("--help")
    assert status == 0
    assert "edgeproxy invalidate '/images/*'" in output
    assert run()[0] == 2
