import time

from edgeproxy.clock import SystemClock


def test_now_is_real_time_plus_an_offset():
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 5
    clock.offset = 3600
    assert 3590 < clock.now() - time.time() < 3610


def test_monotonic_never_moves_with_the_offset():
    clock = SystemClock()
    before = clock.monotonic()
    clock.offset = -1e9
    assert clock.monotonic() >= before
