"""`edgeproxy clock`: the clock of a running proxy, from the command line."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from edgeproxy.inspector.client import AdminError, Client

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""Unit -> its seconds."""
WORDS = {"day": 86_400, "hour": 3_600, "minute": 60}
_DURATION = re.compile(r"([+-]?)((?:[0-9]{1,15}(?:\.[0-9]{1,9})?[wdhms])+)")
_PART = re.compile(r"([0-9.]+)([wdhms])")

_port = click.option(
    "--admin-port", type=click.IntRange(1, 65535), help="The proxy's admin port; needed when several proxies run."
)


@click.group(invoke_without_command=True, short_help="Move a running proxy's clock.")
@_port
@click.pass_context
def clock(context: click.Context, admin_port: int | None) -> None:
    """Show or move the clock of a proxy that runs with --admin-port: what is stored ages, signatures expire.

    Origins do not know of it: an Expires that is less than the offset ahead has expired at once, max-age has not.

    \b
    edgeproxy clock                                   what it shows
    edgeproxy clock advance 1h30m
    edgeproxy clock set 2026-01-31T12:00:00Z
    edgeproxy clock reset
    """
    if context.invoked_subcommand is None:
        _ask(admin_port, Client.clock)
    # Said before the subcommand it counts as well as behind it.
    context.obj = admin_port


def seconds_of(text: str) -> float | None:
    """A duration in seconds; None when it is none."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    seconds = sum(float(amount) * SECONDS[unit] for amount, unit in _PART.findall(found[2]))
    return -seconds if found[1] == "-" else seconds


def _duration(context: click.Context, parameter: click.Parameter, value: str) -> float:
    seconds = seconds_of(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is not a duration such as 90s, 1h30m or 2w")
    return seconds


def moment_of(text: str) -> datetime:
    """A moment in ISO-8601. Raises click.BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a moment such as 2026-01-31T12:00:00Z") from None
    # Without a zone it is UTC: the same command has the same result on every machine.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(context: click.Context, parameter: click.Parameter, value: str) -> str:
    return moment_of(value).isoformat()


@clock.command(short_help="Move it by a duration.")
@click.argument("duration", callback=_duration)
@_port
@click.pass_obj
def advance(before: int | None, duration: float, admin_port: int | None) -> None:
    """Move the clock by DURATION, in s, m, h, d and w; back by one behind `--` that begins with a minus.

    \b
    edgeproxy clock advance 90s
    edgeproxy clock advance 1d12h
    edgeproxy clock advance -- -1h
    """
    _ask(admin_port or before, lambda proxy: proxy.advance_clock(duration))


@clock.command("set", short_help="Set it to a moment.")
@click.argument("moment", callback=_moment)
@_port
@click.pass_obj
def set_(before: int | None, moment: str, admin_port: int | None) -> None:
    """Set the clock to MOMENT, ISO-8601; without a zone it is UTC. It goes on from there.

    \b
    edgeproxy clock set 2026-01-31T12:00:00Z
    """
    _ask(admin_port or before, lambda proxy: proxy.set_clock(moment))


@clock.command(short_help="Back to real time.")
@_port
@click.pass_obj
def reset(before: int | None, admin_port: int | None) -> None:
    """Set the clock back to real time.

    \b
    edgeproxy clock reset
    """
    _ask(admin_port or before, Client.reset_clock)


def _ask(port: int | None, question: Callable[[Client], dict[str, Any]]) -> None:
    try:
        shown = question(Client(port))
    except AdminError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{shown['now']}, {in_words(shown['offset'])}")


def in_words(offset: float) -> str:
    """An offset in seconds, such as `1 hour 30 minutes ahead of real time`."""
    if not offset:
        return "real time"
    rest, parts = round(abs(offset), 0 if abs(offset) >= 1 else 3), []
    for word, seconds in WORDS.items():
        count, rest = divmod(rest, seconds)
        parts += [_counted(count, word)] if count else []
    parts += [_counted(rest, "second")] if rest or not parts else []
    return f"{' '.join(parts)} {'ahead of' if offset > 0 else 'behind'} real time"


def _counted(count: float, word: str) -> str:
    number = f"{count:,.3f}".rstrip("0").rstrip(".")
    return f"{number} {word}{'' if count == 1 else 's'}"
