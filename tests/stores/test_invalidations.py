import pytest
from kit import distribution

from edgeproxy.messages import Bytes, Headers, Response
from edgeproxy.ports import DeskRefused, Entry
from edgeproxy.stores.cache import MemoryCache
from edgeproxy.stores.invalidations import Invalidations

SHOP = distribution(name="Shop", aliases=("shop.example.com", "*.shop.test"))
BLOG = distribution(name="Blog")
STORED = ["Shop\n/a\nGET", "Shop\n/a\nOPTIONS", "Shop\n/a?x=1\nGET\naccept-encoding: gzip", "Shop\n/b\nGET", "Blog\n/a\nGET"]


async def desk(*distributions):
    cache = MemoryCache(1000)
    for key in STORED:
        await cache.put(key, Entry(Response(200, Headers(), Bytes(b"")), 0.0, 1.0, 200, 1))
    return cache, Invalidations(cache, lambda: distributions or (SHOP, BLOG))


async def test_each_path_counts_what_it_names_once():
    cache, invalidations = await desk()
    assert await invalidations.invalidate(["/a*", "/a?x=1", "/A", "/a*"]) == {"/a*": 4, "/a?x=1": 1, "/A": 0}
    assert [key for key in STORED if cache.get(key)] == ["Shop\n/b\nGET"]
    assert cache.invalidations == 1


NAMES = ["Shop", "shop", "dshop.cloudfront.net", "shop.example.com", "SHOP.example.com", "*.shop.test"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_distribution_is_named_by_whatever_it_is_known_by(name):
    cache, invalidations = await desk()
    assert await invalidations.invalidate(["/*"], name) == {"/*": 4}
    assert [key for key in STORED if cache.get(key)] == ["Blog\n/a\nGET"]


async def test_or_by_its_id():
    _, invalidations = await desk(SHOP)
    assert await invalidations.invalidate(["/a"], "E123") == {"/a": 2}


REFUSED = [
    pytest.param(([],), "ValidationException", "name at least one path", id="no path"),
    pytest.param((["/a", "b"],), "ValidationException", "'b' does not begin with a slash", id="a bad path"),
    pytest.param(
        (["/a"], "shop.exmple.com"),
        "ResourceNotFoundException",
        "there is no distribution shop.exmple.com; did you mean shop.example.com?",
        id="an unknown distribution",
    ),
    pytest.param((["/a"], "zzz"), "ResourceNotFoundException", "there is no distribution zzz", id="nothing like it"),
]


@pytest.mark.parametrize(("asked", "kind", "words"), REFUSED)
async def test_what_is_refused_removes_nothing(asked, kind, words):
    cache, invalidations = await desk()
    with pytest.raises(DeskRefused, match=words.replace("?", r"\?")) as caught:
        await invalidations.invalidate(*asked)
    assert (caught.value.kind, len(cache), cache.invalidations) == (kind, len(STORED), 0)
