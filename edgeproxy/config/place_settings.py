"""Where one origin lives, as the settings file says it: text, or a mapping with what else there is to say.

`{path: ./public, list: true}`; `{url: http://127.0.0.1:9000/bucket, sign_as: PROFILE, region: eu-west-1}`, a profile of this
machine's AWS configuration, or `{access_key_id: …, secret_access_key: …}`;
`{url: https://localhost:5173, tls: {verify: false}}` or `tls: {ca: file.pem}`; `{url: http://localhost:5173, path: /v1,
host: localhost:5173}`, in place of the origin path and of the Host that is sent; `{url: http://localhost:5173, dev: true}`,
a dev server; `{function: NAME}`, a Lambda function that answers as behind its URL. `${env:NAME}` stands for a variable.
"""

import re
import ssl
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from edgeproxy.config import environment, places
from edgeproxy.config.documents import local_path, read_text
from edgeproxy.config.limits import ORIGIN_PATH
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.places import FunctionNamed
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import Directory, SignAs, Tls, Url
from edgeproxy.rules.hosts import is_host

SIGNER = "botocore"
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
OF_A_URL = ("sign_as", "region", "tls", "host", "dev")


def read_place(node: Node, base: Path, reading: Reading) -> Directory | Url | FunctionNamed:
    """A place; paths are relative to `base`. Raises ConfigError."""
    if not isinstance(node.value, dict):
        return places.place(environment.filled(node).value, base, node)
    section = Section("place", node, replace(reading, resolve=environment.resolve))
    if section.has("function"):
        for name in node.value.keys() & (PROPERTIES["place"] - {"function"}):
            section.key_problem(
                name, f"function and {name}: an origin has one place, and a function needs no more than its name"
            )
        return FunctionNamed(section.text("function"), section.at("function"))
    if not section.has("path") and not section.has("url"):
        raise ConfigError(node.problem("an origin's place has a url, the path of a directory, or a function"))
    if section.failed("url", "path"):
        raise ConfigError
    if section.has("url") and "://" not in section.text("url"):
        raise ConfigError(section.at("url").problem("url must begin with http:// or https://"))
    name = "url" if section.has("url") else "path"
    listed = section.flag("list") if section.has("list") else None
    place = places.place(section.text(name), base, section.at(name), list_missing=listed)
    if isinstance(place, Url):
        if section.has("list"):
            section.key_problem("list", "list belongs to a directory, not to a url")
        place = replace(place, sign_as=_sign_as(section), tls=_tls(section, place, base))
        return replace(place, origin_path=_origin_path(section), host_header=_host(section), dev=_dev(section))
    for name in OF_A_URL:
        if section.has(name):
            section.key_problem(name, f"{name} belongs to a url, not to a directory")
    return place


def _origin_path(place: Section) -> str | None:
    if place.get("path") is None:
        return None
    path = place.text("path")
    if path and not ORIGIN_PATH.fullmatch(path):
        hint = 'it takes the place of the origin path: it begins with / and does not end in /, or is "" for none'
        place.value_problem("path", f"path is {path!r:.80}", hint)
    return path


def _host(place: Section) -> str | None:
    if place.get("host") is None:
        return None
    host = place.text("host")
    if not is_host(host):
        place.value_problem("host", f"host is {host!r:.80}", "a Host header: host[:port], such as localhost:5173")
    if place.has("sign_as"):
        place.key_problem("host", "host and sign_as: what is signed is signed for the host of url")
    return host


def _dev(place: Section) -> bool:
    dev = place.flag("dev")
    if dev and place.has("sign_as"):
        place.key_problem("dev", "dev and sign_as: a dev server is no bucket, and nothing is signed for it")
    return dev


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
