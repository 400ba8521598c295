"""`edgeproxy invalidate`: makes a running proxy forget stored objects, from the command line."""

import click

from edgeproxy.inspector.client import AdminError, Client
from edgeproxy.rules.invalidation import hint


@click.command(short_help="Make a running proxy forget stored objects.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--distribution", metavar="NAME", help="Its name, id, domain name or alias; without it, every distribution.")
@click.option("--admin-port", type=click.IntRange(1, 65535), help="The proxy's admin port; needed when several proxies run.")
def invalidate(paths: tuple[str, ...], distribution: str | None, admin_port: int | None) -> None:
    """Make a proxy that runs with --admin-port forget what PATHs name, as an invalidation of CloudFront does.

    Case counts, and each query string is an object of its own. A * is a wildcard as the last character only: quote it.

    \b
    edgeproxy invalidate /index.html
    edgeproxy invalidate '/images/*' '/a.css?v=1'
    edgeproxy invalidate '/*' --distribution shop.example.com
    """
    try:
        removed = Client(admin_port).invalidate(paths, distribution)
    except AdminError as error:
        raise click.ClickException(str(error)) from None
    for path, count in removed.items():
        click.echo(_line(path, count))


def _line(path: str, count: int) -> str:
    if count:
        return f"{path}: {count:,} object{'' if count == 1 else 's'}"
    return f"{path}: nothing was stored; {hint(path)}"
