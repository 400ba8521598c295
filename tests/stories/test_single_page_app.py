"""`configs/spa` as it stands: a bucket, a rewrite, redirect-to-https, 403 and 404 shown as the app, security headers."""

import shutil
from pathlib import Path

import pytest

from edgeproxy import project

SPA = Path(__file__).parent.parent.parent / "configs" / "spa"
DIST = SPA / "dist"
APP = (DIST / "index.html").read_bytes()
ASSET = "/assets/app.5f2c91d0.js"
SCRIPT = (DIST / ASSET[1:]).read_bytes()
SECURITY_HEADERS = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block",
}


def security_headers(seen):
    return {name: seen[name] for name in SECURITY_HEADERS}


@pytest.fixture
def copy(tmp_path):
    """The project in a place where it may be changed."""
    return shutil.copytree(SPA, tmp_path / "spa")


@pytest.fixture
def over_http(copy):
    """The same, for viewers that come over plain HTTP."""
    with (copy / "edgeproxy.yaml").open("a") as settings:
        settings.write("viewer: {scheme: http}\n")
    return copy


def test_check_finds_it_fit_to_serve():
    configuration, problems = project.check(project.Source(SPA, {}, {}))
    assert problems == []
    noted = [each.property for each in configuration.distributions[0].not_honoured]
    assert noted == ["DistributionConfig.HttpVersion"]


async def test_the_first_page_is_the_root_object(running):
    async with running(SPA) as proxy:
        seen = await proxy.get("/")
        assert (seen.status, seen.x_cache, seen.body) == (200, "Miss", APP)
        assert seen["Content-Type"] == "text/html"
        assert (await proxy.get("/index.html")).x_cache == "Hit"


async def test_a_deep_link_shows_the_app(running):
    async with running(SPA) as proxy:
        seen = await proxy.get("/orders/42")
        assert (seen.status, seen.x_cache, seen.body) == (200, "Error", APP), "CF-47"
        assert seen["Content-Type"] == "text/html"
        again = await proxy.get("/orders/42")
        assert (again.status, again.x_cache, again.body) == (200, "Error", APP)
        assert again["Age"] == "0", "the page came from the cache"
        assert (await proxy.get("/")).x_cache == "Hit", "it is the same object"


async def test_what_the_rewrite_finds_is_no_deep_link(running):
    async with running(SPA) as proxy:
        seen = await proxy.get("/help")
        assert (seen.status, seen.x_cache) == (200, "Miss")
        assert b"<h1>Help</h1>" in seen.body
        assert (await proxy.get("/help/")).x_cache == "Hit"


async def test_an_asset_is_a_miss_and_then_a_hit_with_its_age(running):
    async with running(SPA) as proxy:
        first = await proxy.get(ASSET)
        assert (first.status, first.x_cache, first["Age"], first.body) == (200, "Miss", None, SCRIPT), "CF-16"
        assert first["Content-Type"] == "text/javascript"
        proxy.proxy.clock.offset += 100
        again = await proxy.get(ASSET)
        assert (again.status, again.x_cache, again.body) == (200, "Hit", SCRIPT)
        assert int(again["Age"]) in (100, 101)
        assert again["Date"] == first["Date"]


async def test_security_headers_are_on_every_answer(running):
    async with running(SPA) as proxy:
        answers = {
            "Miss": await proxy.get(ASSET),
            "Hit": await proxy.get(ASSET),
            "custom error page": await proxy.get("/orders/42"),
            "304": await proxy.get(ASSET, ("If-None-Match", "*")),
            "206": await proxy.get(ASSET, ("Range", "bytes=0-0")),
            "416": await proxy.get(ASSET, ("Range", "bytes=99999-")),
            "HEAD": await proxy.get(ASSET, method="HEAD"),
        }
    assert {name: security_headers(seen) for name, seen in answers.items()} == dict.fromkeys(answers, SECURITY_HEADERS)
    assert [seen.status for seen in answers.values()] == [200, 200, 200, 304, 206, 416, 200]


async def test_security_headers_are_on_cloudfronts_own_error_page(running, copy):
    template = copy / "template.yaml"
    template.write_text(template.read_text().replace("const request = event.request;", "throw new Error('broken');"))
    async with running(copy) as proxy:
        seen = await proxy.get("/")
    assert (seen.status, seen.x_cache) == (503, "FunctionExecutionError")
    assert security_headers(seen) == SECURITY_HEADERS


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_plain_http_is_redirected(running, over_http, method):
    async with running(over_http) as proxy:
        seen = await proxy.get("/orders/42?from=mail&x=%20", method=method)
        assert (seen.status, seen.x_cache) == (301, "Redirect"), "CF-1"
        assert seen["Location"] == "https://app.example.com/orders/42?from=mail&x=%20"
        assert seen["Content-Length"] == "167"
        assert len(seen.body) == (167 if method == "GET" else 0)
        assert seen["Server"] == "CloudFront"
        assert security_headers(seen) == SECURITY_HEADERS
    assert "viewer-request" not in proxy.terminal, "the function did not run"


async def test_a_redirect_keeps_the_name_that_the_viewer_used(running, over_http):
    async with running(over_http) as proxy:
        domain_name = proxy.proxy.configuration.distributions[0].domain_name
        seen = await proxy.get("/a", host=f"{domain_name}:8080")
    assert seen["Location"] == f"https://{domain_name}/a"


