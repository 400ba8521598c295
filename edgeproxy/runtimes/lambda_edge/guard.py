"""Kills the handlers of a proxy that is gone. A stopped (frozen) process cannot see for itself that its proxy has died.

A program of its own, standard library only: `+123` on standard input puts a process group under guard, `-123` lets it go;
at the end of the input every group that is left is killed.
"""

import os
import signal
import sys


def main() -> None:
    """Reads until the proxy is gone."""
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line[1:])
        if line[0] == "+":
            groups.add(number)
        else:
            groups.discard(number)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__":
    main()
