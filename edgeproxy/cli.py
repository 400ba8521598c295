"""The command line: `edgeproxy serve`, `check` and `invoke`; words and exit codes, no logic."""

import asyncio
import errno
import gc
import os
import shlex
import signal
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from edgeproxy import edge, project, start_table
from edgeproxy.commands.clock import clock, moment_of
from edgeproxy.commands.explain import explain
from edgeproxy.commands.invalidate import invalidate
from edgeproxy.commands.kvs import kvs
from edgeproxy.commands.pull import pull
from edgeproxy.commands.sign import sign
from edgeproxy.commands.viewer import values_of, viewer
from edgeproxy.errors import ConfigError, Problem, system_words
from edgeproxy.rules import destinations, hosts
from edgeproxy.served import Switches
from edgeproxy.testing import code_kind, handler_view, invoke_handler, view
from edgeproxy.testing import invoke as invocation

FOUND_PROBLEMS = 1
FUNCTION_FAILED = 1
NOT_FAITHFUL = 1
UNUSABLE_FILE = 2
MOST_PORT = 65535
OF_ONE_KIND = {"--kvs": "store", "--now": "now", "--timeout": "timeout", "--memory": "memory", "--times": "times"}
"""Options of `invoke` that are only for functions or only for handlers."""


class Command(click.Group):
    """Lists the commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _origins(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    named: dict[str, str] = {}
    for value in values:
        name, mark, place = value.partition("=")
        # A URL may hold `=` itself: what stands before it is a name only when it is not a URL.
        if not mark or "://" in name:
            name, place = "", value
        if name in named:
            what = f"for {name!r}" if name else "without a name: write NAME=URL"
            raise click.BadParameter(f"{named[name]!r} and {place!r} are both given {what}")
        named[name] = place
    return named


def _allowed(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(map(destinations.allowed_host, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _host(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or hosts.is_host(value):
        return value
    raise click.BadParameter(f"{value!r} is no host: a name without scheme and path, such as www.example.com")


target = click.argument("config", required=False, type=click.Path(path_type=Path))
origin = click.option(
    "--origin", "origins", multiple=True, callback=_origins, metavar="[NAME=]URL", help="Where an origin lives here."
)
param = click.option("--param", "parameters", multiple=True, callback=values_of, metavar="K=V", help="A template parameter.")
build = click.option(
    "--no-build", "build", is_flag=True, default=True, flag_value=False, help="SAM: serve template.yaml, not .aws-sam/build."
)
allow = click.option(
    "--allow-origin", "allowed", multiple=True, callback=_allowed, metavar="HOST", help="A host that needs no local place."
)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="edgeproxy", message="%(prog)s %(version)s")
def main() -> None:
    """Amazon CloudFront on your own machine.

    \b
    edgeproxy serve template.yaml                   a distribution with its code
    edgeproxy serve cdk.out                         a CDK app, as synthesized
    edgeproxy serve ./public                        a folder, as from a bucket
    edgeproxy serve --origin http://localhost:3000  your app behind a CDN
    edgeproxy pull E2QWRUHAPOMQZL                   what is deployed, to serve it
    edgeproxy check template.yaml                   every problem in it
    edgeproxy invoke index.js --event event.json    one function on one event
    edgeproxy explain '/products?page=2'            why is this a Miss?
    edgeproxy kvs put /old /new                     change a key value store
    edgeproxy invalidate '/images/*'                forget what is stored
    edgeproxy clock advance 1h                      see what expires
    edgeproxy viewer country=FR device=mobile       see what others see
    edgeproxy sign http://localhost:8080/private/a --key private.pem
    """


@main.command(short_help="Serve a distribution until Ctrl-C.")
@target
@origin
@param
@allow
@build
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, MOST_PORT), help="Port to listen on; 0 takes a free one."
)
@click.option(
    "--https-port",
    type=click.IntRange(0, MOST_PORT),
    help="Port of the HTTPS listener; 0 takes a free one. Without it there is none, and plain HTTP plays it.",
)
@click.option(
    "--cert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its certificate (PEM); default: mkcert's, or made here.",
)
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="That certificate's private key.")
@click.option(
    "--admin-port",
    type=click.IntRange(0, MOST_PORT),
    help="Port of the admin listener, on 127.0.0.1; 0 takes a free one. Without it there is none.",
)
@click.option(
    "--viewer-host", callback=_host, metavar="HOST", help="The Host that functions and origins see behind a local name."
)
@click.option("--no-cache", is_flag=True, help="Store nothing: every request goes to the origin.")
@click.option("--timing", is_flag=True, help="Add a Server-Timing header: outcome, reason, TTL left, each function's time.")
@click.option("--strict-fidelity", is_flag=True, help="Exit code 1 when an answer rested on what AWS does not say.")
def serve(
    config: Path | None,
    origins: dict[str, str],
    parameters: dict[str, str],
    allowed: tuple[str, ...],
    build: bool,
    host: str,
    port: int,
    https_port: int | None,
    cert: Path | None,
    key: Path | None,
    admin_port: int | None,
    viewer_host: str | None,
    no_cache: bool,
    timing: bool,
    strict_fidelity: bool,
) -> None:
    """Serve a distribution until Ctrl-C.

    CONFIG is a CloudFormation or SAM template, a DistributionConfig as the AWS CLI prints it, a settings file
    (edgeproxy.yaml), or a folder: cdk.out, one that holds one of these, or a plain one to be served as a bucket. Without
    CONFIG it is the current folder, if that holds edgeproxy.yaml, template.yaml or a CDK app.

    \b
    edgeproxy serve template.yaml --origin app=http://localhost:3000
    edgeproxy serve template.yaml --param Stage=dev
    edgeproxy serve plan.json      after: terraform show -json tfplan > plan.json
    edgeproxy serve ./public --port 9000
    edgeproxy serve template.yaml --https-port 8443    redirects to HTTPS, HSTS
    edgeproxy serve template.yaml --admin-port 8081    for explain, clock, kvs, …
    edgeproxy serve template.yaml --no-cache --timing  what do my functions cost?

    With --strict-fidelity a request that relies on a choice of edgeproxy's (docs/fidelity.md: AWS is silent, or its pages
    disagree) says so, once for each choice; a summary ends the run. The exit code is 1 when there was such a request, and
    when the configuration sets what is not honoured (HTTP/2 and HTTP/3 apart).
    """
    https = _https(https_port, cert, key)
    source = project.Source(_target(config, origins), origins, parameters, allowed, viewer_host, build)
    try:
        configuration = source.load()
    except ConfigError as error:
        _fail(list(error.problems), source)
    click.echo(start_table.render(configuration, colour=sys.stderr.isatty(), https=https is not None), err=True)
    if no_cache:
        click.secho("THE CACHE IS OFF (--no-cache): every request goes to the origin, nothing is stored", fg="yellow", err=True)
    switches = Switches(cache=not no_cache, timing=timing, strict=strict_fidelity)
    proxy = edge.Edge(source, configuration, sys.stdout, lambda line: click.echo(line, err=True), switches)
    try:
        _run(_until_stopped(proxy, host, port, admin_port, https))
    except ConfigError as error:
        _fail(list(error.problems), source)
    except OSError as error:
        another = port + 1 if port < MOST_PORT else "0 for a free one"
        hint = f"; try --port {another}" if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        raise click.ClickException(f"cannot listen on {host}:{port}: {system_words(error)}{hint}") from None
    if proxy.unfaithful:
        sys.exit(NOT_FAITHFUL)


@main.command(short_help="Report problems, and what is not honoured.")
@target
@origin
@param
@allow
@build
def check(
    config: Path | None, origins: dict[str, str], parameters: dict[str, str], allowed: tuple[str, ...], build: bool
) -> None:
    """Report every problem of a configuration and its code, and what of it is not honoured. Runs none of the code.

    \b
    edgeproxy check template.yaml && echo "fit to serve"
    """
    source = project.Source(_target(config, origins), origins, parameters, allowed, build=build)
    configuration, problems = project.check(source)
    if configuration is not None:
        click.echo(start_table.render(configuration, colour=sys.stdout.isatty(), in_full=True))
        click.echo(start_table.not_honoured(configuration))
        if warnings := start_table.warnings(configuration):
            click.echo(warnings)
    if problems:
        _fail(problems, source)
    click.echo("no problems found")


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    return None if value is None else moment_of(value).timestamp()


@main.command(name="invoke", short_help="Run one function or handler on one event.")
@click.argument("code", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--event", required=True, type=click.Path(path_type=Path), metavar="EVENT.json", help="Its event.")
@click.option(
    "--runtime",
    type=click.Choice(code_kind.RUNTIMES),
    metavar="RUNTIME",
    help="cloudfront-js-2.0 (default) or cloudfront-js-1.0; of a handler python3.13, nodejs22.x (defaults), …",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON; of a function what `aws cloudfront test-function` prints.")
@click.option(
    "--kvs",
    "store",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Of a function: its KeyValueStore, {"data": [{"key", "value"}]}.',
)
@click.option(
    "--now", callback=_moment, metavar="ISO-8601", help="Of a function: the time of the run; without a zone it is UTC."
)
@click.option("--handler", metavar="MODULE.NAME", help="Of a handler: its name, as in the template.")
@click.option("--timeout", type=click.FloatRange(0, 30, min_open=True), metavar="SECONDS", help="Of a handler: default 30.")
@click.option("--memory", type=click.IntRange(128, 10240), metavar="MB", help="Of a handler: default 128.")
@click.option("--times", type=click.IntRange(1), metavar="N", help="Of a handler: invocations; the first is cold, default 2.")
def invoke(code: Path, event: Path, runtime: str | None, as_json: bool, **more: Any) -> None:
    """Run one CloudFront Function or Lambda@Edge handler on one event, without a server.

    A .py, .mjs or .cjs file is a handler; a .js file is a function, unless --handler, --runtime or the event say that it is
    a handler. A function runs as `aws cloudfront test-function` runs it; a handler runs in a process of its own, once cold
    and then warm. Shows logs, what the code changed, and what CloudFront would refuse.
    Exit code 1: it failed, or a handler's result is refused; 2: a file cannot be used.

    \b
    edgeproxy invoke index.js --event event.json
    edgeproxy invoke index.js --event event.json --kvs redirects.json --json
    edgeproxy invoke index.js --event event.json --now 2026-01-31T12:00:00Z
    edgeproxy invoke index.py --event event.json --handler index.handler
    edgeproxy invoke index.mjs --event event.json --timeout 5 --times 50
    """
    try:
        text, failed = _invoked(code, event, runtime, as_json, more)
    except code_kind.Misused as error:
        raise click.UsageError(str(error)) from None
    except ConfigError as error:
        for problem in error.problems:
            click.echo(view.one_line(problem), err=True)
        sys.exit(UNUSABLE_FILE)
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)
    click.echo(text)
    if failed:
        sys.exit(FUNCTION_FAILED)


def _invoked(code: Path, event: Path, runtime: str | None, as_json: bool, more: dict[str, Any]) -> tuple[str, bool]:
    """What is to be printed, and whether it failed."""
    why = code_kind.why_handler(code, event, runtime, more["handler"])
    given = [option for option, name in OF_ONE_KIND.items() if more[name] is not None]
    code_kind.check(code, why, runtime, given)
    if why:
        declared = code_kind.declare(code, runtime, more["handler"], more["timeout"], more["memory"])
        invoked = invoke_handler.invoke(declared, event, more["times"] or invoke_handler.TIMES)
        return invoked.json() if as_json else handler_view.render(invoked), invoked.verdict.error is not None
    now = time.time() if more["now"] is None else more["now"]
    ran = invocation.invoke(code, event, runtime or invocation.RUNTIMES[0], more["store"], now)
    return ran.result.json() if as_json else view.render(ran), bool(ran.result.error)


main.add_command(pull)
main.add_command(explain)
main.add_command(kvs)
main.add_command(invalidate)
main.add_command(clock)
main.add_command(sign)
main.add_command(viewer)


def _target(config: Path | None, origins: dict[str, str]) -> Path | None:
    if config is not None and (unread := _settings_for(config)) is not None:
        here = shlex.quote(os.path.relpath(unread.parent))
        click.echo(f"{unread.name} is not read, as what it names is named itself; with it:  edgeproxy serve {here}", err=True)
    if config is not None or "" in origins:
        return config
    if project.is_project(Path()):
        return Path()
    raise click.UsageError("say what to serve: a CONFIG file, a folder, or --origin URL")


def _settings_for(config: Path) -> Path | None:
    try:
        return project.settings_for(config)
    except OSError:
        # A path that cannot be looked at, which reading it tells.
        return None


def _https(port: int | None, certificate: Path | None, key: Path | None) -> edge.Https | None:
    if (certificate is None) != (key is None):
        raise click.UsageError("--cert and --key belong together")
    if port is None and certificate is not None:
        raise click.UsageError("--cert and --key are for the HTTPS listener: add --https-port 8443")
    return None if port is None else edge.Https(port, certificate, key)


def _fail(problems: list[Problem], source: project.Source) -> None:
    colour = sys.stderr.isatty()
    for problem in problems:
        click.echo(project.show(problem, colour=colour), err=True)
    if lines := project.lines_to_add(problems, source):
        click.echo(f"\n{lines}", err=True)
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


async def _until_stopped(proxy: edge.Edge, host: str, port: int, admin_port: int | None, https: edge.Https | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        bound = await proxy.start(host, port, admin_port, https)
        if proxy.admin_port is not None:
            click.echo(f"admin listener on http://127.0.0.1:{proxy.admin_port}", err=True)
        shown = f"[{host}]" if ":" in host else host
        and_https = f" and https://{shown}:{proxy.https_port}" if proxy.https_port is not None else ""
        for line in start_table.addresses(proxy.configuration, bound):
            click.echo(line, err=True)
        click.echo(f"edgeproxy ready on http://{shown}:{bound}{and_https}")
        # What was loaded stays, and a request makes many objects but hardly a cycle: fewer, cheaper collections.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await stop.wait()
        # A second Ctrl-C ends at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sys.exit, 130)
        click.echo(f"stopping: what is in flight has {edge.GRACE_SECONDS:g} s, Ctrl-C again ends at once", err=True)
    finally:
        await proxy.close()


if __name__ == "__main__":
    main()
