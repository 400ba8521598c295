import pytest
from kit import behavior, chunks_of, policy

from edgeproxy.messages import EMPTY, Bytes, Headers, Response, Stream
from edgeproxy.model import ForwardedValues
from edgeproxy.rules import cache_key, compression

HTML = ("Content-Type", "text/html")
BOTH = compression.Compiled(("br", "gzip"))


def compiled(cache, compress=True):
    declared = behavior(cache=cache, compress=compress)
    return compression.compile(declared, cache_key.compile(declared))


@pytest.mark.parametrize(
    ("cache", "compress", "codings"),
    [
        pytest.param(policy(gzip=True, brotli=True), True, ("br", "gzip"), id="both, br first"),
        pytest.param(policy(gzip=True), True, ("gzip",), id="gzip alone"),
        pytest.param(policy(brotli=True), True, ("br",), id="br alone"),
        pytest.param(policy(), True, None, id="a cache policy without the flags compresses nothing"),
        pytest.param(policy(gzip=True, brotli=True), False, None, id="a behavior without Compress compresses nothing"),
        pytest.param(policy(0, 0, 0, gzip=True), True, None, id="where caching is disabled nothing is compressed"),
        pytest.param(ForwardedValues(), True, ("gzip",), id="legacy settings know gzip alone"),
        pytest.param(ForwardedValues(headers=("*",)), True, None, id="legacy settings that forward all headers cache nothing"),
    ],
)
def test_what_a_behavior_compresses_with(cache, compress, codings):
    found = compiled(cache, compress)
    assert (found.codings if found else None) == codings


def answer(status=200, size=5000, headers=(HTML,), length=None, body=None):
    stated = [] if length == "" else [("Content-Length", length or str(size))]
    return Response(status, Headers([*headers, *stated]), body or Bytes(b"x" * size))


def stream(size):
    return Stream(chunks_of(b""), size)


EVERYONE = "br,gzip"
COMPRESSED = [
    pytest.param(answer(), EVERYONE, "br: text/html, 5,000 bytes", id="CF-35 br where the viewer accepts both"),
    pytest.param(answer(), "br", "br: text/html, 5,000 bytes", id="CF-35 br alone"),
    pytest.param(answer(), "gzip", "gzip: text/html, 5,000 bytes", id="CF-35 gzip where the viewer does not accept br"),
    pytest.param(answer(403), EVERYONE, "br: text/html, 5,000 bytes", id="403 is compressed"),
    pytest.param(answer(404), EVERYONE, "br: text/html, 5,000 bytes", id="CF-39 404 is compressed"),
    pytest.param(answer(size=1000), EVERYONE, "br: text/html, 1,000 bytes", id="the smallest"),
    pytest.param(
        answer(size=10_000_000, body=stream(10_000_000)), EVERYONE, "br: text/html, 10,000,000 bytes", id="the largest"
    ),
    pytest.param(answer(length="0005000"), EVERYONE, "br: text/html, 5,000 bytes", id="a length with zeros before it"),
    pytest.param(
        answer(headers=[("content-type", "Text/HTML ; charset=utf-8")]), EVERYONE, "br: text/html, 5,000 bytes",
        id="the type counts without parameters and case",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("response", "accepted", "words"), COMPRESSED)
def test_what_is_compressed(response, accepted, words):
    judged = compression.judge(BOTH, response, accepted, 60)
    assert judged.fact == ("compressed", words)
    assert judged.eligible


NOBODY = "the viewer does not accept br or gzip over HTTP/1.1"
NO_LENGTH = "it has no valid Content-Length"
STATUS = "only 200, 403 and 404 are compressed, not "
OUT_OF_RANGE = "bytes are not between 1,000 and 10,000,000"
UNCOMPRESSED = [
    pytest.param(answer(size=999), 60, f"999 {OUT_OF_RANGE}", id="CF-36 999 bytes are too few"),
    pytest.param(answer(body=stream(10_000_001), length="10000001"), 60, f"10,000,001 {OUT_OF_RANGE}", id="too many"),
    pytest.param(answer(body=EMPTY, length="0"), 60, f"0 {OUT_OF_RANGE}", id="no body"),
    pytest.param(answer(length=""), 60, NO_LENGTH, id="CF-37 no Content-Length, though all of it is there"),
    pytest.param(answer(length="", body=stream(None)), 60, NO_LENGTH, id="CF-37 chunked"),
    pytest.param(answer(body=stream(None)), 60, NO_LENGTH, id="CF-37 chunked in spite of its Content-Length"),
    pytest.param(answer(length="5e3"), 60, NO_LENGTH, id="a Content-Length that is no number"),
    pytest.param(answer(length="9" * 5000), 60, NO_LENGTH, id="a Content-Length of 5,000 digits"),
    pytest.param(answer(headers=[HTML, ("Content-Length", "5000")]), 60, NO_LENGTH, id="two Content-Lengths"),
    pytest.param(answer(length="6000"), 60, NO_LENGTH, id="a Content-Length that is not that of the body"),
    pytest.param(
        answer(headers=[("Content-Type", "font/woff2")]), 60, "font/woff2 is not in CloudFront's list of types",
        id="CF-38 font/woff2",
    ),
    pytest.param(answer(headers=[]), 60, "it has no Content-Type", id="no Content-Type"),
    pytest.param(
        answer(headers=[("Content-Type", "x/" + "y" * 100)]), 60, f"x/{'y' * 58} is not in CloudFront's list of types",
        id="a long type is not repeated whole",
    ),
    pytest.param(
        answer(headers=[HTML, ("Content-Encoding", "identity")]), 60, "it has Content-Encoding: identity",
        id="CF-38 Content-Encoding: identity",
    ),
    pytest.param(answer(headers=[HTML, ("Content-Encoding", "")]), 60, "it has Content-Encoding: ", id="an empty one"),
    pytest.param(answer(500), 60, f"{STATUS}500", id="CF-39 500"),
    pytest.param(answer(206), 60, f"{STATUS}206", id="a part"),
    pytest.param(answer(301), 60, f"{STATUS}301", id="a redirect"),
    pytest.param(answer(), 0, "what expires at once is not compressed", id="a TTL of 0"),
    pytest.param(answer(), None, "what is not stored is not compressed", id="not stored"),
]  # fmt: skip


@pytest.mark.parametrize(("response", "ttl", "words"), UNCOMPRESSED)
def test_what_is_not_compressed_for_anyone(response, ttl, words):
    judged = compression.judge(BOTH, response, EVERYONE, ttl)
    assert judged == ("", words, False)
    assert judged.fact == ("not compressed", words)
    assert compression.headers(judged, response.headers) is response.headers


@pytest.mark.parametrize(
    ("codings", "accepted", "words"),
    [
        pytest.param(("br", "gzip"), None, NOBODY, id="no Accept-Encoding"),
        pytest.param(("br", "gzip"), "identity", NOBODY, id="CF-40 nothing that CloudFront knows"),
        pytest.param(("gzip",), "br", "the viewer does not accept gzip over HTTP/1.1", id="another one"),
    ],
)
def test_what_this_viewer_is_sent_uncompressed(codings, accepted, words):
    judged = compression.judge(compression.Compiled(codings), answer(), accepted, 60)
    assert judged == ("", words, True)
    assert compression.headers(judged, Headers([("ETag", '"e"'), ("Content-Length", "5000")])) == Headers(
        [("ETag", '"e"'), ("Content-Length", "5000"), ("Vary", "Accept-Encoding")]
    )


def test_what_edge_code_made_needs_no_content_length():
    made = answer(length="")
    assert compression.judge(BOTH, made, "gzip", 60, made_here=True).coding == "gzip"
    assert compression.judge(BOTH, answer(size=999, length=""), "gzip", 60, made_here=True).coding == ""


TYPES = [
    ("application/javascript", True), ("application/json", True), ("application/rss+xml", True), ("application/wasm", True),
    ("application/vnd.ms-fontobject", True), ("application/xhtml+xml", True), ("application/x-httpd-cgi", True),
    ("font/ttf", True), ("font/otf", True), ("image/svg+xml", True), ("text/css", True), ("text/javascript", True),
    ("text/plain", True), ("text/x-component", True), ("vnd.apple.mpegurl", True), ("application/pdf", True),
    ("application/ld+json", False), ("application/manifest+json", False), ("application/problem+json", False),
    ("application/octet-stream", False), ("application/graphql", False), ("font/woff", False), ("font/woff2", False),
    ("image/bmp", False), ("image/png", False), ("image/x-icon", False), ("text/event-stream", False),
    ("text/markdown", False), ("text", False), ("text/", False), ("html", False),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "compressed"), TYPES, ids=[name for name, _ in TYPES])
