"""Prints docs/fidelity.md."""

import sys

from edgeproxy.fidelity import ROWS
from edgeproxy.fidelity.page import render

sys.stdout.write(render(ROWS))
