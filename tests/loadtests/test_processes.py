import psutil
import pytest

from loadtests.processes import Address, NotStarted, demo_api, ready, running


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("", None, id="nothing was said yet"),
        pytest.param("edgeproxy ready on http://127.0.0.1:80", Address("127.0.0.1", 80), id="the line may lack its end"),
        pytest.param("edgeproxy ready on http://127.0.0.1:", None, id="half of the line is not the line"),
        pytest.param("edgeproxy ready on http://[::1]:8080\n", Address("[::1]", 8080), id="an IPv6 address keeps its brackets"),
        pytest.param("bare ready on http://127.0.0.1:9\nGET / 200\n", Address("127.0.0.1", 9), id="request lines follow"),
        pytest.param("GET /a ready on http://127.0.0.1:9\n", None, id="a path does not pass for it"),
    ],
)
def test_the_ready_line(text, address):
    assert ready(text) == address


def test_a_server_runs_until_its_block_ends():
    with running("loadtests.bench.origin", 10) as server:
        assert psutil.pid_exists(server.pid)
    assert not psutil.pid_exists(server.pid)


def test_a_server_is_stopped_when_its_block_fails():
    with pytest.raises(ZeroDivisionError), running("loadtests.bench.origin", 10) as server:
        raise ZeroDivisionError
    assert not psutil.pid_exists(server.pid)


def test_a_server_that_ends_at_once_shows_what_it_said():
    with (
        pytest.raises(NotStarted, match=r"ended with 1\n(.*\n)*ValueError: invalid literal"),
        running("loadtests.bench.origin", "x"),
    ):
        pytest.fail("it was not started")


def test_the_demo_api_answers_while_its_block_runs():
    with demo_api() as address:
        assert address.url.startswith("http://127.0.0.1:")
