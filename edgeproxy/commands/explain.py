"""`edgeproxy explain`: why a request is a Hit, a Miss or an Error, and why two requests do not share an object."""

import re
import sys
from typing import Any
from urllib.parse import quote

import click
import orjson

from edgeproxy.commands import explain_view
from edgeproxy.commands.viewer import values_of
from edgeproxy.inspector.client import AdminError, Client
from edgeproxy.rules.key_parts import differences

_URL = re.compile(r"(?:(?P<scheme>https?)://(?P<host>[^/?#]+))?(?P<target>/[^#]*|\?[^#]*)?(?:#.*)?", re.DOTALL | re.IGNORECASE)
_AS_IT_IS = "".join(chr(code) for code in range(33, 127))
"""Characters of a URL that are sent as they stand; a browser percent-encodes the others as UTF-8."""


def _headers(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[list[str]]:
    pairs = []
    for value in values:
        name, colon, rest = value.partition(":")
        if not colon or not name:
            raise click.BadParameter(f"{value!r} is not 'Name: value'")
        pairs.append([name, rest.strip(" \t")])
    return pairs


@click.command(short_help="Why a request is a Hit or a Miss.")
@click.argument("url")
@click.argument("other", required=False, metavar="[URL2]")
@click.option(
    "-H", "--header", "headers", multiple=True, callback=_headers, metavar="'NAME: VALUE'", help="A header; repeatable."
)
@click.option("-X", "--method", default="GET", show_default=True, metavar="METHOD", help="The method.")
@click.option(
    "--viewer",
    multiple=True,
    callback=values_of,
    metavar="NAME=VALUE",
    help="As of this viewer: country=FR; repeatable.",
)
@click.option("--no-cache", is_flag=True, help="Ask the origin, store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--admin-port", type=click.IntRange(1, 65535), help="The proxy's admin port; needed when several proxies run.")
def explain(
    url: str,
    other: str | None,
    headers: list[list[str]],
    method: str,
    viewer: dict[str, str],
    no_cache: bool,
    as_json: bool,
    admin_port: int | None,
) -> None:
    """Make a request through a proxy that runs with --admin-port, and say what decided about it.

    Tells the behavior, the cache key, why it is a Hit or a Miss, where the TTL is from, what is stored, and each function.
    With URL2, tells which part of the key keeps the two apart, and what would make them share an object.

    URL is a whole one or a path. The request is real: the origin is asked, the cache filled. Secrets are hidden:
    (hidden, 1a2b) and (hidden, 3c4d) are two different values.

    \b
    edgeproxy explain '/products?page=2'                why is this a Miss?
    edgeproxy explain '/a?utm=mail' '/a?utm=app'        why are these two objects?
    edgeproxy explain / --viewer country=FR             as a viewer there sees it
    edgeproxy explain https://www.example.com/ -H 'Cookie: session=1'
    edgeproxy explain /cart -X POST --json
    """
    questions = [question_of(text, method, headers, cache=not no_cache) for text in (url, other) if text is not None]
    if viewer:
        questions = [{**question, "viewer": viewer} for question in questions]
    try:
        proxy = Client(admin_port)
        stories = [proxy.explain(question) for question in questions]
    except AdminError as error:
        raise click.ClickException(str(error)) from None
    click.echo(_json(stories) if as_json else _text(stories, colour=sys.stdout.isatty()))


def _text(stories: list[dict[str, Any]], *, colour: bool) -> str:
    if len(stories) == 1:
        return explain_view.render(stories[0], colour=colour)
    return explain_view.compare(*stories, colour=colour)


def _json(stories: list[dict[str, Any]]) -> str:
    """The story, or two of them and what keeps their keys apart."""
    if len(stories) == 1:
        content = stories[0]
    else:
        first, second = stories
        both = first["key"] is not None and second["key"] is not None
        found = differences(explain_view.parts(first), explain_view.parts(second)) if both else []
        content = {"first": first, "second": second, "differences": [difference._asdict() for difference in found]}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def question_of(url: str, method: str, headers: list[list[str]], *, cache: bool) -> dict[str, Any]:
    """What the proxy is asked; the Host is the one of -H, else that of the URL. Raises click.UsageError."""
    found = _URL.fullmatch(url)
    if found is None or not (found["host"] or found["target"]):
        raise click.UsageError(f"{url!r} is neither a URL (http:// or https://) nor a path that begins with /")
    target = found["target"] or "/"
    question: dict[str, Any] = {"method": method, "target": _encoded(target if target[0] == "/" else f"/{target}")}
    hosts = [value for name, value in headers if name.lower() == "host"] or ([found["host"]] if found["host"] else [])
    others = [pair for pair in headers if pair[0].lower() != "host"]
    if found["scheme"]:
        question["scheme"] = found["scheme"].lower()
    return {**question, "headers": others, "cache": cache, **({"host": hosts[-1]} if hosts else {})}


def _encoded(target: str) -> str:
    return quote(target, safe=_AS_IT_IS, errors="surrogateescape")
