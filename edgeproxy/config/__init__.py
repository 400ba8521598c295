"""The user's files, read into the model: `load`, `show` for a problem found on the way, `lines_to_add` for what is missing."""

from edgeproxy.config.cloud_assembly import manifest_of
from edgeproxy.config.excerpt import show
from edgeproxy.config.loading import FOUND_IN_DIRECTORY, lines_to_add, load

__all__ = ["FOUND_IN_DIRECTORY", "lines_to_add", "load", "manifest_of", "show"]
