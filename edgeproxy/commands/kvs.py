"""`edgeproxy kvs`: the key value stores of a running proxy, from the command line."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgeproxy.inspector.client import AdminError, Client

Result = TypeVar("Result")

_store = click.option("--store", metavar="NAME", help="The store; needed when there are several.")
_port = click.option(
    "--admin-port", type=click.IntRange(1, 65535), help="The proxy's admin port; needed when several proxies run."
)


@click.group(short_help="List, get, put and delete keys of a running proxy's key value stores.")
def kvs() -> None:
    """The key value stores of a proxy that runs with --admin-port. Changes reach the next request.

    \b
    edgeproxy kvs list                                every key with its value
    edgeproxy kvs get /old
    edgeproxy kvs put /old /new --store redirects
    edgeproxy kvs delete /old
    """


@kvs.command("list", short_help="Every key with its value.")
@_store
@_port
def list_(store: str | None, admin_port: int | None) -> None:
    """Print every key and its value, a tab between; what does not print stands as JSON text.

    \b
    edgeproxy kvs list --store redirects
    """
    for key, value in _ask(admin_port, store, lambda proxy, name: proxy.pairs(name)).items():
        click.echo(f"{_printable(key)}\t{_printable(value)}")


@kvs.command(short_help="The value of a key.")
@click.argument("key")
@_store
@_port
def get(key: str, store: str | None, admin_port: int | None) -> None:
    """Print the value of KEY as it is; exit with 1 when there is none.

    \b
    edgeproxy kvs get /old
    """
    click.echo(_ask(admin_port, store, lambda proxy, name: proxy.get(name, key)))


@kvs.command(short_help="Set a key.")
@click.argument("key")
@click.argument("value")
@_store
@_port
def put(key: str, value: str, store: str | None, admin_port: int | None) -> None:
    """Set KEY to VALUE.

    \b
    edgeproxy kvs put /old /new --store redirects
    """
    click.echo(_figures(_ask(admin_port, store, lambda proxy, name: proxy.put(name, key, value))))


@kvs.command(short_help="Remove a key.")
@click.argument("key")
@_store
@_port
def delete(key: str, store: str | None, admin_port: int | None) -> None:
    """Remove KEY; one that is not there is no error.

    \b
    edgeproxy kvs delete /old
    """
    click.echo(_figures(_ask(admin_port, store, lambda proxy, name: proxy.delete(name, key))))


def _ask(port: int | None, store: str | None, question: Callable[[Client, str], Result]) -> Result:
    try:
        proxy = Client(port)
        return question(proxy, store or _only_store(proxy))
    except AdminError as error:
        raise click.ClickException(str(error)) from None


def _only_store(proxy: Client) -> str:
    names = [str(store["name"]) for store in proxy.stores()]
    if not names:
        raise AdminError("the proxy has no key value store")
    if len(names) > 1:
        raise AdminError(f"say which: --store {' or '.join(names)}")
    return names[0]


def _figures(store: dict[str, Any]) -> str:
    keys = store["keys"]
    return f"{store['name']}: {keys} key{'' if keys == 1 else 's'}, {store['size']:,} bytes"


def _printable(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)
