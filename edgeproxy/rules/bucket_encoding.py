"""Path and query of a request to a bucket in the one encoding that S3's signatures know.

A server recomputes a signature from what it decodes: unreserved characters as they are, all else percent-encoded in capitals.
AWS page: Amazon S3 API Reference, Signature Calculations (canonical URI, canonical query string).
Chosen: a `+` in a query is a space; empty parameters are left out.
"""

from urllib.parse import quote, unquote_to_bytes


def canonical_path(path: str) -> str:
    """The path with every byte in that form."""
    return quote(unquote_to_bytes(path.encode("latin-1")), safe="/-_.~")


def canonical_query(query: str) -> str:
    """The parameters in their order, in the same form."""
    return "&".join("=".join(_parameter(part) for part in pair.split("=", 1)) for pair in query.split("&") if pair)


def _parameter(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), safe="-_.~")
