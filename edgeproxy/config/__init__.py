"""The user's files, read into the model: `load`, `show` for a problem found on the way, `lines_to_add` for what is missing."""

from edgeproxy.config.excerpt import show
from edgeproxy.config.loading import load
from edgeproxy.config.targets import is_project, lines_to_add, settings_for

__all__ = ["is_project", "lines_to_add", "load", "settings_for", "show"]
