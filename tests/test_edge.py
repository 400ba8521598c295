import asyncio
import json
import os
import subprocess
import sys
import urllib.parse

import pytest
from kit_proxy import Running
from kit_written import HELLO, REWRITE, SETTINGS, TEMPLATE, written

from edgeproxy import edge, project
from edgeproxy.errors import ConfigError
from edgeproxy.inspector.client import Client


async def test_a_template_is_served_with_its_function_and_handler(tmp_path):
    async with Running(written(tmp_path)) as running:
        status, headers, body, _ = await running.get("/")
        assert (status, body) == (200, b"page a")
        assert headers.get("x-cache") == "Miss from cloudfront"
        assert (await running.get("/anything")).headers.get("x-cache") == "Hit from cloudfront"
        assert (await running.get("/hello")).body == b"one"
    assert running.requests.getvalue().splitlines()[0].startswith("GET / 200 Miss")


async def test_a_changed_function_answers_the_next_request_and_the_cache_is_dropped(tmp_path):
    async with Running(written(tmp_path)) as running:
        assert (await running.get("/")).body == b"page a"
        (tmp_path / "rewrite.js").write_text(REWRITE % "b")
        await running.until("reloaded: rewrite.js; Web: 1 cached object dropped")
        assert (await running.get("/")).body == b"page b"


async def test_a_broken_function_goes_live_as_a_503_with_its_cause_on_the_terminal(tmp_path):
    async with Running(written(tmp_path)) as running:
        await running.get("/")
        (tmp_path / "rewrite.js").write_text("function handler(event) {\n  return event.;\n}\n")
        await running.until("503")
        status, headers, _, _ = await running.get("/")
        assert status == 503
        assert headers.get("x-cache") == "FunctionExecutionError from cloudfront"
        assert any("rewrite.js:2" in line for line in running.said)


async def test_a_broken_template_keeps_the_last_good_version_and_says_so(tmp_path):
    async with Running(written(tmp_path)) as running:
        (tmp_path / "template.json").write_text("{")
        await running.until("template.json: not taken over, the last good version goes on")
        assert (await running.get("/")).body == b"page a"
        (tmp_path / "template.json").write_text(json.dumps(TEMPLATE))
        await running.until("reloaded: template.json")


def test_the_file_that_the_output_goes_to_is_known_by_whatever_name(tmp_path):
    out, link, other = tmp_path / "out", tmp_path / "link", tmp_path / "other"
    other.touch()
    link.symlink_to(out)
    code = (
        "import sys, pathlib; from edgeproxy.edge import is_output; print([is_output(pathlib.Path(p)) for p in sys.argv[1:]])"
    )
    with out.open("w") as file:
        command = [sys.executable, "-c", code, str(out), str(link), str(other), str(tmp_path / "gone")]
        subprocess.run(command, stdout=file, check=True)
    assert out.read_text() == "[True, True, False, False]\n"


async def test_a_folder_whose_template_is_gone_is_not_served_as_a_bucket(tmp_path):
    folder = written(tmp_path)
    async with Running(folder) as proxy:
        for name in ("edgeproxy.yaml", "template.json"):
            (folder / name).unlink()
        await proxy.until("holds no configuration any more")
        assert (await proxy.get("/hello/index.py")).body == b"page a"
        assert proxy.proxy.configuration.distributions[0].declared


async def test_a_changed_handler_gets_a_new_environment(tmp_path):
    async with Running(written(tmp_path)) as running:
        assert (await running.get("/hello")).body == b"one"
        (tmp_path / "hello" / "index.py").write_text(HELLO % "two")
        await running.until("reloaded: index.py")
        assert (await running.get("/hello")).body == b"two"


async def test_an_unchanged_handler_keeps_its_environment_over_a_reload(tmp_path):
    written(tmp_path)
    (tmp_path / "hello" / "index.py").write_text(
        "import os\ndef handler(event, context):\n    return {'status': '200', 'body': str(os.getpid()),\n"
        "            'headers': {'cache-control': [{'value': 'max-age=0'}]}}\n"
    )
    async with Running(tmp_path) as running:
        before = (await running.get("/hello")).body
        (tmp_path / "rewrite.js").write_text(REWRITE % "b")
        await running.until("reloaded: rewrite.js")
        assert (await running.get("/hello?again")).body == before


