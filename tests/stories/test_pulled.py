"""What `edgeproxy pull` wrote, served: every piece of a deployed distribution does its work here."""

import time

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from kit_aws import shop
from kit_signed import PEM, signed

from edgeproxy import project
from edgeproxy.pulling.distribution import pull


@pytest.fixture
def folder(tmp_path):
    pull(shop(PEM).account, "E2QWRUHAPOMQZL", tmp_path / "shop", lambda line: None)
    (tmp_path / "public" / "private").mkdir(parents=True)
    (tmp_path / "public" / "index.html").write_text("home")
    (tmp_path / "public" / "private" / "a").write_text("for readers")
    return tmp_path / "shop"


def test_as_it_is_its_secret_and_its_bucket_are_missing_and_it_says_what_to_do(folder):
    _, problems = project.check(project.Source(folder, {}, {}))
    secret, problem = problems
    assert secret.message == "the environment variable APP_X_ORIGIN_VERIFY is not set"
    assert problem.message == "bucket site-bucket.s3.eu-central-1.amazonaws.com has no place on this machine"
    assert "--origin site=DIRECTORY" in problem.hint


async def test_a_pulled_distribution_is_served(folder, running, app, monkeypatch):
    monkeypatch.setenv("APP_X_ORIGIN_VERIFY", "known-here")
    text = (folder / "edgeproxy.yaml").read_text().replace("  # site: ./public ", "  site: ../public ")
    text = text.replace("  # app: http://127.0.0.1:3000 ", f"  app: {app.url} ")
    (folder / "edgeproxy.yaml").write_text(text)
    configuration, problems = project.check(project.Source(folder, {}, {}))
    assert problems == []
    (distribution,) = configuration.distributions
    assert (distribution.id, distribution.domain_name) == ("E2QWRUHAPOMQZL", "d111111abcdef8.cloudfront.net")
    async with running(folder) as proxy:
        moved = await proxy.get("/old", host="www.shop.test")
        assert (moved.status, moved.body, moved["X-Frame-Options"]) == (200, b"home", "DENY")
        assert [(await proxy.get(target)).x_cache for target in ("/?page=2", "/?page=2&x=1")] == ["Miss", "Hit"]
        assert (await proxy.get("/private/a")).status == 403
        expires = int(time.time()) + 60
        url = "https://www.shop.test/private/a"
        assert (await proxy.get(f"/private/a?{signed(url, expires)}", host="www.shop.test")).body == b"for readers"
        assert (await proxy.get("/api/a")).body == b"E2QWRUHAPOMQZL us-east-1.edge|known-here|production"


@pytest.fixture
async def app():
    async def answer(request):
        return web.Response(text="|".join(request.headers[name] for name in ("X-Edge", "X-Origin-Verify", "X-Stage")))

    async with RawTestServer(answer) as server:
        server.url = str(server.make_url("")).rstrip("/")
        yield server
