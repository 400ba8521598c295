"""The template that a pull writes, for edgeproxy to read: resources in CloudFormation's form with the API's own lists.

An origin's custom header whose name speaks of a secret, or whose value looks like one, becomes a parameter.
"""

import json
import re
from typing import Any, NamedTuple

_SPEAKS = re.compile(r"auth|cred|key|pass|secret|sign|token|verif", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::[0-9]+)?(?:/.*)?")
_DENSE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])(?:[A-Za-z0-9_]+ )?[A-Za-z0-9+/=_.:~-]{16,}")


class Secret(NamedTuple):
    """A value that was not written: the parameter in its place, what it is, and the variable of the environment for it."""

    parameter: str
    what: str
    variable: str


class Template:
    """Resources and parameters, each under a name of its own."""

    def __init__(self) -> None:
        self.secrets: list[Secret] = []
        self._resources: dict[str, Any] = {}

    def add(self, kind: str, wanted: str, properties: dict[str, Any], **more: Any) -> str:
        """Adds an AWS::… resource; `more` stands beside its Properties. The logical id, from `wanted`."""
        own_id = _free(wanted, self._resources)
        self._resources[own_id] = {"Type": f"AWS::{kind}", **more, "Properties": properties}
        return own_id

    def hide_secrets(self, config: dict[str, Any]) -> None:
        """Puts a parameter in the place of each custom header's value that looks secret."""
        for origin in config["Origins"].get("Items") or ():
            for header in origin.get("CustomHeaders", {}).get("Items") or ():
                name = header["HeaderName"]
                if looks_secret(name, header.get("HeaderValue", "")):
                    parameter = _free(f"{origin['Id']}-{name}", [each.parameter for each in self.secrets])
                    variable = _variable(f"{origin['Id']}-{name}", [each.variable for each in self.secrets])
                    self.secrets.append(Secret(parameter, f"custom header {name} of origin {origin['Id']}", variable))
                    header["HeaderValue"] = {"Ref": parameter}

    def text(self, description: str) -> str:
        """The template as JSON."""
        parameters = {each.parameter: {"Type": "String", "NoEcho": True, "Description": each.what} for each in self.secrets}
        named = {"Parameters": parameters} if parameters else {}
        return json.dumps({"Description": description, **named, "Resources": self._resources}, indent=2) + "\n"


def looks_secret(name: str, value: str) -> bool:
    """Is a header's value one to keep out of files? Host names and URLs are not, whatever the header."""
    if not value or _HOST.fullmatch(value):
        return False
    return bool(_SPEAKS.search(name) or _DENSE.fullmatch(value))


def _free(wanted: str, taken: Any) -> str:
    """A logical id: letters and digits, not taken yet."""
    parts = re.split(r"[^A-Za-z0-9]+", wanted)
    base = "".join(part[:1].upper() + part[1:] for part in parts)[:200] or "Resource"
    return untaken(base, "", taken)


def _variable(wanted: str, taken: list[str]) -> str:
    """The name of an environment variable, not taken yet: APP_X_ORIGIN_VERIFY."""
    words = "_".join(part.upper() for part in re.split(r"[^A-Za-z0-9]+", wanted) if part)[:200] or "SECRET"
    return untaken(f"_{words}" if words[0].isdigit() else words, "_", taken)


def untaken(base: str, mark: str, taken: Any) -> str:
    """`base`, or the first of base2, base3, … that is not taken yet; `mark` stands before the number."""
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}{mark}{number}"
    return name
