"""What is given of the viewers of a running proxy: the settings' values, and over them those set from the admin side."""

from collections.abc import Mapping

from edgeproxy.rules import viewer_values


class GivenViewer:
    """`ports.ViewerDesk`; the listener asks for `given` alone."""

    def __init__(self, declared: Mapping[str, str] | None = None) -> None:
        self.declared: Mapping[str, str] = declared or {}
        self.changes: Mapping[str, str] = {}
        self.given = self.with_changes({})

    def declare(self, declared: Mapping[str, str]) -> None:
        """Takes over what the settings say now; what was set over it stays."""
        self.declared = declared
        self.given = self.with_changes({})

    def change(self, changes: Mapping[str, str]) -> None:
        self.changes = {**self.changes, **changes}
        self.given = self.with_changes({})

    def reset(self) -> None:
        self.changes = {}
        self.given = self.with_changes({})

    def with_changes(self, changes: Mapping[str, str]) -> Mapping[str, str | None]:
        return viewer_values.headers({**self.declared, **self.changes, **changes})
