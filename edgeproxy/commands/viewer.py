"""`edgeproxy viewer`: where the viewers of a running proxy are and what they use, from the command line."""

from typing import Any

import click

from edgeproxy.inspector.client import AdminError, Client
from edgeproxy.terminal import safe

RESET = "reset"
NOTHING = "nothing is given: viewers have no country, their devices are told from User-Agent"


def values_of(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE pairs. Raises click.BadParameter."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE")
        found[name] = value
    return found


def _changes(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str] | str:
    return RESET if texts == (RESET,) else values_of(context, parameter, texts)


@click.command(short_help="Change a running proxy's viewers: country, device, …")
@click.argument("changes", nargs=-1, callback=_changes, metavar="[NAME=VALUE…|reset]")
@click.option("--admin-port", type=click.IntRange(1, 65535), help="The proxy's admin port; needed when several proxies run.")
def viewer(changes: dict[str, str] | str, admin_port: int | None) -> None:
    """Show or change what CloudFront would find out about viewers, at a proxy that runs with --admin-port.

    Names are country, country_name, region, region_name, city, latitude, longitude, metro_code, postal_code, time_zone, asn,
    device (mobile, tablet, desktop, smarttv, android, ios), ja3 and ja4. NAME= takes a value away. Values hold until the proxy
    stops; objects in the cache stay.

    \b
    edgeproxy viewer                           what is given now
    edgeproxy viewer country=FR device=mobile
    edgeproxy viewer city=                     viewers have no city
    edgeproxy viewer reset                     back to the settings
    """
    try:
        proxy = Client(admin_port)
        if isinstance(changes, str):
            shown = proxy.reset_viewer()
        else:
            shown = proxy.change_viewer(changes) if changes else proxy.viewer()
    except AdminError as error:
        raise click.ClickException(str(error)) from None
    click.echo(in_words(shown))


def in_words(shown: dict[str, Any]) -> str:
    """A line for each value, and for each that was taken away."""
    values, changed = shown["values"], shown["changed"]
    rows = [(name, value, "set while running" if name in changed else "settings") for name, value in values.items()]
    rows += [(name, "(none)", "set while running") for name in changed if name not in values]
    widths = [max((len(safe(row[column])) for row in rows), default=0) for column in (0, 1)]
    return "\n".join(f"{name:{widths[0]}}  {safe(value):{widths[1]}}  {source}" for name, value, source in rows) or NOTHING
