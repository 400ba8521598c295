"""The way of one pull: find the distribution, fetch what it names, write the folder.

The template keeps the ids of the distribution in its Metadata, since events and logs show them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from edgeproxy.pulling import settings
from edgeproxy.pulling.account import Account, PullError
from edgeproxy.pulling.finding import find
from edgeproxy.pulling.folder import SETTINGS, TEMPLATE, Folder
from edgeproxy.pulling.named import POLICIES, Named
from edgeproxy.pulling.template import Secret, Template


class Pulled(NamedTuple):
    """What came of a pull. `id` of the distribution, `unplaced` buckets (origin ids), `kept` names of older files."""

    id: str
    folder: Path
    secrets: list[Secret]
    notices: list[str]
    unplaced: list[str]
    kept: list[str]


def pull(
    account: Account,
    wanted: str,
    out: Path | None,
    say: Callable[[str], None],
    *,
    stage: str = "LIVE",
    force: bool = False,
    profile: str | None = None,
) -> Pulled:
    """Writes the distribution that `wanted` means into `out`, by default a folder called by its id. Raises PullError."""
    if out is not None:
        # Said before AWS is asked for anything.
        Folder(out, force).check()
    found = find(account, wanted)
    say(f"distribution {found['Id']} ({', '.join((found['DomainName'], *_items(found['DistributionConfig'], 'Aliases')))})")
    with Folder(out or Path(found["Id"]), force) as folder:
        template = Template()
        named = Named(account, folder, template, stage, say)
        config = found["DistributionConfig"]
        _fetch_named(config, named)
        template.hide_secrets(config)
        metadata = {"edgeproxy:Id": found["Id"], "edgeproxy:DomainName": found["DomainName"]}
        template.add("CloudFront::Distribution", found["Id"], {"DistributionConfig": config}, Metadata=metadata)
        title = f"CloudFront distribution {found['Id']}, written by edgeproxy pull"
        origins = _items(config, "Origins")
        folder.write(TEMPLATE, template.text(title))
        text = settings.text(
            title, origins, named.functions, named.stores, named.key_groups, template.secrets, profile or "default"
        )
        folder.write(SETTINGS, text)
        kept = folder.finish()
    unplaced = [origin["Id"] for origin in origins if settings.is_bucket(origin)]
    return Pulled(found["Id"], folder.target, template.secrets, named.notices, unplaced, kept)


def _fetch_named(config: dict[str, Any], named: Named) -> None:
    """Fetches all that a DistributionConfig names, and names it there as the template does."""
    for origin in _items(config, "Origins"):
        if origin.get("OriginAccessControlId"):
            origin["OriginAccessControlId"] = named.once(named.access_control, origin["OriginAccessControlId"])
    for behavior in (config["DefaultCacheBehavior"], *_items(config, "CacheBehaviors")):
        _behavior(behavior, named)


def _behavior(behavior: dict[str, Any], named: Named) -> None:
    for name, kind in POLICIES.items():
        if behavior.get(name):
            behavior[name] = named.once(named.policy, kind, behavior[name])
    for association in _items(behavior, "FunctionAssociations"):
        association["FunctionARN"] = named.once(named.function, association["FunctionARN"])
    for association in _items(behavior, "LambdaFunctionAssociations"):
        association["LambdaFunctionARN"] = named.once(named.handler, association["LambdaFunctionARN"])
    for group in _items(behavior, "TrustedKeyGroups"):
        named.once(named.key_group, group)
    signers = _items(behavior, "TrustedSigners")
    if signers:
        line = f"key_groups: {{{signers[0]}: {{KEY-ID: path/to/public_key.pem}}}}"
        named.notice(f"AWS does not give out the keys of trusted signers: add to {SETTINGS}:  {line}")


def _items(config: dict[str, Any], name: str) -> list[Any]:
    found = config.get(name)
    if found is not None and not isinstance(found, dict):
        raise PullError(f"{name} is not a list as the API writes it")
    return (found or {}).get("Items") or []
