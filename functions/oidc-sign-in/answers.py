"""What the four handlers read of a request and answer: cookies, redirects within the site, pages."""

import html
import re
from collections import Counter
from http import HTTPStatus
from urllib.parse import parse_qsl

ID_TOKEN = "__Host-id-token"
REFRESH_TOKEN = "__Secure-refresh-token"
# The refresh token goes to the paths that need it only, which the prefix __Host- does not allow.
PATHS = {REFRESH_TOKEN: "/auth/"}
# One slash, no more: //elsewhere.example and /\elsewhere.example are other sites to a browser.
PATH = re.compile(r"/(?!/)[\x21\x23-\x5b\x5d-\x7e]{0,1999}")
# A browser drops a larger cookie without a word, and the visitor would go in circles.
COOKIE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,3800}")
# Nothing of what is said here is kept, framed, or told to the next site: the URL of the callback holds a code.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
<p><a href="{link}">{label}</a></p>
</html>
"""


def request_of(event):
    return event["Records"][0]["cf"]["request"]


def header(request, name):
    return request["headers"].get(name, [{"value": ""}])[0]["value"]


def cookies_of(request):
    lines = (line["value"] for line in request["headers"].get("cookie", []))
    pairs = (pair.strip().partition("=") for line in lines for pair in line.split(";"))
    return {name: value for name, equals, value in pairs if equals}


def query_of(request):
    """Its parameters; one that is there twice is none."""
    pairs = parse_qsl(request["querystring"])
    times = Counter(name for name, _ in pairs)
    return {name: value for name, value in pairs if times[name] == 1}


def is_navigation(request):
    """Does a person go to this address? A script or an image could not follow to the provider; browsers say which it is."""
    return request["method"] in ("GET", "HEAD") and header(request, "sec-fetch-mode") in ("navigate", "")


def path_of(request):
    """Where the visitor wants to go, as it can be gone to later; the root when it cannot."""
    path = request["uri"] + ("?" + request["querystring"] if request["querystring"] else "")
    return path if is_path(path) else "/"


def is_path(text):
    """Is it a path of the site, and none of these handlers?"""
    return PATH.fullmatch(text) is not None and not text.startswith("/auth/")


def cookie(name, value, seconds=None):
    """Lasts as long as the browser is open, unless a time is given."""
    lasts = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path={PATHS.get(name, '/')}{lasts}; Secure; HttpOnly; SameSite=Lax"


def forget(*names):
    return [cookie(name, "", 0) for name in names]


def redirect(url, cookies=()):
    return answer(302, {"Location": url}, cookies)


def page(status, title, text, link="/", label="Start again", cookies=(), more=()):
    """The texts are ours, never the request's."""
    texts = {"title": title, "text": text, "link": link, "label": label}
    body = PAGE.format(**{name: html.escape(value) for name, value in texts.items()})
    return answer(status, {"Content-Type": "text/html; charset=utf-8", **dict(more)}, cookies, body)


def unavailable():
    text = "The identity provider cannot be asked at the moment. Please try again in a minute."
    return page(503, "Please try again", text, more=[("Retry-After", "60")])


def answer(status, headers, cookies, body=""):
    lines = {name.lower(): [{"key": name, "value": value}] for name, value in {**HEADERS, **headers}.items()}
    if cookies:
        lines["set-cookie"] = [{"key": "Set-Cookie", "value": value} for value in cookies]
    return {"status": str(status), "statusDescription": HTTPStatus(status).phrase, "headers": lines, "body": body}
