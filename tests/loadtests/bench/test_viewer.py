from loadtests.bench import viewer
from loadtests.processes import Address


def test_a_request_carries_ten_headers():
    lines = viewer.request(Address("127.0.0.1", 8080), "/a?b=1").split(b"\r\n")
    assert lines[0] == b"GET /a?b=1 HTTP/1.1"
    assert lines[1] == b"Host: 127.0.0.1:8080"
    assert lines[-2:] == [b"", b""]
    assert len(lines[1:-2]) == 10


def test_x_cache_is_read_without_the_name_of_the_cache():
    assert viewer.Answer(200, (("x-cache", "Hit from cloudfront"),), b"").x_cache == "Hit"
    assert viewer.Answer(200, (), b"").x_cache == ""
