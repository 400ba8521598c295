import asyncio
import gc
import os
import weakref

import pytest

from edgeproxy import recording as recording_module
from edgeproxy.messages import BodyBroken
from edgeproxy.recording import WINDOW, Recording


async def read(reader):
    return b"".join([chunk async for chunk in reader.chunks()])


async def turns(count=10):
    for _ in range(count):
        await asyncio.sleep(0)


async def feed(recording, chunks):
    for chunk in chunks:
        await recording.feed(chunk)
    recording.finish()


async def test_every_reader_has_it_from_the_first_byte():
    recording = Recording(None, 100)
    await recording.feed(b"one ")
    early = asyncio.ensure_future(read(recording.reader()))
    await turns()
    await recording.feed(b"two")
    late = asyncio.ensure_future(read(recording.reader()))
    recording.finish()
    assert await early == await late == b"one two"
    assert (recording.content(), recording.length) == (b"one two", 7)
    assert await read(recording.reader()) == b"one two", "it can be read again"


async def test_what_broke_off_breaks_its_readers_behind_what_arrived():
    recording = Recording(10, 100)
    await recording.feed(b"part")
    chunks = recording.reader().chunks()
    assert await anext(chunks) == b"part"
    recording.finish(BodyBroken("the origin closed"))
    with pytest.raises(BodyBroken, match="the origin closed"):
        await anext(chunks)
    assert not recording.complete


async def test_past_its_limit_it_waits_for_its_only_reader():
    recording = Recording(None, WINDOW)
    reader = recording.reader()
    feeding = asyncio.ensure_future(feed(recording, [b"x" * (WINDOW // 2)] * 8))
    await turns()
    assert recording.size < WINDOW * 2, "the source is held back"
    assert len(await read(reader)) == WINDOW * 4
    await feeding
    assert recording.overflown
    with pytest.raises(BodyBroken, match="beginning"):
        recording.reader()


async def test_a_reader_that_does_not_read_holds_nobody_up():
    chunks = [bytes([number]) * (WINDOW // 2) for number in range(20)]
    recording = Recording(None, WINDOW)
    quick, slow = recording.reader(), recording.reader()
    feeding = asyncio.ensure_future(feed(recording, chunks))
    assert await read(quick) == b"".join(chunks)
    await feeding
    assert await read(slow) == b"".join(chunks)
    with pytest.raises(BodyBroken, match="beginning"):
        recording.reader()


async def test_a_reader_goes_on_from_disk_in_the_midst_of_what_it_reads():
    chunks = [bytes([number]) * 1000 for number in range(40)]
    recording = Recording(None, 4500)
    first, second = recording.reader().chunks(), recording.reader()
    await recording.feed(chunks[0])
    taken = await anext(first)
    feeding = asyncio.ensure_future(feed(recording, chunks[1:]))
    taken += b"".join([piece async for piece in first])
    assert taken == await read(second) == b"".join(chunks)
    await feeding


async def test_so_much_on_disk_and_no_more(monkeypatch):
    monkeypatch.setattr(recording_module, "MOST_ON_DISK", 4 * WINDOW)
    recording = Recording(None, WINDOW)
    quick, slow = recording.reader(), recording.reader()
    feeding = asyncio.ensure_future(feed(recording, [b"x" * WINDOW] * 12))
    reading = asyncio.ensure_future(read(quick))
    await turns(100)
    assert recording.size == 5 * WINDOW, "one chunk more than may be behind"
    await slow.close()
    assert len(await reading) == 12 * WINDOW
    await feeding


async def test_a_disk_that_is_full_from_the_beginning_leaves_the_window(monkeypatch):
    monkeypatch.setattr(recording_module._Disk, "write", full)
    recording = Recording(None, WINDOW)
    first, second = recording.reader(), recording.reader()
    feeding = asyncio.ensure_future(feed(recording, [b"x" * WINDOW] * 4))
    assert await asyncio.gather(read(first), read(second)) == [b"x" * WINDOW * 4] * 2
    await feeding


async def test_a_disk_that_fills_up_breaks_the_body_behind_what_it_holds(monkeypatch):
    recording = Recording(None, 10)
    readers = recording.reader(), recording.reader()
    await recording.feed(b"x" * 11)
    monkeypatch.setattr(recording_module._Disk, "write", full)
    with pytest.raises(BodyBroken, match="disk") as error:
        await recording.feed(b"y")
    recording.finish(error.value)
    for reader in readers:
        chunks = reader.chunks()
        assert await anext(chunks) == b"x" * 11
        with pytest.raises(BodyBroken, match="disk"):
            await anext(chunks)


def full(self, data, offset):
    raise BodyBroken("the disk is full")


async def test_what_goes_round_and_round_on_disk_is_never_more_than_may_be_behind(monkeypatch):
    monkeypatch.setattr(recording_module, "MOST_ON_DISK", WINDOW)
    monkeypatch.setattr(recording_module, "PIECE", 100_000)
    recording, sizes = Recording(None, 1000), []
    quick, slow = recording.reader(), recording.reader()
    chunks = [bytes([number]) * 333_333 for number in range(30)]
    feeding = asyncio.ensure_future(feed(recording, chunks))
    reading = asyncio.ensure_future(read(quick))
    found = b""
    async for piece in slow.chunks():
        found += piece
        sizes.append(os.fstat(recording._disk._file.fileno()).st_size)
        await asyncio.sleep(0)
    assert found == await reading == b"".join(chunks)
    await feeding
    assert max(sizes) <= 2 * WINDOW


async def test_it_is_abandoned_when_its_last_reader_has_left():
    recording, told = Recording(None, 100), []
    recording.when_abandoned = lambda: told.append(True)
    await recording.feed(b"a")
    first, second = recording.reader(), recording.reader()
    assert await anext(first.chunks()) == b"a"
    await first.close()
    assert (recording.abandoned, told) == (False, [])
    await second.close()
    assert (recording.abandoned, told) == (True, [True])


async def test_what_has_overflown_and_nobody_reads_is_given_up():
    recording = Recording(None, 10)
    recording.leave()
    with pytest.raises(BodyBroken, match="nobody"):
        await recording.feed(b"x" * (WINDOW + 1))


async def test_what_has_overflown_waits_for_its_first_reader():
    recording = Recording(None, 10)
    feeding = asyncio.ensure_future(recording.feed(b"x" * (WINDOW + 1)))
    await turns()
    assert not feeding.done()
    reader = recording.reader()
    recording.finish()
    assert len(await read(reader)) == WINDOW + 1
    with pytest.raises(BodyBroken):
        await feeding


async def test_what_broke_off_goes_with_its_last_reader_without_a_collection():
    gc.disable()
    try:
        recording = Recording(None, 100)
        reader = recording.reader()
        try:
            await recording.feed(b"part")
            raise BodyBroken("the origin closed")
        except BodyBroken as error:
            recording.finish(error)
        with pytest.raises(BodyBroken):
            await read(reader)
        gone = weakref.ref(reader)
        recording = reader = None
        assert gone() is None
    finally:
        gc.enable()
