"""Trusted key groups: AWS::CloudFront::KeyGroup and PublicKey, and the keys that the settings name for groups (and signers).

Pages: private-content-trusted-signers, AWS::CloudFront::KeyGroup and AWS::CloudFront::PublicKey of the CloudFormation guide.
Chosen: the keys that the settings give for a group are added to those that the template gives it; the id of a key that only
a template makes is made up from its name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems, did_you_mean
from edgeproxy.config.section import Section
from edgeproxy.errors import ConfigError, Missing, system_words
from edgeproxy.model import PublicKey
from edgeproxy.rules import signatures

MAX_BYTES = 64 << 10
"""Of the file of a public key."""


class GivenKeys(NamedTuple):
    """What the settings give for one group: the files of its keys by key id; `node` is where the group's name stands."""

    files: Mapping[str, tuple[Path, Node]]
    node: Node


_NOTHING: Mapping[str, GivenKeys] = MappingProxyType({})


class LocalKeys:
    """The settings' `key_groups`, by logical id, group id, or trusted signer (`self` or an account)."""

    def __init__(self, given: Mapping[str, GivenKeys] = _NOTHING) -> None:
        self.sources: dict[Path, None] = {}
        """Files that keys are read from."""
        self._given = given
        self._known: set[str] = set()

    def keys(self, names: Iterable[str]) -> tuple[PublicKey, ...]:
        """Those that are given for any of a group's names. Raises ConfigError."""
        names = tuple(names)
        self._known |= set(names)
        return tuple(
            self._read(key_id, *place)
            for name in names
            if name in self._given
            for key_id, place in self._given[name].files.items()
        )

    def _read(self, key_id: str, path: Path, node: Node) -> PublicKey:
        self.sources[path] = None
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ConfigError(node.problem(f"{path} is larger than a public key: more than {MAX_BYTES >> 10} KiB"))
            return checked(PublicKey(key_id, path.read_text("ascii")), node)
        except UnicodeDecodeError:
            raise ConfigError(node.problem(f"{path} is no public key: it is not ASCII")) from None
        except OSError as error:
            raise ConfigError(node.problem(f"{path} cannot be read: {system_words(error)}")) from None

    def check_names(self, problems: Problems) -> None:
        """Notes every given name that no group has."""
        for name, given in self._given.items():
            if name not in self._known:
                message = f"no trusted key group or signer is named {name}"
                problems.add(given.node.problem(message, did_you_mean(name, self._known)))


def checked(key: PublicKey, node: Node) -> PublicKey:
    """The key, if CloudFront would take it. Raises ConfigError."""
    try:
        signatures.verifier(key.pem)
    except signatures.InvalidKeyText as error:
        raise ConfigError(node.problem(f"InvalidPublicKey: {key.id}: {error}")) from None
    return key


def read_public_key(section: Section, key_id: str) -> PublicKey:
    """Reads the PublicKeyConfig of an AWS::CloudFront::PublicKey. Raises ConfigError."""
    section.required("EncodedKey", "Name")
    return checked(PublicKey(key_id, section.text("EncodedKey")), section.at("EncodedKey"))


def missing(name: str) -> Missing:
    """What the settings lack that gives a group its keys."""
    return Missing("key_groups", name, "path/to/public_key.pem", key="KEY-ID")
