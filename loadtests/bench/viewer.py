"""What a browser asks, and one answer to it: the request of every benchmark, sent once and read with http.client."""

from http.client import HTTPConnection
from typing import NamedTuple

from loadtests.processes import Address

HEADERS = (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.9,de;q=0.8"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Referer", "https://www.example.com/"),
    ("Cookie", "visitor=known; theme=dark"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Site", "same-origin"),
)
"""Nine headers; Host is the tenth."""


class Answer(NamedTuple):
    """An answer as it was read; header names as received."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def x_cache(self) -> str:
        """Without its " from cloudfront"; empty when there is none."""
        stated = next((value for name, value in self.headers if name.lower() == "x-cache"), "")
        return stated.removesuffix(" from cloudfront")


def request(address: Address, target: str) -> bytes:
    """The request as it goes over the wire."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {address.host}:{address.port}", *(f"{n}: {v}" for n, v in HEADERS)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def ask(address: Address, target: str) -> Answer:
    """One answer over a connection of its own. Raises OSError or http.client.HTTPException."""
    connection = HTTPConnection(address.host, address.port, timeout=30)
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        for name, value in HEADERS:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return Answer(response.status, tuple(response.getheaders()), response.read())
    finally:
        connection.close()
