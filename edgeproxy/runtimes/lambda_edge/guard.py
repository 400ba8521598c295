"""Ends the handlers of a proxy that is gone. A stopped (frozen) process cannot see for itself that its proxy has died.

A program of its own, standard library only, that reads lines of JSON from standard input: `[group, marker, scratch]` puts a
process group, what inherited the marker from it, and its scratch directory under guard, `[group]` lets them go; at the end
of the input every group that is left is killed, and its directory removed.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path


def kill_inheritors(markers: set[bytes]) -> None:
    """Kills what was started with one of the markers among its variables, wherever it went (where /proc tells)."""
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            marked = not markers.isdisjoint((directory / "environ").read_bytes().split(b"\0"))
            if marked and int(directory.name) != os.getpid():
                os.kill(int(directory.name), signal.SIGKILL)
        except OSError:
            continue  # gone meanwhile, or another user's


def kill_group(group: int) -> None:
    """Kills a process group, if there is one."""
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        return


def remove_scratch(scratch: Path) -> None:
    """Removes a scratch directory, whatever a handler has made of it: links are not followed, no depth is too deep."""
    if scratch.is_symlink():
        scratch.unlink(missing_ok=True)
        return
    for words in (["chmod", "-R", "u+rwx"], ["rm", "-rf", "--"]):
        subprocess.run([*words, str(scratch)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}, check=False)


def main() -> None:
    """Reads until the proxy is gone."""
    guarded: dict[int, tuple[str, str]] = {}
    for line in sys.stdin:
        group, *rest = json.loads(line)
        if rest:
            guarded[group] = (rest[0], rest[1])
        else:
            guarded.pop(group, None)
    for group in guarded:
        kill_group(group)
    if guarded:
        kill_inheritors({marker.encode() for marker, _ in guarded.values()})
    for _, scratch in guarded.values():
        remove_scratch(Path(scratch))


if __name__ == "__main__":
    main()
