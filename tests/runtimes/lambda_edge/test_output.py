import pytest

from edgeproxy.runtimes.lambda_edge.output import LINE, LINES, Output, printable


class Seconds:
    def __init__(self):
        self.value = 100.0

    def __call__(self):
        return self.value


def cut(*chunks):
    lines = []
    output = Output(lines.append, Seconds())
    for chunk in chunks:
        output.feed(chunk)
    output.end()
    return lines


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        pytest.param([b"one\ntwo\n"], ["one", "two"], id="each line goes out once"),
        pytest.param([b"on", b"e\ntw", b"o"], ["one", "two"], id="lines are put together, the last one needs no end"),
        pytest.param([b"one\r\n\ntwo\n"], ["one", "", "two"], id="CRLF ends a line, an empty line is a line"),
        pytest.param([b"\xff\xfe\x00ok\n"], ["��\\x00ok"], id="bytes that are no text are shown as such"),
        pytest.param([b"\x1b[31mred\x9b\n"], ["\\x1b[31mred�"], id="a terminal never gets an escape"),
        pytest.param(["\x85a\tb\n".encode()], ["\\x85a\tb"], id="C1 controls are escaped, tabs are not"),
        pytest.param(
            [b"x" * (LINE + 5), b"x" * LINE, b"tail\nnext\n"],
            ["x" * LINE + "…", "next"],
            id="an endless line is cut, and goes out once",
        ),
        pytest.param([b"x" * LINE + b"\n"], ["x" * LINE], id="a line of the largest size is whole"),
    ],
)
def test_lines(chunks, lines):
    assert cut(*chunks) == lines


def test_a_flood_is_counted_not_shown():
    lines, clock = [], Seconds()
    output = Output(lines.append, clock)
    output.feed(b"a\n" * (LINES + 10))
    output.feed(b"b\n" * 7 + b"half of a ")
    assert lines == ["a"] * LINES
    clock.value += 1
    output.feed(b"line\n")
    assert lines[LINES:] == ["… 17 more lines not shown (more than 1000 in a second)", "half of a line"]


def test_a_flood_without_line_ends_keeps_no_memory():
    lines, clock = [], Seconds()
    output = Output(lines.append, clock)
    output.feed(b"a\n" * LINES)
    for _ in range(100):
        output.feed(b"x" * 65536)
    clock.value += 1
    output.feed(b"x\nnext\n")
    assert lines[LINES:] == ["next"]


def test_printable_cuts_by_bytes():
    assert printable(b"y" * (LINE + 1)) == "y" * LINE + "…"
