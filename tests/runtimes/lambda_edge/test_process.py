import asyncio
import os
import select
import sys

import pytest

from edgeproxy.runtimes.lambda_edge.process import Process

# Starts a child that holds the pulse and stdout, but not the lifeline; goes on when the child is there.
CHILD = """
import os, subprocess, sys, time
there, tell = os.pipe()
words = 'exec 8> "$0"; echo x >&8; echo x >&{}; exec sleep 60'.format(tell)
child = subprocess.Popen(['/bin/sh', '-c', words, PULSE], pass_fds=[tell], stdin=subprocess.DEVNULL)
os.read(there, 1)
"""


class Started:
    """A process of a few lines of Python, what it printed, and its exit code."""

    def __init__(self, directory):
        self.directory = directory
        self.lines = asyncio.Queue()
        self.code = asyncio.get_running_loop().create_future()

    async def start(self, source, **variables):
        command = [sys.executable, "-I", "-u", "-X", "utf8", "-c", source]
        self.process = await Process.start(command, variables, self.directory, self.lines.put_nowait, self.code.set_result)
        return self.process

    async def ended(self):
        return await asyncio.wait_for(asyncio.shield(self.code), 10)

    def printed(self):
        return [self.lines.get_nowait() for _ in range(self.lines.qsize())]


@pytest.fixture
async def started(tmp_path):
    started = Started(tmp_path)
    yield started
    await started.process.stop()


class Pulse:
    """A named pipe that processes hold open."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    async def stopped(self):
        """Returns when something was written and the last holder has died."""
        seen = b""
        while True:
            ready, _, _ = await asyncio.to_thread(select.select, [self.descriptor], [], [], 10)
            assert ready
            data = os.read(self.descriptor, 1)
            if not data and seen:
                return
            seen += data


@pytest.fixture
def pulse(tmp_path):
    pulse = Pulse(tmp_path / "pulse")
    yield pulse
    os.close(pulse.descriptor)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_exit_code_and_last_words_arrive(started):
    await started.start("import sys; print('out'); sys.stderr.write('half a line'); sys.exit(7)")
    assert await started.ended() == 7
    assert sorted(started.printed()) == ["half a line", "out"]
    assert not started.process.alive
    assert gone(started.process.pid)


async def test_a_signal_is_a_negative_code(started):
    await started.start("import os; os.kill(os.getpid(), 11)")
    assert await started.ended() == -11


async def test_only_the_given_variables(started, monkeypatch):
    monkeypatch.setenv("DEVELOPERS_OWN", "secret")
    await started.start("import os\nfor word in (os.getcwd(), *os.environ): print(word)", GIVEN="1")
    await started.ended()
    # Python itself and macOS may add a name for the locale.
    added = {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    assert set(started.printed()) - added == {"GIVEN", str(started.directory.resolve())}


async def test_death_is_noticed_though_a_child_holds_the_output(started, pulse):
    await started.start(CHILD.replace("PULSE", repr(str(pulse.path))) + "sys.exit(0)")
    assert await started.ended() == 0
    await pulse.stopped()


async def test_kill_takes_the_whole_group(started, pulse):
    await started.start(CHILD.replace("PULSE", repr(str(pulse.path))) + "print('there'); time.sleep(60)")
    assert await started.lines.get() == "there"
    started.process.kill()
    assert await started.ended() == -9
    await pulse.stopped()


async def test_stop_twice_and_after_death(started):
    process = await started.start("pass")
    await started.ended()
    await process.stop()
    await process.stop()
    assert not process.alive


async def test_writing_to_the_lifeline_does_no_harm(started):
    await started.start("import os; os.write(0, b'x' * 100000); print('done'); os.read(0, 1)")
    assert await started.lines.get() == "done"
    assert started.process.alive


async def test_closing_the_lifeline_counts_as_death(started):
    await started.start("import os, time; os.close(0); time.sleep(60)")
    assert await started.ended() == -9


async def test_a_flood_does_not_hold_the_process_up(started):
    await started.start("import sys\nfor _ in range(200): sys.stdout.write('x\\n' * 50000)\nsys.exit(4)")
    assert await started.ended() == 4
    # 10 million lines were printed; a thousand a second are shown.
    assert started.lines.qsize() < 100_000


async def test_what_cannot_start_raises(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        await Process.start(["/nowhere/node"], {}, tmp_path, print, print)
