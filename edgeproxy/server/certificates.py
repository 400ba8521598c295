"""Which certificate the HTTPS listener shows: your own, else one signed by mkcert's CA, else one made for this machine alone.

Nothing is ever put into a trust store.
"""

import os
import re
import shlex
import ssl
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from edgeproxy.errors import ConfigError, Problem
from edgeproxy.model import Distribution
from edgeproxy.server import kept_leaf, leaf

THIS_MACHINE = ("localhost", "*.localhost", "127.0.0.1", "::1")
CA_FILES = ("rootCA.pem", "rootCA-key.pem")
Part = TypeVar("Part")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Own(NamedTuple):
    """The user's own certificate (with its chain) and private key, in PEM."""

    certificate: Path
    key: Path


class Certificate(NamedTuple):
    """How the listener speaks TLS; `said`: which certificate that is and how it is trusted, in a line."""

    context: ssl.SSLContext
    said: str


def choose(own: Own | None, distributions: Sequence[Distribution], now: float) -> Certificate:
    """Reads or makes the certificate; `now` in Unix seconds. Raises ConfigError."""
    moment = datetime.fromtimestamp(now, UTC)
    if own is not None:
        return _own(own, moment)
    ca, why = _mkcert(moment)
    names = [*THIS_MACHINE, *_under_localhost(distributions)]
    if ca is not None:
        made = leaf.make(list(dict.fromkeys([*names, *_aliases(distributions)])), moment, ca)
        return Certificate(_from_memory(made), f"HTTPS certificate: made now, signed by mkcert's CA in {_ca_root()}")
    try:
        files = kept_leaf.kept(names, moment)
    except OSError as error:
        hint = "or name one of your own: --cert FILE --key FILE"
        raise ConfigError(Problem(f"no certificate could be made for HTTPS: {error}", hint=hint)) from error
    path = shlex.quote(str(files.certificate))
    said = f"HTTPS certificate: made for localhost, in no trust store{why}; curl --cacert {path}"
    if files.instead:
        said += " (a new one: trust it anew, restart proxies that show the one before)"
    return Certificate(_context(files.certificate, files.key), said)


def _own(own: Own, now: datetime) -> Certificate:
    found = leaf.Leaf(_read(own.certificate, leaf.read_certificate), _read(own.key, leaf.read_key))
    try:
        leaf.judge(found, now)
        context = _context(own.certificate, own.key)
    except (leaf.Unusable, OSError) as error:
        raise ConfigError(Problem(f"{own.certificate} with {own.key}: {error}")) from error
    until = f"valid until {found.certificate.not_valid_after_utc:%Y-%m-%d}"
    return Certificate(
        context, f"HTTPS certificate: {own.certificate}, {', '.join(sorted(found.names)) or 'for no name'}, {until}"
    )


def _read(path: Path, reader: Callable[[bytes], Part]) -> Part:
    try:
        return reader(path.read_bytes())
    except (leaf.Unusable, OSError) as error:
        raise ConfigError(Problem(f"{path}: {error.strerror if isinstance(error, OSError) else error}")) from error


# --- mkcert ---


def _ca_root() -> Path:
    """The folder of mkcert's CA, as `mkcert -CAROOT` prints it. Raises OSError."""
    given = os.environ.get("CAROOT")
    return Path(given) if given else kept_leaf.data_home() / "mkcert"


def _mkcert(now: datetime) -> tuple[leaf.Leaf | None, str]:
    """The CA; None when there is none, with the words why one that is there cannot be used."""
    try:
        certificate, key = ((_ca_root() / name).read_bytes() for name in CA_FILES)
    except OSError:
        return None, ""
    try:
        ca = leaf.Leaf(leaf.read_certificate(certificate), leaf.read_key(key))
        leaf.judge(ca, now)
    except leaf.Unusable as error:
        return None, f" (mkcert's CA in {_ca_root()} cannot be used: {error})"
    return ca, ""


def _under_localhost(distributions: Sequence[Distribution]) -> list[str]:
    # Clients take no wildcard right below a top-level name: each name stands for itself, too.
    names = [distribution.name.lower() for distribution in distributions]
    return [f"{name}.localhost" for name in names if _LABEL.fullmatch(name)]


def _aliases(distributions: Sequence[Distribution]) -> list[str]:
    return [alias.lower() for distribution in distributions for alias in distribution.aliases if alias.isascii()]


# --- what OpenSSL is given ---


def _from_memory(made: leaf.Leaf) -> ssl.SSLContext:
    """OpenSSL reads files only: this one is closed to others and gone when it has been read."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(made.certificate_pem + made.key_pem)
        file.flush()
        return _context(Path(file.name), Path(file.name))


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer, HTTP/1.1. Raises OSError (ssl.SSLError is one)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    # Without a password at hand OpenSSL would ask the terminal for one.
    context.load_cert_chain(certificate, key, password="")
    return context