def test_content_types(content_type, compressed):
    judged = compression.judge(BOTH, answer(headers=[("Content-Type", content_type)]), "gzip", 60)
    assert bool(judged.coding) is compressed


def test_the_list_is_as_long_as_that_of_aws():
    assert len(compression.CONTENT_TYPES) == 48
    assert all(name == name.lower().strip() for name in compression.CONTENT_TYPES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('"e"', 'W/"e"', id="CF-35 a strong one becomes weak"),
        pytest.param('W/"e"', 'W/"e"', id="a weak one stays"),
        pytest.param("e", None, id="an invalid one goes"),
        pytest.param("w/e", None, id="so does one with a small w"),
        pytest.param(None, None, id="none"),
    ],
)
def test_the_etag_of_what_is_compressed(before, after):
    items = [HTML, ("Content-Length", "5000"), *([("eTag", before)] if before else []), ("Accept-Ranges", "bytes")]
    assert compression.headers(compression.Judged("br", "", True), Headers(items)) == Headers([
        HTML, *([("eTag", after)] if after else []), ("Accept-Ranges", "bytes"), ("Content-Encoding", "br"),
        ("Vary", "Accept-Encoding"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([], ["Accept-Encoding"], id="none"),
        pytest.param(["Origin"], ["Origin, Accept-Encoding"], id="another name"),
        pytest.param(["Origin", "Cookie"], ["Origin, Cookie, Accept-Encoding"], id="two lines become one"),
        pytest.param(["Origin, accept-encoding"], ["Origin, accept-encoding"], id="it is there already"),
        pytest.param(["*"], ["*"], id="everything"),
        pytest.param(["X-Accept-Encoding"], ["X-Accept-Encoding, Accept-Encoding"], id="a name that only ends so"),
    ],
)
def test_vary(before, after):
    headers = Headers(("Vary", value) for value in before)
    assert compression.varying(headers).get_all("vary") == after
    assert compression.varies(compression.varying(headers))
