"""The user's files, read into the model: `load`, and `show` for a problem found on the way."""

from edgeproxy.config.excerpt import show
from edgeproxy.config.loading import load

__all__ = ["load", "show"]
