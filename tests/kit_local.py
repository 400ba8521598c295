"""What the settings file gives, made by hand."""

from pathlib import Path

from edgeproxy.config.code import LocalCode
from edgeproxy.config.key_groups import LocalKeys
from edgeproxy.config.key_value_stores import LocalStores
from edgeproxy.config.local import Local


def given(code=None, stores=None, keys=None):
    """Nothing, but for what is named."""
    return Local(code or LocalCode({}, Path()), stores or LocalStores(), keys or LocalKeys())
