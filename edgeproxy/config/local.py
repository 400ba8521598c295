"""What the settings file gives in place of what only AWS holds: code of functions, pairs of key value stores, public keys."""

from pathlib import Path
from typing import NamedTuple

from edgeproxy.config.code import LocalCode
from edgeproxy.config.key_groups import LocalKeys
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.problems import Problems


class Local(NamedTuple):
    """All of it for one load; each part knows which of its names were asked for."""

    code: LocalCode
    stores: LocalStores
    keys: LocalKeys

    def check_names(self, problems: Problems) -> None:
        """Notes every name that nothing in the project has."""
        self.code.check_names(problems)
        self.stores.check_names(problems)
        self.keys.check_names(problems)

    @property
    def sources(self) -> dict[Path, None]:
        """The files that were read for stores and keys."""
        return {**self.stores.sources, **self.keys.sources}
