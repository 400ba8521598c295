import asyncio
import json

import pytest
from click.testing import CliRunner
from kit_proxy import Running

from edgeproxy.cli import main
from edgeproxy.commands.explain import question_of

TEMPLATE = """
Resources:
  Pages:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: Pages
        MinTTL: 0
        DefaultTTL: 60
        MaxTTL: 600
        ParametersInCacheKeyAndForwardedToOrigin:
          EnableAcceptEncodingGzip: false
          HeadersConfig: {HeaderBehavior: none}
          CookiesConfig: {CookieBehavior: none}
          QueryStringsConfig: {QueryStringBehavior: all}
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.shop.test]
        Origins: [{Id: files, DomainName: files.s3.eu-central-1.amazonaws.com, S3OriginConfig: {}}]
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: allow-all
          CachePolicyId: !Ref Pages
"""


def run(*arguments):
    result = CliRunner().invoke(main, ["explain", *arguments])
    return result.exit_code, result.output


async def explain(*arguments):
    """The command's output, while the proxy goes on in this loop."""
    status, output = await asyncio.to_thread(run, *arguments)
    assert status == 0, output
    return output


def site(folder):
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "public").mkdir()
    (folder / "public" / "a.txt").write_text("hello")
    (folder / "edgeproxy.yaml").write_text("distribution: template.yaml\norigins: {files: public}\n")
    return Running(folder, admin_port=0)


@pytest.mark.usefixtures("runtime")
async def test_a_running_proxy_tells_why(tmp_path):
    async with site(tmp_path):
        first = await explain("/a.txt?page=2&token=s3cr3t")
        assert first.startswith("GET /a.txt?page=2&token=(hidden, ")
        assert "why         the origin was asked: nothing was stored under this key\n" in first
        assert "next        Hit, for 60 s (Default TTL 60)\n" in first
        assert "query page   2 " in first
        assert "s3cr3t" not in first
        assert "Hit from cloudfront\n" in await explain("https://www.shop.test/a.txt?page=2&token=s3cr3t#top")
        two = await explain("/a.txt?utm=1", "/a.txt?utm=2")
        assert "Two objects: one part of their keys differs.\n\n  query utm\n" in two
        assert "One object" in await explain("/a.txt?utm=1", "/a.txt?utm=1")
        assert "neither has a cache key (the cache is switched off)" in await explain("/b", "/b", "--no-cache")


@pytest.mark.usefixtures("runtime")
async def test_json_is_the_story_and_of_two_both_with_what_differs(tmp_path):
    async with site(tmp_path) as proxy:
        one = json.loads(await explain("/a.txt", "--json", "-H", "X-City: München"))
        assert one["cache"]["outcome"] == "miss"
        assert one["request"]["headers"] == [["Host", f"127.0.0.1:{proxy.port}"], ["X-City", "München"]]
        assert one["distribution"] == "Site"
        two = json.loads(await explain("/a.txt?b", "/a.txt?c", "--json", "--admin-port", str(proxy.proxy.admin_port)))
        assert [difference["part"] for difference in two["differences"]] == ["query b", "query c"]
        assert two["first"]["key"]["id"] != two["second"]["key"]["id"]
        assert json.loads(await explain("/", "/", "-X", "POST", "--json"))["differences"] == []


QUESTIONS = [
    pytest.param("/", {"target": "/"}, id="a path"),
    pytest.param("/a/../b//c?x=1&y", {"target": "/a/../b//c?x=1&y"}, id="a path and a query, as they are"),
    pytest.param("/a?", {"target": "/a?"}, id="an empty query"),
    pytest.param("/a#top", {"target": "/a"}, id="a fragment is never sent"),
    pytest.param("http://www.shop.test", {"target": "/", "scheme": "http", "host": "www.shop.test"}, id="a host alone"),
    pytest.param(
        "https://www.shop.test:8443?a=1",
        {"target": "/?a=1", "scheme": "https", "host": "www.shop.test:8443"},
        id="a query without a path",
    ),
    pytest.param("HTTP://[::1]:8080/a", {"target": "/a", "scheme": "http", "host": "[::1]:8080"}, id="an address"),
    pytest.param("/é b%20c?q=ü", {"target": "/%C3%A9%20b%20c?q=%C3%BC"}, id="what is not ASCII is encoded, escapes stay"),
    pytest.param("//a", {"target": "//a"}, id="two slashes are a path"),
]


@pytest.mark.parametrize(("url", "question"), QUESTIONS)
def test_a_url_is_asked_as_a_browser_asks_it(url, question):
    asked = question_of(url, "GET", [], cache=True)
    assert asked == {"method": "GET", "headers": [], "cache": True, **question}


def test_a_host_header_goes_before_the_urls_host():
    asked = question_of("http://127.0.0.1:8080/", "HEAD", [["host", "www.shop.test"], ["A", "b"]], cache=False)
    assert asked == {
        "method": "HEAD",
        "target": "/",
        "scheme": "http",
        "headers": [["A", "b"]],
        "cache": False,
        "host": "www.shop.test",
    }


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        pytest.param(
            ["/"], 1, "Error: no proxy with an admin listener is running; start one with --admin-port 8081", id="no proxy"
        ),
        pytest.param(["a"], 2, "Error: 'a' is neither a URL (http:// or https://) nor a path that begins with /", id="no URL"),
        pytest.param([""], 2, "Error: '' is neither a URL (http:// or https://) nor a path that begins with /", id="nothing"),
        pytest.param(["ftp://x/"], 2, "Error: 'ftp://x/' is neither a URL (http:// or https://) nor", id="another scheme"),
        pytest.param(
            ["/", "-H", "x"], 2, "Error: Invalid value for '-H' / '--header': 'x' is not 'Name: value'", id="no header"
        ),
        pytest.param([], 2, "Error: Missing argument 'URL'.", id="no argument"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments, status, line):
    code, output = run(*arguments)
    assert code == status
    assert output.splitlines()[-1].startswith(line)


@pytest.mark.usefixtures("runtime")
async def test_what_the_proxy_refuses_is_said_in_a_line(tmp_path):
    async with site(tmp_path):
        assert await asyncio.to_thread(run, "/", "-X", "GET /") == (1, "Error: 'GET /' is no method\n")


@pytest.mark.usefixtures("runtime")
async def test_a_viewer_of_its_own(tmp_path):
    async with site(tmp_path):
        (tmp_path / "template.yaml").write_text(
            TEMPLATE.replace("{HeaderBehavior: none}", "{HeaderBehavior: whitelist, Headers: [CloudFront-Viewer-Country]}")
        )
    async with Running(tmp_path, admin_port=0):
        first = await explain("/a.txt", "--viewer", "country=FR", "--viewer", "device=mobile")
        assert "header cloudfront-viewer-country  FR " in first
        assert "cloudfront-viewer-country" not in await explain("/a.txt")
        refused = await asyncio.to_thread(run, "/a.txt", "--viewer", "contry=FR")
        assert refused == (1, "Error: a viewer has no 'contry': did you mean country?\n")
        code, output = await asyncio.to_thread(run, "/a.txt", "--viewer", "country")
        assert (code, output.splitlines()[-1]) == (
            2,
            "Error: Invalid value for '--viewer': 'country' is not NAME=VALUE",
        )


def test_help_has_examples():
    status, output = run("--help")
    assert status == 0
    assert "edgeproxy explain '/products?page=2'" in output
    assert "why are these two objects?" in output
