"""A problem printed inside the user's file: place, the line itself with a caret, what is allowed."""

import re
from collections.abc import Iterable, Iterator

from edgeproxy.errors import Problem
from edgeproxy.terminal import near, safe

WIDTH = 120
"""Characters of a source line that are shown; of a longer one, those around the caret."""
_VALUE = r"""(?!["']?\$\{env:\w+\}["']?\s*(?:[,}#]|$))(\[[^\]]*\]?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}][^,{}]*)"""
_NAMES = r"""(?<!:)secret(?!smanager:)\w{0,40}|(?:secretsmanager|ssm-secure):[^"'\s{}]{0,600}(?:\}\})?"""
_SECRET = re.compile(rf"""(?i)((?:{_NAMES})["']?\s{{0,20}}:(?:\s{{1,20}}|(?=["'])))""" + _VALUE)
"""The value of a property that is called a secret, or of a dynamic reference to one."""
_ANY = re.compile(r"""([^\s{,]?\s{0,20}:(?:\s+|(?=["'])|(?<=["']:)))""" + _VALUE)
"""The value of any property."""
_CREDENTIALS = re.compile(r"(://)([^/@\s]+)(?=@)")
_WHOLE = re.compile(r"^(\s*)(.+)")
_OPENS = re.compile(r"""( *)(\{?)\s{0,20}["']?(\w+)["']?\s{0,20}:""")
SECRET_SECTIONS = frozenset({"parameters", "imports", "resolve", "environment", "sign_as"})
"""Sections of a settings file whose values may all be secrets."""
_SECTION = re.compile(
    rf"""(?<![\w-])({"|".join(sorted(SECRET_SECTIONS))})["']?\s{{0,20}}:\s{{0,20}}(?=[{{[])""",
)
"""One of them that opens inside of a line."""
_BRACKETS = re.compile(r"""[{}\[\]]|"(?:[^"\\]|\\.)*"?|'[^']*'?""")
REACH = 4096
"""Characters on each side of the caret that are looked at."""
MAX_BYTES = 8 << 20
"""Of a file in which a line is looked for."""
LONGEST = 1000
"""Characters of a message or hint that are shown."""
_TOKEN = re.compile(r"[\w.:!/$-]+")
_BOLD, _RED, _BLUE, _CYAN, _END = "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[36m", "\x1b[0m"


def show(problem: Problem, *, colour: bool) -> str:
    """Several lines without a final newline; one when the problem has no place."""
    head = _paint(f"{_place(problem)}: ", _BOLD, colour) if problem.path else ""
    text = f"{head}{_paint('error', _RED, colour)}: {_clean(problem.message)}"
    source = _source(problem)
    if source is None:
        return f"{text} ({_clean(problem.hint)})" if problem.hint else text
    line, column, length = source
    number = str(problem.line)
    bar = _paint(f"{' ' * len(number)} |", _BLUE, colour)
    lines = [text, bar, f"{_paint(f'{number} |', _BLUE, colour)} {line}"]
    if problem.column:
        lines.append(f"{bar} {' ' * column}{_paint('^' * length, _RED, colour)}")
    for index, hint in enumerate(problem.hint.splitlines()):
        lines.append(
            f"{' ' * len(number)} {_paint('=' if index == 0 else ' ', _BLUE, colour)} {_paint(_clean(hint), _CYAN, colour)}"
        )
    return "\n".join(lines)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_END}" if colour else text


def _clean(text: str) -> str:
    """What a file says must not steer the terminal, nor fill it."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return _printable(cut)


def _printable(text: str) -> str:
    """As long as the text is: a caret below it stays where it belongs."""
    return "".join(char if char.isprintable() else " " for char in text)


def _place(problem: Problem) -> str:
    assert problem.path is not None
    return ":".join([safe(str(near(problem.path))), *(str(number) for number in (problem.line, problem.column) if number)])


def _without_secrets(line: str, mappings: Iterable[tuple[int, int]], lines: list[str]) -> str:
    """The line with stars for what may be secret: in these parts of it, and in what `lines`, which end with it, tell of it."""
    for start, end in mappings:
        part = line[max(start, 0) : max(end, 0)]
        pattern = _ANY if part.startswith("{") else _WHOLE
        line = line[: max(start, 0)] + pattern.sub(_starred, part) + line[max(end, 0) :]
    secret = _SECRET
    if _sections(lines) & SECRET_SECTIONS:
        secret = _ANY if ":" in line else _WHOLE
    for pattern in (secret, _CREDENTIALS):
        line = pattern.sub(_starred, line)
    return line


def _starred(found: re.Match[str]) -> str:
    return found[1] + "*" * len(found[2])


def _secret_mappings(line: str) -> Iterator[tuple[int, int]]:
    """Where in a line what is in one of SECRET_SECTIONS begins and ends."""
    end = 0
    for section in _SECTION.finditer(line):
        if section.end() >= end:
            end = _closing(line, section.end())
            yield section.end(), end


def _closing(line: str, start: int) -> int:
    """Where what opens at `start` has closed; the end of a line on which it does not."""
    depth = 0
    for token in _BRACKETS.finditer(line, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if not depth:
            return token.end()
    return len(line)


def _sections(lines: list[str]) -> set[str]:
    """Names of the YAML mappings that the last of the lines is in, its own first name among them if not in braces."""
    found, indent = set(), 1 << 30
    for line in reversed(lines):
        opens = _OPENS.match(line)
        if opens and len(opens[1]) < indent:
            if line is not lines[-1]:
                found.update([opens[3], *_SECTION.findall(line)])
            elif not opens[2]:
                found.add(opens[3])
            indent = len(opens[1])
    return found


def _source(problem: Problem) -> tuple[str, int, int] | None:
    """The line as shown, the caret's column from 0, the caret's length."""
    if problem.path is None or not problem.line:
        return None
    try:
        if not problem.path.is_file():
            return None
        with problem.path.open("rb") as file:
            lines = file.read(MAX_BYTES).decode("utf-8", errors="replace").split("\n")
        whole = lines[problem.line - 1]
    except (OSError, IndexError):
        return None
    column = min(max(problem.column - 1, 0), len(whole))
    before, after = max(0, column - REACH), column + REACH
    mappings = [(start - before, end - before) for start, end in _secret_mappings(whole[:after])]
    line, column = _without_secrets(_printable(whole[before:after]), mappings, lines[: problem.line]), column - before
    token = _TOKEN.match(line, column)
    length = token.end() - column if token else 1
    start = max(0, column - WIDTH // 3) if len(line) > WIDTH else 0
    return line[start : start + WIDTH].rstrip(), column - start, max(1, min(length, WIDTH - (column - start)))
