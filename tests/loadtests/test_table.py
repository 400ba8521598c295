from loadtests import table


def test_columns_are_as_wide_as_their_widest_cell():
    assert table.render("<>", ("name", "n"), [("a", "1000"), ("longer", "2")]).splitlines() == [
        "name       n",
        "a       1000",
        "longer     2",
    ]


def test_lines_end_without_spaces():
    assert table.render("<<", ("a", "b"), [("c", "")]).splitlines() == ["a  b", "c"]
