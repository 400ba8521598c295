"""The origin's two framings, read as the benchmark reads them."""

import pytest

from loadtests.bench import body, viewer
from loadtests.processes import running

SIZE = 700_001


@pytest.fixture(scope="module")
def origin():
    with running("loadtests.bench.origin", SIZE) as server:
        yield server.address


@pytest.mark.parametrize("path", body.PATHS)
def test_the_whole_body_is_read_and_counted(origin, path):
    seconds, size, x_cache = body.read(origin, path)
    assert size == SIZE
    assert seconds > 0
    assert x_cache is None


def test_framing_is_as_the_path_says(origin):
    length, chunked = (dict(viewer.ask(origin, path).headers) for path in ("/length", "/chunked"))
    assert length["Content-Length"] == str(SIZE)
    assert "Transfer-Encoding" not in length
    assert chunked["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in chunked


def test_any_other_path_is_small(origin):
    assert len(viewer.ask(origin, "/small").body) == 1000
