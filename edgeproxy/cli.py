"""The command line: `edgeproxy serve` and `edgeproxy check`; words and exit codes, no logic."""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

import click

from edgeproxy import edge, start_table
from edgeproxy.errors import ConfigError, Problem

FOUND_PROBLEMS = 1


class Command(click.Group):
    """Lists the commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, mark, rest = value.partition("=")
        if not mark or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE")
        pairs[name] = rest
    return pairs


def _origins(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    named = {}
    for value in values:
        name, mark, place = value.partition("=")
        # A URL may hold `=` itself: what stands before it is a name only when it is not a URL.
        if mark and "://" not in name:
            named[name] = place
        else:
            named[""] = value
    return named


target = click.argument("config", required=False, type=click.Path(path_type=Path))
origin = click.option(
    "--origin", "origins", multiple=True, callback=_origins, metavar="[NAME=]URL", help="Where an origin lives here."
)
param = click.option("--param", "parameters", multiple=True, callback=_pairs, metavar="K=V", help="A template parameter.")
allow = click.option("--allow-origin", "allowed", multiple=True, metavar="HOST", help="A host that may be contacted as it is.")


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="edgeproxy", message="%(prog)s %(version)s")
def main() -> None:
    """Amazon CloudFront on your own machine.

    \b
    edgeproxy serve template.yaml                     a distribution with its code and cache
    edgeproxy serve ./public                          a folder, as from a bucket
    edgeproxy serve --origin http://localhost:3000    your app behind a CDN
    edgeproxy check template.yaml                     every problem in it, and what is not honoured
    """


@main.command(short_help="Serve a distribution until Ctrl-C.")
@target
@origin
@param
@allow
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one."
)
def serve(
    config: Path | None, origins: dict[str, str], parameters: dict[str, str], allowed: tuple[str, ...], host: str, port: int
) -> None:
    """Serve a distribution until Ctrl-C.

    CONFIG is a CloudFormation or SAM template, a DistributionConfig as the AWS CLI prints it, a settings file
    (edgeproxy.yaml), or a folder: one that holds one of these, or a plain one to be served as a bucket. Without
    CONFIG it is the current folder, if that holds edgeproxy.yaml or template.yaml.

    \b
    edgeproxy serve template.yaml --origin app=http://localhost:3000 --param Stage=dev
    edgeproxy serve ./public --port 9000
    """
    source = edge.Source(_target(config, origins), origins, parameters, allowed)
    try:
        configuration = source.load()
    except ConfigError as error:
        _fail(list(error.problems))
    click.echo(start_table.render(configuration, colour=sys.stderr.isatty()), err=True)
    proxy = edge.Edge(source, configuration, sys.stdout, lambda line: click.echo(line, err=True))
    try:
        _run(_until_stopped(proxy, host, port))
    except ConfigError as error:
        _fail(list(error.problems))
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror or error}; try --port {port + 1}"
        ) from None


@main.command(short_help="Report problems, and what is not honoured.")
@target
@origin
@param
def check(config: Path | None, origins: dict[str, str], parameters: dict[str, str]) -> None:
    """Report every problem of a configuration and its code, and what of it is not honoured. Runs none of the code.

    \b
    edgeproxy check template.yaml && echo "fit to serve"
    """
    configuration, problems = edge.check(edge.Source(_target(config, origins), origins, parameters))
    if configuration is not None:
        click.echo(start_table.render(configuration, colour=sys.stdout.isatty()))
        click.echo(start_table.not_honoured(configuration))
    if problems:
        _fail(problems)
    click.echo("no problems found")


def _target(config: Path | None, origins: dict[str, str]) -> Path | None:
    if config is not None or "" in origins:
        return config
    if edge.is_project(Path()):
        return Path()
    raise click.UsageError("say what to serve: a CONFIG file, a folder, or --origin URL")


def _fail(problems: list[Problem]) -> None:
    colour = sys.stderr.isatty()
    for problem in problems:
        click.echo(edge.show(problem, colour=colour), err=True)
    click.echo(f"{len(problems)} problem{'' if len(problems) == 1 else 's'} found", err=True)
    sys.exit(FOUND_PROBLEMS)


def _run(main_coroutine: Coroutine[None, None, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main_coroutine)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main_coroutine)


async def _until_stopped(proxy: edge.Edge, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        bound = await proxy.start(host, port)
        click.echo(f"edgeproxy ready on http://{f'[{host}]' if ':' in host else host}:{bound}")
        # What was loaded stays, and a request makes many objects but hardly a cycle: fewer, cheaper collections.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await stop.wait()
        # A second Ctrl-C ends at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sys.exit, 130)
        click.echo("stopping", err=True)
    finally:
        await proxy.close()


if __name__ == "__main__":
    main()