async def test_on_reload_keep_leaves_the_cache_alone(tmp_path):
    written(tmp_path)
    (tmp_path / "edgeproxy.yaml").write_text(SETTINGS + "cache: {on_reload: keep}\n")
    async with Running(tmp_path) as running:
        await running.get("/a")
        (tmp_path / "rewrite.js").write_text(REWRITE % "a" + "\n")
        await running.until("reloaded: rewrite.js")
        assert (await running.get("/a")).headers.get("x-cache") == "Hit from cloudfront"


async def test_no_handler_process_is_left_behind(tmp_path):
    written(tmp_path)
    (tmp_path / "hello" / "index.py").write_text(
        "import os\ndef handler(event, context):\n    return {'status': '200', 'body': str(os.getpid())}\n"
    )
    async with Running(tmp_path) as running:
        pid = int((await running.get("/hello")).body)
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_several_distributions_are_chosen_by_host(tmp_path):
    for name in ("shop", "blog"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "index.html").write_text(name)
    template = {"Resources": {}}
    for name in ("Shop", "Blog"):
        config = json.loads(json.dumps(TEMPLATE["Resources"]["Web"]["Properties"]["DistributionConfig"]))
        del config["CacheBehaviors"], config["DefaultCacheBehavior"]["FunctionAssociations"]
        config["Aliases"] = [f"{name.lower()}.example.com"]
        config["DefaultRootObject"] = "index.html"
        config["Origins"][0]["DomainName"] = f"{name.lower()}.s3.amazonaws.com"
        template["Resources"][name] = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    (tmp_path / "template.json").write_text(json.dumps(template))
    settings = (
        "distribution: template.json\ndefault: Blog\norigins: {shop.s3.amazonaws.com: ./shop, blog.s3.amazonaws.com: ./blog}\n"
    )
    (tmp_path / "edgeproxy.yaml").write_text(settings)
    async with Running(tmp_path) as running:
        answers = {
            host: (await running.get("/", host=host))
            for host in ("shop.example.com", "blog.localhost", "localhost", "nobody.test")
        }
        assert {host: body for host, (status, _, body, _) in answers.items() if status == 200} == {
            "shop.example.com": b"shop",
            "blog.localhost": b"blog",
            "localhost": b"blog",
        }
        assert answers["nobody.test"].status == 403
        config = template["Resources"]["Blog"]["Properties"]["DistributionConfig"]
        config["Aliases"] = ["weblog.example.com"]
        (tmp_path / "template.json").write_text(json.dumps(template))
        await running.until("reloaded: template.json; Blog: 1 cached object dropped")
        assert (await running.get("/", host="shop.example.com")).x_cache == "Hit", "what did not change keeps its objects"


async def test_a_folder_is_served_as_a_bucket(tmp_path):
    (tmp_path / "index.html").write_text("home")
    async with Running(tmp_path) as running:
        assert (await running.get("/")).body == b"home"
        status, _, body, _ = await running.get("/none")
        assert status == 403
        assert b"<Code>AccessDenied</Code>" in body


