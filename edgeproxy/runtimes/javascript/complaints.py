"""The engine's errors in the words of CloudFront's: what the user sees at AWS is what the terminal says here.

Facts: cloudfront-functions sections 3.1 and 3.2 (texts observed on CloudFront). Texts without a row stay the engine's.
"""

import re
from typing import NamedTuple

_PLACE = re.compile(r"<input>:(\d+):(\d+)")
_TOKEN = re.compile(r"[\w$]+|\S")
_UNEXPECTED = re.compile(r"(?:unexpected|expecting|expected|missing|invalid) ", re.IGNORECASE)

_TEXTS = (
    (re.compile(r"^ReferenceError: '?([^\s']+)'? is not defined"), r'ReferenceError: "\1" is not defined'),
    (re.compile(r"^TypeError: cannot read property '(.*)' of (\w+)"), r'TypeError: cannot get property "\1" of \2'),
    (re.compile(r"^TypeError: cannot set property '(.*)' of (\w+)"), r'TypeError: cannot set property "\1" of \2'),
)


class SyntaxProblem(NamedTuple):
    """A SyntaxError of the code; line and column count from 1."""

    message: str
    line: int
    column: int


def of_syntax(error: str, code: str, indent: int) -> SyntaxProblem:
    """From the engine's text of a SyntaxError; `indent` is how far the code was moved to the right on its first line."""
    text, _, stack = error.partition("\n")
    place = _PLACE.search(stack)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1 + indent)
    if line == 1:
        column = max(1, column - indent)
    if text.startswith("SyntaxError: ") and _UNEXPECTED.match(text, len("SyntaxError: ")):
        text = f"SyntaxError: {_token(code, line, column)}"
    return SyntaxProblem(f"{text} in {line}", line, column)


def _token(code: str, line: int, column: int) -> str:
    lines = code.split("\n")
    token = _TOKEN.search("\n".join([lines[line - 1][column - 1 :], *lines[line:]])) if line <= len(lines) else None
    return f'Unexpected token "{token[0]}"' if token else "Unexpected end of input"


def of_run(error: str) -> str:
    """From the text of an error that a run threw."""
    for pattern, text in _TEXTS:
        if pattern.match(error):
            return pattern.sub(text, error, count=1)
    return error
