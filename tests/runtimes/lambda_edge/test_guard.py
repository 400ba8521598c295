import signal
import subprocess
import sys

from edgeproxy.runtimes.lambda_edge.guarded import GUARD


def test_groups_that_are_gone_do_not_keep_it_from_the_others():
    gone = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    gone.wait(10)
    there = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    lines = f"+{gone.pid}\n+{there.pid}\n+{gone.pid}\n"
    assert subprocess.run([sys.executable, "-I", "-S", str(GUARD)], input=lines.encode(), timeout=10).returncode == 0
    assert there.wait(10) == -signal.SIGKILL
