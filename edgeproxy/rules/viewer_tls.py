"""What CloudFront-Viewer-TLS says of a viewer's connection: TLS version, cipher, and how the connection came to be.

`TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake`; the third part is `sessionResumed` where the session of an earlier connection
was taken up again, and `connectionReused` from the second request of a connection on.
AWS page: adding-cloudfront-headers. Ciphers have OpenSSL's names, as there. Not emulated: the fingerprints (JA3, JA4).
"""

from typing import NamedTuple

FULL, RESUMED, REUSED = "fullHandshake", "sessionResumed", "connectionReused"


class ViewerTls(NamedTuple):
    """What the header says at the first request of a connection, and at each later one."""

    first: str
    later: str


def words(version: str, cipher: str, *, resumed: bool) -> ViewerTls:
    """`version` as in TLSv1.3, `cipher` by OpenSSL's name, `resumed`: the handshake took a session up again."""
    negotiated = f"{version}:{cipher}"
    return ViewerTls(f"{negotiated}:{RESUMED if resumed else FULL}", f"{negotiated}:{REUSED}")
