import pytest

from edgeproxy.rules.viewer_tls import words

CASES = [
    pytest.param(False, 0, "TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake", id="the first request of a connection"),
    pytest.param(True, 0, "TLSv1.3:TLS_AES_128_GCM_SHA256:sessionResumed", id="the first one of a resumed session"),
    pytest.param(False, 1, "TLSv1.3:TLS_AES_128_GCM_SHA256:connectionReused", id="a later request"),
    pytest.param(True, 1, "TLSv1.3:TLS_AES_128_GCM_SHA256:connectionReused", id="a later one of a resumed session"),
]


@pytest.mark.parametrize(("resumed", "which", "text"), CASES)
def test_words(resumed, which, text):
    assert words("TLSv1.3", "TLS_AES_128_GCM_SHA256", resumed=resumed)[which] == text


def test_ciphers_of_tls_1_2_keep_openssls_names():
    assert (
        words("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", resumed=False).first
        == "TLSv1.2:ECDHE-RSA-AES128-GCM-SHA256:fullHandshake"
    )
