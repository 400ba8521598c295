import subprocess
import sys

from edgeproxy.fidelity.page import render
from edgeproxy.fidelity.row import chosen, honoured, not_emulated, section

ROWS = (
    *section("Access: methods", honoured("a", "Methods", "403 (SomePage)", "rules/access.py")),
    *section("Access: order", chosen("b", "Order", "first", "rules/access.py, pipeline.py", "`x: y`")),
    *section("Logs: standard", not_emulated("c", "Logs", "none", "config/x.py", property="A.One, B.Two")),
)


def test_figures_headings_and_one_line_a_row():
    page = render(ROWS)
    assert "**honoured** (1)" in page
    assert "**chosen** (1)" in page
    assert "**not emulated** (1)" in page
    assert [line for line in page.splitlines() if line.startswith(("## ", "| "))] == [
        "## Access",
        "| Point | | Here | Switch | Where |",
        "| Methods | honoured | 403 (SomePage) | — | `rules/access.py` |",
        "| Order | chosen `b` | first | `x: y` | `rules/access.py`, `pipeline.py` |",
        "## Logs",
        "| Point | | Here | Switch | Where |",
        "| Logs: `A.One`, `B.Two` | not emulated | none | — | `config/x.py` |",
    ]


def test_the_command_prints_the_page_of_the_table():
    from edgeproxy.fidelity import ROWS

    printed = subprocess.run([sys.executable, "-m", "edgeproxy.fidelity"], capture_output=True, text=True, check=True)
    assert printed.stdout == render(ROWS)
