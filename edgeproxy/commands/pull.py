"""`edgeproxy pull`: a distribution of the user's AWS account, with all that hangs on it, as a folder to serve."""

import shlex
from pathlib import Path

import click

from edgeproxy.pulling.account import Account, PullError
from edgeproxy.pulling.distribution import Pulled
from edgeproxy.pulling.distribution import pull as pull_distribution
from edgeproxy.terminal import near, safe


@click.command(short_help="Fetch a deployed distribution to serve it here.")
@click.argument("distribution")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="The folder to write; default: one called by the id."
)
@click.option("--profile", metavar="NAME", help="A profile of your AWS configuration.")
@click.option(
    "--stage",
    type=click.Choice(["LIVE", "DEVELOPMENT"], case_sensitive=False),
    default="LIVE",
    show_default=True,
    help="Of CloudFront Functions: what is published, or what is worked on.",
)
@click.option("--force", is_flag=True, help="Write over an earlier pull; its edgeproxy.yaml stays as edgeproxy.yaml.before.")
def pull(distribution: str, out: Path | None, profile: str | None, stage: str, force: bool) -> None:
    """Fetch DISTRIBUTION (its id, domain name or an alias) with your AWS credentials into a folder that `serve` takes.

    With it come cache, origin request and response headers policies, CloudFront Functions, key value stores, Lambda@Edge
    functions, key groups and origin access controls. Nothing in AWS is changed: the calls begin with Get, List and Describe.
    Values of custom headers that look secret are not written: edgeproxy.yaml takes each from a variable of the environment.
    It has a line for each origin, too.

    \b
    edgeproxy pull E2QWRUHAPOMQZL
    edgeproxy pull www.example.com --out shop --profile production
    edgeproxy pull E2QWRUHAPOMQZL --stage DEVELOPMENT --force
    edgeproxy serve shop --origin site=./dist     with a folder for its bucket
    """
    try:
        account = Account(profile)
        pulled = pull_distribution(account, distribution, out, _say, stage=stage.upper(), force=force, profile=profile)
    except PullError as error:
        raise click.ClickException(safe(str(error))) from None
    for line in remarks(pulled):
        click.secho(safe(line), fg="yellow", err=True)
    click.echo(safe(f"{pulled.id} is in {pulled.folder}; next: {next_command(pulled)}"))


def _say(line: str) -> None:
    click.echo(safe(line), err=True)


def remarks(pulled: Pulled) -> list[str]:
    """What the user has to know or to do, a line each."""
    lines = [f"{each.what}: its value looks secret and is not written; edgeproxy.yaml takes it from ${each.variable}"
             for each in pulled.secrets]  # fmt: skip
    kept = [f"the settings that were there are in {name}" for name in pulled.kept]
    return [*lines, *pulled.notices, *kept]


def next_command(pulled: Pulled) -> str:
    """The command that serves what came: secrets and buckets must be given, other origins may have a place later."""
    places = "".join(f" --origin {shlex.quote(f'{name}=./public')}" for name in pulled.unplaced)
    variables = "".join(f"{each.variable}=VALUE " for each in pulled.secrets)
    return f"{variables}edgeproxy serve {shlex.quote(str(near(pulled.folder)))}{places}"