async def test_head_is_answered_without_a_body_and_with_its_length(running):
    async with running(SPA) as proxy:
        for path, length in [(ASSET, len(SCRIPT)), ("/orders/42", len(APP))]:
            for _ in range(2):
                seen = await proxy.get(path, method="HEAD")
                assert (seen.status, seen.body, seen["Content-Length"]) == (200, b"", str(length))
        await proxy.get(ASSET)
        seen = await proxy.get(ASSET, method="HEAD")
        assert (seen.x_cache, seen.body, seen["Content-Length"]) == ("Hit", b"", str(len(SCRIPT))), "CF-64"


RANGES = [
    pytest.param("bytes=0-5", 206, SCRIPT[:6], f"bytes 0-5/{len(SCRIPT)}", id="the first bytes"),
    pytest.param("bytes=-4", 206, SCRIPT[-4:], f"bytes {len(SCRIPT) - 4}-{len(SCRIPT) - 1}/{len(SCRIPT)}", id="the last bytes"),
    pytest.param("bytes=10-", 206, SCRIPT[10:], f"bytes 10-{len(SCRIPT) - 1}/{len(SCRIPT)}", id="from a byte to the end"),
    pytest.param("bytes=9-5", 200, SCRIPT, None, id="CF-48 a range that is none counts as no range"),
    pytest.param("lines=1-2", 200, SCRIPT, None, id="a unit that is none counts as no range"),
    pytest.param(f"bytes={len(SCRIPT)}-", 416, b"", f"bytes */{len(SCRIPT)}", id="nothing there"),
]


@pytest.mark.parametrize(("asked", "status", "body", "content_range"), RANGES)
async def test_a_range_of_an_asset(running, asked, status, body, content_range):
    async with running(SPA) as proxy:
        for x_cache in ("Miss", "Hit"):
            seen = await proxy.get(ASSET, ("Range", asked))
            assert (seen.status, seen["Content-Range"]) == (status, content_range)
            assert seen.x_cache == ("Error" if status == 416 else x_cache)
            # On a cold key the answer is the bucket's own, its 416 has a page.
            assert seen.body == body or (status, x_cache) == (416, "Miss")
            await proxy.get(ASSET)
        whole = await proxy.get(ASSET)
        assert (whole.status, whole.x_cache, whole.body) == (200, "Hit", SCRIPT)


async def test_what_the_viewer_has_is_not_sent_again(running):
    async with running(SPA) as proxy:
        etag = (await proxy.get(ASSET))["ETag"]
        for value in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            seen = await proxy.get(ASSET, ("If-None-Match", value))
            assert (seen.status, seen.x_cache, seen.body, seen["ETag"]) == (304, "Hit", b"", etag), "CF-26"
        changed = await proxy.get(ASSET, ("If-None-Match", '"other"'))
        assert (changed.status, changed.body) == (200, SCRIPT)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PROPFIND"])
async def test_a_method_that_is_not_allowed_is_a_403_and_so_the_app(running, method):
    async with running(SPA) as proxy:
        seen = await proxy.get("/orders", ("Content-Length", "0"), method=method)
    assert (seen.status, seen.x_cache, seen.body) == (200, "Error", APP)
    assert "is not among AllowedMethods GET, HEAD" in proxy.terminal


OUTSIDE = [
    "/../edgeproxy.yaml",
    "/assets/../../edgeproxy.yaml",
    "/%2e%2e/edgeproxy.yaml",
    "/%2E%2E%2Fedgeproxy.yaml",
    "/..%2fedgeproxy.yaml",
    "/assets/%2e%2e/%2e%2e/edgeproxy.yaml",
    "/..%5cedgeproxy.yaml",
    "/..\\edgeproxy.yaml",
    "/%252e%252e/edgeproxy.yaml",
    "//edgeproxy.yaml",
    "/%2fetc%2fhosts.conf",
    "/edgeproxy.yaml%00.js",
    "/link.yaml",
    "/up/edgeproxy.yaml",
    "/up/../up/template.yaml",
]


async def test_nothing_outside_dist_can_be_fetched(running, copy):
    (copy / "dist" / "link.yaml").symlink_to(copy / "edgeproxy.yaml")
    (copy / "dist" / "up").symlink_to(copy)
    async with running(copy) as proxy:
        for path in OUTSIDE:
            seen = await proxy.get(path)
            assert (seen.status, seen.x_cache, seen.body) == (200, "Error", APP), path


async def test_a_path_that_is_not_utf_8_is_s3s_400(running):
    async with running(SPA) as proxy:
        seen = await proxy.get("/%c0%ae%c0%ae/edgeproxy.yaml")
    assert (seen.status, seen.x_cache) == (400, "Error")
    assert b"<Code>InvalidURI</Code>" in seen.body


async def test_a_link_inside_dist_is_an_object(running, copy):
    (copy / "dist" / "latest.js").symlink_to(copy / "dist" / ASSET[1:])
    async with running(copy) as proxy:
        seen = await proxy.get("/latest.js")
    assert (seen.status, seen.x_cache, seen.body) == (200, "Miss", SCRIPT)
