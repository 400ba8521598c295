"""`edgeproxy sign`: signed URLs and signed cookies, from the command line."""

import re
import shlex
import time
from pathlib import Path
from typing import BinaryIO, NamedTuple

import click

from edgeproxy import project
from edgeproxy.commands.clock import moment_of, seconds_of
from edgeproxy.commands.explain import question_of
from edgeproxy.errors import ConfigError
from edgeproxy.model import Configuration
from edgeproxy.rules import hosts, signatures, signed_policies, signing

LIFETIME = "1h"
_HOST = re.compile(r"[\w.*-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?", re.ASCII)
_LAST = 9_999_999_999
"""An `Expires` has ten digits at most."""


class Address(NamedTuple):
    """A URL in its parts; `host` may have a port, `target` is path and query as they are sent."""

    scheme: str
    host: str
    target: str


def _instant(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Unix seconds of a duration from now, a moment or Unix seconds."""
    if value is None:
        return None
    seconds = seconds_of(value)
    if value.isascii() and value.isdecimal():
        found = int(value[:20])
    elif seconds is not None:
        found = int(time.time() + seconds)
    else:
        found = int(moment_of(value).timestamp())
    if not 0 <= found <= _LAST:
        raise click.BadParameter(f"{value!r} is before 1970 or after 2286; Unix time counts seconds, not milliseconds")
    return found


@click.command(short_help="Sign a URL, or cookies.")
@click.argument("url")
@click.option("--key", "private", type=click.File("rb"), required=True, metavar="PRIVATE.pem", help="RSA, or ECDSA on P-256.")
@click.option("--key-id", metavar="K…", help="The public key's id; default: the project's key that belongs to PRIVATE.pem.")
@click.option(
    "--expires", callback=_instant, metavar="WHEN", help=f"1h, 2026-01-31T12:00:00Z or Unix seconds; default {LIFETIME}."
)
@click.option("--from", "begins", callback=_instant, metavar="WHEN", help="Not before; makes a custom policy.")
@click.option("--ip", metavar="CIDR", help="Only from this IPv4 address or range; makes a custom policy.")
@click.option(
    "--policy", type=click.File("rb"), metavar="FILE", help="A custom policy of your own, signed as it stands; - is stdin."
)
@click.option(
    "--hash",
    "algorithm",
    type=click.Choice(signatures.HASHES),
    default="SHA1",
    show_default=True,
    help="The signature's hash.",
)
@click.option("--cookies", is_flag=True, help="Print cookies instead of a URL.")
@click.option("--config", type=click.Path(path_type=Path), help="The project, as for serve; default: the current folder.")
def sign(
    url: str,
    private: BinaryIO,
    key_id: str | None,
    expires: int | None,
    begins: int | None,
    ip: str | None,
    policy: BinaryIO | None,
    algorithm: str,
    cookies: bool,
    config: Path | None,
) -> None:
    """Print URL signed, or the cookies that let a viewer have it.

    The policy is canned; --from, --ip or a * in URL make it a custom one, with URL as its resource; --policy signs your own.

    What is signed is URL without its port, / as / whatever the default root object. Behind a name of this machine (localhost,
    127.0.0.1, …) the proxy checks the host that it plays: then that host is signed, as the project says (viewer: {host,
    scheme}), and URL is printed with its local name. Plain HTTP plays HTTPS there; where serve has an HTTPS listener, sign
    the https:// URL.

    \b
    edgeproxy sign http://localhost:8080/private/a --key private.pem
    edgeproxy sign https://www.example.com/a --key private.pem --key-id K2EXAMPLE
    edgeproxy sign 'http://localhost:8080/private/*' --key private.pem --cookies
    edgeproxy sign http://localhost:8080/a --key private.pem --ip 127.0.0.1
    edgeproxy sign http://localhost:8080/a --key private.pem --expires 1d
    curl "$(edgeproxy sign http://localhost:8080/private/a --key private.pem)"
    """
    if policy is not None and (expires, begins, ip) != (None, None, None):
        raise click.UsageError("a policy of your own says itself until when, from when and from where: give --policy alone")
    address = _address(url)
    try:
        key = signing.signer(private.read())
    except signing.InvalidPrivateKey as error:
        raise click.ClickException(f"{private.name}: {error}") from None
    local = hosts.is_local(hosts.without_port(address.host))
    configuration = _project(config) if local or key_id is None else None
    key_id = key_id or _key_id(key, private.name, configuration)
    if local:
        seen = _seen(address, configuration)
    else:
        seen = signing.resource(address.scheme, hosts.without_port(address.host), address.target)
    try:
        parameters = _parameters(key, seen, key_id, algorithm, policy.read().strip() if policy else None, (expires, begins, ip))
        target = signing.signed_target(address.target, parameters)
    except (signing.CannotBeSigned, signed_policies.MalformedPolicy) as error:
        raise click.ClickException(str(error)) from None
    _print(address, target, signing.cookies(parameters) if cookies else None)


def _address(url: str) -> Address:
    question = question_of(url, "GET", [], cache=True)
    if "host" not in question:
        raise click.UsageError(f"{url!r} is a path: the host is signed too, as in http://localhost:8080{url}")
    if not _HOST.fullmatch(question["host"]):
        raise click.UsageError(f"{question['host']!r} is no host: a name in ASCII or an address, and maybe a port")
    return Address(question["scheme"], question["host"], question["target"])


# --- the project ---


def _project(config: Path | None) -> Configuration | None:
    """None when there is none."""
    if config is None and not project.is_project(Path()):
        return None
    try:
        return project.Source(config or Path(), {}, {}).load()
    except ConfigError as error:
        if not error.readable:
            raise click.ClickException("\n".join(project.show(problem, colour=False) for problem in error.problems)) from None
        # Where origins live is said to `serve`, and of no concern here.
        _note("the project has problems (edgeproxy check lists them): its settings are not read")
        return Configuration(error.readable)


def _key_id(key: signing.Sign, name: str, configuration: Configuration | None) -> str:
    if configuration is None:
        raise click.UsageError("say --key-id: there is no project here to look it up in (--config)")
    behaviors = [behavior for distribution in configuration.distributions for behavior in distribution.behaviors]
    known = {each.id: each for behavior in behaviors for each in behavior.trusted_keys or ()}
    for each in known.values():
        if signing.belongs(key, each.pem):
            return each.id
    listed = ", ".join(known) or "none"
    raise click.ClickException(f"{name} belongs to no public key that a behavior trusts; their ids: {listed} (or say --key-id)")


def _seen(address: Address, configuration: Configuration | None) -> str:
    """The URL that the proxy sees behind a name of this machine."""
    given = signing.resource(address.scheme, hosts.without_port(address.host), address.target)
    if configuration is None:
        _note(f"signed for {given}: no project here says which host the proxy plays behind that name (--config)")
        return given
    settings = configuration.settings
    choice = hosts.choose(hosts.compile(configuration.distributions, settings.default, settings.viewer.host), address.host)
    if choice is None:
        names = ", ".join(f"{distribution.name.lower()}.localhost" for distribution in configuration.distributions)
        raise click.ClickException(f"{address.host} is none of several distributions: {names}")
    scheme = "https" if address.scheme == "https" else settings.viewer.scheme
    seen = signing.resource(scheme, choice.viewer_host, address.target)
    _note(f"signed for {seen}, which the proxy sees behind {hosts.without_port(address.host)}")
    return seen


# --- the signature ---


def _parameters(
    key: signing.Sign,
    url: str,
    key_id: str,
    algorithm: str,
    policy: bytes | None,
    conditions: tuple[int | None, int | None, str | None],
) -> signing.Parameters:
    expires, begins, ip = conditions
    now = time.time()
    if policy is not None:
        refused = signed_policies.custom(policy)._replace(addresses=None).denies(url, "", now)
        if refused is not None:
            _note(f"as it stands it will be refused: {refused}")
        return signing.custom(key, policy, key_id, algorithm)
    before = int(now + (seconds_of(LIFETIME) or 0)) if expires is None else expires
    if begins is None and ip is None and "*" not in url:
        return signing.canned(key, url, before, key_id, algorithm)
    return signing.custom(key, signing.policy(url, before, begins, ip), key_id, algorithm)


def _print(address: Address, target: str, cookies: list[str] | None) -> None:
    if cookies is None:
        click.echo(f"{address.scheme}://{address.host}{target}")
        return
    for cookie in cookies:
        click.echo(cookie)
    header = f"Cookie: {'; '.join(cookies)}"
    _note(f"curl -H {shlex.quote(header)} {shlex.quote(f'{address.scheme}://{address.host}{address.target}')}")


def _note(text: str) -> None:
    click.echo(text, err=True)
