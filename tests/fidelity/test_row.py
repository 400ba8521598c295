import pytest

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section


@pytest.mark.parametrize(
    ("row", "status"),
    [
        pytest.param(honoured("a", "Redirects", "as on AWS", "x.py"), "honoured", id="honoured"),
        pytest.param(chosen("a", "Redirects", "301", "x.py", "switch"), "chosen", id="chosen"),
        pytest.param(not_emulated("a", "Redirects", "none", "x.py"), "not emulated", id="not emulated"),
    ],
)
def test_each_status_has_its_word(row, status):
    assert (row.id, row.status, row.question, row.where) == ("a", status, "Redirects", "x.py")


def test_a_section_names_its_rows_and_changes_nothing_else():
    row = chosen("a", "Redirects", "301", "x.py", "switch")
    assert section("Access: methods", row) == (Row("a", "Access: methods", "chosen", "Redirects", "301", "x.py", "switch"),)


def test_properties_are_told_one_by_one():
    assert not_emulated("a", "q", "h", "x.py", property="A.One, B.Two").properties() == ("A.One", "B.Two")
    assert not_emulated("a", "q", "h", "x.py").properties() == ()
