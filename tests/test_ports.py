import pytest

from edgeproxy.ports import leave_the_loop


def test_leaving_the_loop_is_one_bare_yield():
    async def passage():
        await leave_the_loop()
        return "went on"

    running = passage()
    assert running.send(None) is None
    with pytest.raises(StopIteration) as end:
        running.send(None)
    assert end.value.value == "went on"
