"""The user's files, read into the model: `load`, `show` for a problem found on the way."""

from edgeproxy.config.cloud_assembly import manifest_of
from edgeproxy.config.excerpt import show
from edgeproxy.config.loading import FOUND_IN_DIRECTORY, load

__all__ = ["FOUND_IN_DIRECTORY", "load", "manifest_of", "show"]