async def test_an_app_is_served_without_any_file():
    async def app(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(app, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with Running(None, origins={"": url}) as running:
        target = "/a?" + urllib.parse.urlencode({"b": "c d"})
        assert (await running.get(target)).body == target.encode()
        assert (await running.get(target)).headers.get("x-cache") == "Hit from cloudfront"
    server.close()
    await server.wait_closed()


KEYED = (
    "import cf from 'cloudfront';\nconst store = cf.kvs();\n"
    "async function handler(event) { event.request.uri = await store.get('page'); return event.request; }\n"
)


def keyed(folder, page="/a.html", settings="key_value_stores: {pages: pages.json}\n"):
    """The project with a function that takes the page from a key value store."""
    written(folder)
    template = json.loads(json.dumps(TEMPLATE))
    template["Resources"]["Pages"] = {"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": "pages"}}
    config = template["Resources"]["Rewrite"]["Properties"]["FunctionConfig"]
    config["KeyValueStoreAssociations"] = [{"KeyValueStoreARN": {"Fn::GetAtt": ["Pages", "Arn"]}}]
    (folder / "template.json").write_text(json.dumps(template))
    (folder / "rewrite.js").write_text(KEYED)
    (folder / "edgeproxy.yaml").write_text(SETTINGS + settings)
    store(folder, page)
    return folder


def store(folder, page):
    (folder / "pages.json").write_text(json.dumps({"data": [{"key": "page", "value": page}]}))


async def test_a_function_reads_its_store_and_a_changed_file_reaches_the_next_request(tmp_path):
    async with Running(keyed(tmp_path)) as running:
        assert (await running.get("/")).body == b"page a"
        store(tmp_path, "/b.html")
        await running.until("key value store pages read anew")
        assert (await running.get("/")).body == b"page b"
        assert (await running.get("/")).x_cache == "Hit"
        assert not any("reloaded" in line for line in running.said), "nothing else was loaded, nothing dropped"


async def test_a_broken_store_keeps_the_last_good_version_and_says_so(tmp_path):
    async with Running(keyed(tmp_path)) as running:
        (tmp_path / "pages.json").write_text('{"data": [\n5]}')
        await running.until("pages.json: not taken over, the last good version goes on")
        assert any("pages.json:2" in line for line in running.said)
        assert (await running.get("/")).body == b"page a"


async def test_a_broken_store_stops_the_start_and_is_told_by_check(tmp_path):
    keyed(tmp_path)
    (tmp_path / "pages.json").write_text("{")
    _, problems = project.check(project.Source(tmp_path, {}, {}))
    assert [(problem.path.name, problem.line) for problem in problems] == [("pages.json", 1)]
    with pytest.raises(ConfigError, match="not JSON"):
        async with Running(tmp_path):
            pass


async def test_run_time_changes_reach_the_next_request_and_outlive_a_reload(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    running = Running(keyed(tmp_path))
    source = running.source
    running.proxy = edge.Edge(source, source.load(), running.requests, running.said.append)
    assert running.proxy.admin_port is None
    running.port = await running.proxy.start("127.0.0.1", 0, 0)
    try:
        assert (await running.get("/")).body == b"page a"
        proxy = await asyncio.to_thread(Client)
        assert proxy.port == running.proxy.admin_port
        await asyncio.to_thread(proxy.put, "pages", "page", "/b.html")
        assert (await running.get("/")).body == b"page b"
        (tmp_path / "edgeproxy.yaml").write_text((tmp_path / "edgeproxy.yaml").read_text() + "viewer: {host: x.test}\n")
        await running.until("reloaded: edgeproxy.yaml")
        assert (await running.get("/")).body == b"page b"
        await asyncio.to_thread(proxy.delete, "pages", "page")
        assert (await running.get("/")).status == 503, "a missing key rejects"
    finally:
        await running.proxy.close()
    assert list((tmp_path / "edgeproxy").iterdir()) == []


async def test_the_budget_of_functions_is_a_setting_and_may_change(tmp_path):
    written(tmp_path)
    (tmp_path / "edgeproxy.yaml").write_text(SETTINGS + "cloudfront_functions: {budget: 1000ms}\n")
    async with Running(tmp_path) as running:
        await running.get("/")
        (tmp_path / "edgeproxy.yaml").write_text(SETTINGS + "cloudfront_functions: {budget: 0.001ms}\n")
        await running.until("reloaded: edgeproxy.yaml")
        await running.get("/")
    slow, fast = [line.split()[-1] for line in running.requests.getvalue().splitlines() if line.startswith("GET")]
    assert int(slow.rstrip("%")) < 100 < int(fast.rstrip("%"))


async def test_a_reload_brings_the_settings_viewer_and_keeps_what_was_set_over_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    written(tmp_path)
    settings = tmp_path / "edgeproxy.yaml"
    settings.write_text(SETTINGS + "viewer: {country: DE, city: Berlin}\n")
    async with Running(tmp_path, admin_port=0) as running:
        proxy = await asyncio.to_thread(Client)
        assert (await asyncio.to_thread(proxy.viewer))["values"] == {"country": "DE", "city": "Berlin"}
        await asyncio.to_thread(proxy.change_viewer, {"country": "FR"})
        assert (await running.get("/")).headers.get("x-cache") == "Miss from cloudfront"
        settings.write_text(SETTINGS + "viewer: {country: AT, city: Wien}\n")
        await running.until("reloaded: edgeproxy.yaml")
        shown = await asyncio.to_thread(proxy.viewer)
        assert shown == {"values": {"country": "FR", "city": "Wien"}, "changed": ["country"]}
        assert (await running.get("/")).headers.get("x-cache") == "Hit from cloudfront", "what is stored stays"
        assert (await asyncio.to_thread(proxy.reset_viewer))["values"] == {"country": "AT", "city": "Wien"}
        assert [line for line in running.said if "viewer" in line] == []
