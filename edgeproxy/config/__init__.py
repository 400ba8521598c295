"""The user's files, read into the model: `load`, `show` for a problem found on the way."""

from edgeproxy.config.excerpt import show
from edgeproxy.config.loading import is_project, load, settings_for

__all__ = ["is_project", "load", "settings_for", "show"]
