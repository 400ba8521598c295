import pytest

from edgeproxy.errors import OriginError
from edgeproxy.model import CustomErrorResponse
from edgeproxy.rules import error_pages
from edgeproxy.rules.error_pages import Substitution

REQUEST_ID = "A" * 54 + "=="


@pytest.mark.parametrize(
    ("status", "sentence", "length"),
    [
        pytest.param(403, "Bad request.", 915, id="CF-61 an unknown alias"),
        pytest.param(403, "Request blocked.", 919, id="blocked"),
        pytest.param(
            403,
            "This distribution is not configured to allow the HTTP request method that was used for this request. "
            "The distribution supports only cachable requests.",
            1053,
            id="CF-5 a method that is not allowed",
        ),
        pytest.param(
            403,
            "The Amazon CloudFront distribution is configured to block access from your country.",
            986,
            id="a blocked country",
        ),
        pytest.param(502, OriginError.RESOLVE, 960, id="CF-51 an origin name that does not resolve"),
        pytest.param(502, OriginError.CONNECT, 951, id="CF-52 a closed port"),
        pytest.param(504, OriginError.ATTEMPT, 1033, id="CF-53 a silent origin"),
    ],
)
def test_an_error_page_has_cloudfronts_length(status, sentence, length):
    page = error_pages.page(status, sentence, REQUEST_ID)
    assert len(page) == length
    assert page.splitlines()[4] == f"<H1>{status} ERROR</H1>".encode()
    assert page.splitlines()[7] == sentence.encode()
    assert f"\nRequest ID: {REQUEST_ID}\n".encode() in page


def test_a_sentence_is_text_not_markup():
    assert b"<b>" not in error_pages.page(502, "<b>{status}\u2028", REQUEST_ID)


def test_the_page_of_the_redirect():
    page = error_pages.redirect(301)
    assert len(page) == 167
    assert page.splitlines()[1] == b"<head><title>301 Moved Permanently</title></head>"
    assert page.count(b"\r\n") == page.count(b"\n") == 7


def test_the_page_of_a_307_names_its_status():
    assert error_pages.redirect(307).count(b"307 Temporary Redirect") == 2


def test_the_headers_of_a_page():
    assert error_pages.headers(784111777).items == (
        ("Server", "CloudFront"),
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Content-Type", "text/html"),
    )


def test_an_error_with_a_page_of_its_own_is_replaced():
    items = [CustomErrorResponse(404, "/e.html", 200), CustomErrorResponse(500, error_caching_min_ttl=0)]
    compiled = error_pages.compile(items)
    assert [error_pages.substitute(compiled, status) for status in (404, 500, 403)] == [
        Substitution("/e.html", 200),
        None,
        None,
    ]
