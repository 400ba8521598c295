import pytest

from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.object_metadata import read_metadata
from edgeproxy.config.parameters import Parameters
from edgeproxy.errors import ConfigError


def read(system=None, user=None):
    scope = Scope(Node({}), Parameters(Node({}), {}), {}, GivenValues())
    return read_metadata(*(None if each is None else plain(each) for each in (system, user)), scope)


READ = [
    pytest.param(None, None, (), id="nothing"),
    pytest.param({"cache-control": "no-cache"}, None, (("Cache-Control", "no-cache"),), id="Cache-Control"),
    pytest.param(
        {
            "content-type": "text/plain; charset=utf-8", "content-encoding": "br", "content-disposition": "attachment",
            "content-language": "de", "expires": "Thu, 01 Jan 2026 00:00:00 GMT",
        },
        None,
        (
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Encoding", "br"), ("Content-Disposition", "attachment"),
            ("Content-Language", "de"), ("Expires", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ),
        id="each that S3 answers with",
    ),
    pytest.param(None, {"Team": "web"}, (("x-amz-meta-team", "web"),), id="the user's own"),
    pytest.param(None, {"x-amz-meta-team": "web"}, (("x-amz-meta-team", "web"),), id="with their prefix, as older CDKs write them"),
    pytest.param({"content-language": {"Ref": "AWS::Region"}}, None, (("Content-Language", "us-east-1"),), id="referred to"),
    pytest.param({"acl": "public-read", "sse": "AES256", "storage-class": "STANDARD_IA"}, None, (), id="what no answer shows"),
    pytest.param(None, {"city": "Zürich"}, (("x-amz-meta-city", "Zürich".encode().decode("latin-1")),), id="not ASCII"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "user", "headers"), READ)
def test_the_headers_that_it_becomes(system, user, headers):
    assert read(system, user) == (headers, ())


def test_what_is_not_known_is_left_out():
    found = read({"cache-control": "no-cache", "website-redirect": "/new"})
    assert (found.headers, [node.value for node in found.left_out]) == ((("Cache-Control", "no-cache"),), ["/new"])


BAD = [
    pytest.param({"cache-control": "a\r\nSet-Cookie: b"}, None, "has a control character", id="a line break in a value"),
    pytest.param(None, {"a: b\r\nc": "d"}, "cannot be the name", id="a name that ends its line"),
    pytest.param(
        {"cache-control": {"Ref": "Nothing"}}, None, "there is no parameter or resource Nothing", id="a bad reference"
    ),
]


@pytest.mark.parametrize(("system", "user", "message"), BAD)
def test_what_cannot_be_stored(system, user, message):
    with pytest.raises(ConfigError) as caught:
        read(system, user)
    assert message in caught.value.problems[0].message
