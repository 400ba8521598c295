"""Patterns with wildcards, as regular expressions that are matched in linear time: `*` is any run of characters, `?` is one.

AWS pages: DownloadDistValuesCacheBehavior (path patterns), private-content-creating-signed-url-custom-policy (resources).
"""

import re


def expression(pattern: str, character: str = ".") -> str:
    """The source of a regular expression to be matched whole; `character`: that of those which a wildcard takes."""
    first, *others = ("".join(character if each == "?" else re.escape(each) for each in part) for part in pattern.split("*"))
    if not others:
        return first
    # What stands between two stars is taken where it first fits, for good: tried at every place, many stars take for ever.
    between = "".join(f"(?>{character}*?{part})" for part in others[:-1] if part)
    return f"{first}{between}{character}*{others[-1]}"
