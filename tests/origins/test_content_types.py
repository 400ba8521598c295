import pytest

from edgeproxy.origins.content_types import CONTENT_TYPES, content_type

CASES = [
    pytest.param("index.html", "text/html", id="a page"),
    pytest.param("a/b/app.min.js", "text/javascript", id="the last extension counts"),
    pytest.param("PHOTO.JPG", "image/jpeg", id="in upper case"),
    pytest.param("font.woff2", "font/woff2", id="a font"),
    pytest.param("archive.tar.gz", "application/gzip", id="an archive"),
    pytest.param("README", "binary/octet-stream", id="no extension"),
    pytest.param("v1.2/README", "binary/octet-stream", id="a dot in a directory is none"),
    pytest.param(".json", "binary/octet-stream", id="a hidden file has none"),
    pytest.param("a.", "binary/octet-stream", id="an empty one"),
    pytest.param("a.xyz", "binary/octet-stream", id="an unknown one"),
]


@pytest.mark.parametrize(("key", "expected"), CASES)
def test_content_type(key: str, expected: str):
    assert content_type(key) == expected


def test_the_table_is_in_order_and_in_lower_case():
    assert list(CONTENT_TYPES) == sorted(CONTENT_TYPES)
    assert all(name == name.lower() for name in CONTENT_TYPES)
