"""Where one origin lives, as the settings file says it: text, or a mapping with what else there is to say.

`{path: ./public, list: true}`; `{url: http://127.0.0.1:9000/bucket, sign_as: PROFILE, region: eu-west-1}`, a profile of this
machine's AWS configuration, or `{access_key_id: …, secret_access_key: …}`;
`{url: https://localhost:5173, tls: {verify: false}}`
or `tls: {ca: file.pem}`.
"""

import re
import ssl
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from edgeproxy.config import places
from edgeproxy.config.documents import local_path, read_text
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import Directory, SignAs, Tls, Url

SIGNER = "botocore"
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
OF_A_URL = ("sign_as", "region", "tls")


def read_place(node: Node, base: Path, reading: Reading) -> Directory | Url:
    """A place; paths are relative to `base`. Raises ConfigError."""
    if not isinstance(node.value, dict):
        return places.place(as_text(node), base, node)
    section = Section("place", node, reading)
    if section.has("path") == section.has("url"):
        raise ConfigError(node.problem("an origin's place has either path or url"))
    if section.has("url") and "://" not in section.text("url"):
        raise ConfigError(section.at("url").problem("url must begin with http:// or https://"))
    name = "path" if section.has("path") else "url"
    place = places.place(section.text(name), base, section.at(name), list_missing=section.flag("list"))
    if isinstance(place, Url):
        return replace(place, sign_as=_sign_as(section), tls=_tls(section, place, base))
    for name in OF_A_URL:
        if section.has(name):
            section.key_problem(name, f"{name} belongs to a url, not to a directory")
    return place


def _sign_as(place: Section) -> SignAs | None:
    node = place.get("sign_as")
    if node is None:
        if place.has("region"):
            place.key_problem("region", "region without sign_as", "it is the region that requests are signed for")
        return None
    if find_spec(SIGNER) is None:
        hint = "pip install 'edgeproxy[aws]'"
        raise ConfigError(place.at_key("sign_as").problem(f"requests are signed with {SIGNER}, which is not installed", hint))
    region = place.text("region")
    if not isinstance(node.value, dict):
        return SignAs(profile=as_text(node), region=region)
    keys = Section("sign_as", node, place.reading)
    keys.required("access_key_id", "secret_access_key")
    return SignAs(None, keys.text("access_key_id"), keys.text("secret_access_key"), region)


def _tls(place: Section, url: Url, base: Path) -> Tls:
    section = place.section("tls", "tls")
    if section is None:
        return Tls()
    if url.scheme != "https":
        place.key_problem("tls", "tls belongs to a url that begins with https://")
    verify = section.flag("verify", True)
    if section.has("ca") and not verify:
        section.key_problem("ca", "ca and verify: false", "one of the two: this authority is believed too, or anyone is")
    return Tls(verify, _authority(section, base) if section.has("ca") else "")


def _authority(section: Section, base: Path) -> str:
    node = section.at("ca")
    path = local_path(base, section.text("ca"), node)
    section.reading.sources[path] = None
    # What stands between the certificates of a bundle is for people, and need not be ASCII.
    pem = "\n".join(CERTIFICATE.findall(read_text(path, node)))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(node.problem(f"{path} holds no certificate of an authority (PEM)")) from error
    return pem
