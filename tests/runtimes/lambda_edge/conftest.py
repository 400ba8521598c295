"""Processes that tests start by hand."""

import subprocess
import sys

import pytest


@pytest.fixture
def start():
    """`start(code, **how)`: a Python process that has said `there`; killed in the end."""
    started = []

    def start(code, **how):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **how)
        started.append(process)
        assert process.stdout.readline() == b"there\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(10)
        process.stdout.close()
