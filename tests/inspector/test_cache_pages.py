import pytest
from kit_admin import Asking

from edgeproxy.inspector.cache_pages import CachePages
from edgeproxy.ports import DeskRefused


class Cache(Asking):
    """An admin listener over a desk that remembers what it was asked, and has stored nothing but /a."""

    def __init__(self):
        self.asked = []
        super().__init__(CachePages(self).routes())

    async def invalidate(self, paths, distribution=None):
        if distribution == "nobody":
            raise DeskRefused("ResourceNotFoundException", "there is no distribution nobody")
        self.asked.append((paths, distribution))
        return {path: int(path == "/a") for path in paths}


async def test_paths_are_invalidated_and_the_answer_counts():
    async with Cache() as cache:
        found = await cache.change("POST", "/invalidations", {"paths": ["/a", "/b*"]})
        assert found == (200, {"invalidated": {"/a": 1, "/b*": 0}})
        await cache.change("POST", "/invalidations", {"paths": ["/a"], "distribution": "Web"})
        assert cache.asked == [(["/a", "/b*"], None), (["/a"], "Web")]


async def test_an_unknown_distribution_is_not_found():
    async with Cache() as cache:
        status, found = await cache.change("POST", "/invalidations", {"paths": ["/a"], "distribution": "nobody"})
        assert (status, found["error"]) == (404, "ResourceNotFoundException")


REFUSED = [
    pytest.param([], id="a list"),
    pytest.param({}, id="no paths"),
    pytest.param({"paths": "/a"}, id="paths that are one text"),
    pytest.param({"paths": [1]}, id="a path that is a number"),
    pytest.param({"paths": ["/a"], "distribution": None}, id="a distribution that is null"),
    pytest.param({"paths": ["/a"], "distribution": "Web", "x": 1}, id="one property too many"),
    pytest.param({"paths": ["/a"], "callerReference": "1"}, id="an unknown property"),
    pytest.param(b"{", id="no JSON"),
]


@pytest.mark.parametrize("body", REFUSED)
async def test_another_body_is_refused(body):
    async with Cache() as cache:
        status, found = await cache.change("POST", "/invalidations", body)
        assert (status, found["error"], cache.asked) == (400, "ValidationException", [])


async def test_without_the_token_nothing_is_invalidated():
    async with Cache() as cache:
        assert (await cache.ask("POST", "/invalidations", {"paths": ["/a"]}))[0] == 401
        assert cache.asked == []
