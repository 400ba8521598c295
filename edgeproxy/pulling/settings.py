"""The text of edgeproxy.yaml: what the template cannot say, with a line for each origin to be given a place."""

from collections.abc import Mapping
from typing import Any

from edgeproxy.pulling.folder import TEMPLATE
from edgeproxy.pulling.template import Secret
from edgeproxy.yaml_text import quoted

ORIGINS = """\
# Where each origin lives on this machine: a folder for a bucket, a URL for an app. Take the # of a line away, and say where.
origins:
"""


def text(
    title: str,
    origins: list[dict[str, Any]],
    functions: Mapping[str, str],
    stores: Mapping[str, str],
    key_groups: Mapping[str, Mapping[str, str]],
    secrets: list[Secret],
    profile: str,
) -> str:
    """`origins` as the API prints them, the rest name -> file, relative to the settings."""
    parts = [f"# {_comment(title)}\ndistribution: {TEMPLATE}\n", ORIGINS + "".join(_origin(each, profile) for each in origins)]
    asked = [each["DomainName"] for each in origins if not is_bucket(each)]
    if asked:
        names = ", ".join(map(quoted, dict.fromkeys(asked)))
        parts.append(f"# Deployed origins that may be asked as they are:\n# allow_origins: [{names}]\n")
    if secrets:
        lines = "".join(f"  {each.parameter}: ${{env:{each.variable}}}  # {_comment(each.what)}\n" for each in secrets)
        parts.append("# Values that looked secret and were not written: variables of the environment.\nparameters:\n" + lines)
    parts += [_mapping("functions", functions), _mapping("key_value_stores", stores)]
    if key_groups:
        groups = {name: "{" + ", ".join(f"{key}: {quoted(file)}" for key, file in keys.items()) + "}"
                  for name, keys in key_groups.items()}  # fmt: skip
        parts.append("key_groups:\n" + "".join(f"  {quoted(name)}: {keys}\n" for name, keys in groups.items()))
    return "\n".join(part for part in parts if part)


def is_bucket(origin: Mapping[str, Any]) -> bool:
    """Is an origin one that a folder stands in for?"""
    return "S3OriginConfig" in origin


def _origin(origin: Mapping[str, Any], profile: str) -> str:
    own_id, domain = quoted(origin["Id"]), origin["DomainName"]
    if not is_bucket(origin):
        return f"  # {own_id}: http://127.0.0.1:3000  # {_comment(domain)}\n"
    url = quoted(f"https://{domain}")
    itself = f"  # {own_id}: {{url: {url}, sign_as: {quoted(profile)}}}  # the bucket itself, with your AWS credentials\n"
    return f"  # {own_id}: ./public  # {_comment(domain)}\n{itself}"


def _mapping(name: str, values: Mapping[str, str]) -> str:
    return f"{name}:\n" + "".join(f"  {quoted(key)}: {quoted(value)}\n" for key, value in values.items()) if values else ""


def _comment(text: str) -> str:
    return text if text.isprintable() else quoted(text)
