"""The same handlers under bootstrap.py and under AWS's own runtime for Python: what they post, print and exit with is equal.

Left out of the comparison: stack frames of the two runtimes themselves, times, and Lambda's hint at runtime updates.
"""

import json
import re
import sys

import pytest
from kit_runtime import live, write

from edgeproxy.runtimes.lambda_edge import bootstrap

pytest.importorskip("awslambdaric")

OURS = [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", bootstrap.__file__]
THEIRS = [sys.executable, "-B", "-X", "utf8", "-m", "awslambdaric"]
OWN_FRAME = re.compile(r'File "[^"]*(?:awslambdaric|lambda_edge)/bootstrap\.py"')
OWN_FRAME_LOGGED = re.compile(r"\r\xa0\xa0" + OWN_FRAME.pattern + r"[^\r\n]*(?:\r\xa0{4}[^\r\n]*)*")
# It tells how to go back to an older managed runtime, and there is none here.
HINT = re.compile(r"\[WARNING\]\tTIME\t\tLAMBDA_WARNING: [^\n]*\n")
# How AWS's client, a part in C++, says that an HTTP call failed; ours only leaves.
CLIENT = re.compile(r"\[ERROR\] \[\d+\] LAMBDA_RUNTIME [^\n]*\n")
# Recursion goes as deep as the runtime's own frames leave room.
REPEATED = re.compile(r"(?<=repeated )\d+(?= more times)")
BEGIN = "== begin\n"


def both(directory, files, events=(b"{}",), handler="app.handler", **how):
    """What remains of the two lives when all that may differ is taken away."""
    write(directory, files)
    how = {"runtime": "python3.12", "handler": handler, **how}
    return [comparable(live(words, directory, events, **how)) for words in (OURS, [*THEIRS, handler])]


def comparable(ran):
    posts = [post if post.path.endswith("response") else comparable_error(post) for post in ran.posts]
    stdout = REPEATED.sub("", HINT.sub("", OWN_FRAME_LOGGED.sub("", ran.stdout)))
    stderr = (ran.stderr.splitlines() or [""])[-1]
    return ran._replace(posts=posts, stdout=CLIENT.sub("", stdout), stderr=stderr)


def comparable_error(post):
    # Lambda's runtime posts init errors in Latin-1, and ends without a post when that cannot be; ours in UTF-8.
    document = json.loads(post.body.decode("utf-8" if post.path != "init/error" or post.content_type else "latin-1"))
    document["stackTrace"] = [REPEATED.sub("", frame) for frame in document["stackTrace"] if not OWN_FRAME.search(frame)]
    return post._replace(content_type="", body=list(document.items()))


IMPORTS = """
import collections, contextlib, dataclasses, datetime, decimal, enum, io, json, logging, os, sys
D = decimal.Decimal
class Own(Exception): pass
class Quiet(Own):
    def __str__(self): return ""
class Number(enum.IntEnum): ONE = 1
class Word(str, enum.Enum): A = "a"
class Odd: pass
@dataclasses.dataclass
class Data: x: int = 1
Point = collections.namedtuple("Point", "x y")
own = logging.getLogger("own")
def deep(n): return [deep(n - 1)] if n else 1
def forever(n): return forever(n + 1)
def circle():
    it = {"a": []}
    it["a"].append(it)
    return it
def cause():
    try:
        {}["k"]
    except KeyError as error:
        raise Own("outer") from error
"""

RETURNS = {
    "a dict comes back as it came": "return event",
    "the order of keys is kept": 'return {"b": 1, "a": {"z": None, "y": True}}',
    "a list": "return [1, [2, []], {}]",
    "a tuple is a list": "return (1, (2,))",
    "a string": "return 'x'",
    "an empty string": "return ''",
    "None is null": "return None",
    "a handler without return answers null": "pass",
    "True": "return True",
    "whole numbers of any size": "return [0, -1, 10**30]",
    "floats": "return [1.5, -0.0, 1e22, 1e-7]",
    "NaN and infinity pass": "return [float('nan'), float('inf'), -float('inf')]",
    "Decimals keep their digits": "return [D('200'), D('1.50'), D('1E+2'), D('-0.0'), D('0.1') + D('0.2')]",
    "Decimals that are no numbers": "return [D('NaN'), D('-NaN'), D('Infinity')]",
    "bytes go out as they are": "return b'\\xff\\x00'",
    "empty bytes": "return b''",
    "bytes within are text": "return {'body': b'aGk=', b'k': [b'\\xc3\\xa4']}",
    "bytes within that are no UTF-8": "return [b'\\xff']",
    "a bytearray": "return bytearray(b'x')",
    "text beyond ASCII is not escaped": "return ['ä', '日本', '😀', '\\u2028', '\\x7f']",
    "control characters and quotes are escaped": "return '\\x00\\n\\t\"\\\\/</script>'",
    "keys that are numbers, None and booleans": "return {1: 1, None: 2, False: 3, 1.5: 4}",
    "a key that is a tuple": "return {(1,): 2}",
    "enumerations": "return [Number.ONE, Word.A, {Word.A: Number.ONE}]",
    "a named tuple is an object": "return {'p': Point(1, [Point(b'x', D('2.0'))])}",
    "an ordered dict": "return collections.OrderedDict(a=collections.defaultdict(int, b=1))",
    "a set": "return {1}",
    "a date": "return {'at': datetime.date(2026, 1, 1)}",
    "a dataclass": "return Data()",
    "an instance of a class of one's own": "return Odd()",
    "a class": "return Odd",
    "a function": "return deep",
    "a generator": "return (x for x in [1])",
    "a coroutine": "async def c(): pass\n    it = c()\n    try: return it\n    finally: it.close()",
    "a circle": "return circle()",
    "the same object twice is no circle": "x = [1]\n    return [x, x, {'x': x}]",
    "nested a hundred levels deep": "return deep(100)",
}

RAISES = {
    "LE-32 a built-in exception": "raise ValueError('boom')",
    "LE-32 an exception of one's own": "raise Own('boom')",
    "without a message": "raise ValueError",
    "with several arguments": "raise ValueError('a', 1)",
    "a KeyError shows its key in quotes": "return event['nope']",
    "deep in the standard library": "return json.loads('x')",
    "with a cause": "cause()",
    "while another was handled": "try: 1 / 0\n    except ZeroDivisionError: [][0]",
    "with an empty message": "raise Quiet('x')",
    "with notes": "e = ValueError('x')\n    e.add_note('note')\n    raise e",
    "a group": "raise ExceptionGroup('many', [ValueError('a')])",
    "a message beyond ASCII": "raise ValueError('ä 日本 😀')",
    "a message of two lines": "raise ValueError('one\\n  two')",
    "an exception nested in a function": "class In(Exception): pass\n    raise In('x')",
    "recursion without end": "sys.setrecursionlimit(150)\n    try: forever(0)\n    finally: sys.setrecursionlimit(1000)",
    "an argument that is no string": "raise ValueError({'a': D('1.0')})",
    "an assertion": "assert event is None, 'no'",
    "StopIteration": "next(iter([]))",
    "the code was made at run time": "exec('raise OSError(2, \"gone\")')",
}

PRINTS = {
    "print": "print('a', 'ä', 1, sep='|')",
    "print without a newline": "print('a', end='')",
    "print of several lines": "print('a\\nb')",
    "context.log": "context.log('a')\n    context.log({'b': 1})",
    "writelines": "sys.stdout.writelines(['a', 'b\\n'])",
    "warnings are logged": "logging.warning('w %s', 1)",
    "info and debug are not": "logging.info('i')\n    logging.debug('d')",
    "error and critical": "logging.error('e')\n    logging.critical('c')",
    "a message of two lines is logged as such": "logging.error('a\\nb')",
    "another level": "own.log(35, 'x')",
    "a logger of one's own with its own level": "own.setLevel('DEBUG')\n    own.debug('d')\n    own.setLevel('NOTSET')",
    "an exception is logged with its trace, without a newline": "try: 1 / 0\n    except ZeroDivisionError: logging.exception('x')",
    "basicConfig changes nothing": "logging.basicConfig(level='DEBUG', format='x')\n    logging.info('i')",
    "a formatter of one's own may name the request id": (
        "h = logging.getLogger().handlers[0]\n    f = h.formatter\n"
        "    h.setFormatter(logging.Formatter('%(aws_request_id)s %(tenant_id)s %(message)s|'))\n"
        "    logging.error('x')\n    h.setFormatter(f)"
    ),
    "stdout may be redirected": (
        "s = io.StringIO()\n    with contextlib.redirect_stdout(s): logging.error('x')\n    return len(s.getvalue()) > 30"
    ),
    "one handler at the root, at level WARNING": "r = logging.getLogger()\n    return [len(r.handlers), r.level, own.level]",
    "a record that cannot be formatted raises": "logging.error('%d', 'x')",
    "times are UTC for every formatter": "return logging.Formatter.converter.__name__",
}

CONTEXT = {
    "every public attribute, its type and its value": (
        "return {n: [type(v).__name__, v if isinstance(v, str) else None] for n in dir(context) "
        "if n[0] != '_' for v in [getattr(context, n)]}"
    ),
    "its own text": "return [type(context).__name__, repr(context), str(context)]",
    "the identity": "i = context.identity\n    return [type(i).__name__, repr(i), i.cognito_identity_id, i.cognito_identity_pool_id]",
    "w3c": "return context.w3c()",
    "the order of its attributes": "return [n for n in vars(context) if n[0] != '_']",
    "the time that is left": "t = context.get_remaining_time_in_millis()\n    return [type(t).__name__, t > 10**9]",
    "the trace id is in the environment": "return os.environ['_X_AMZN_TRACE_ID']",
    "the handler's name is in the environment": "return [os.environ['_HANDLER'], os.environ['AWS_EXECUTION_ENV']]",
    "modules beside the handler are found first": "return sys.path[0] in ('', os.getcwd()) and os.getcwd() == os.environ['LAMBDA_TASK_ROOT']",
}

CASES = {**RETURNS, **RAISES, **PRINTS, **CONTEXT}


@pytest.fixture(scope="module")
def invoked(tmp_path_factory):
    """All cases as invocations of one process of each runtime: by case, what was posted and printed."""
    functions = "".join(f"def case_{number}(event, context):\n    {body}\n" for number, body in enumerate(CASES.values()))
    dispatch = (
        f"def handler(event, context):\n    print({BEGIN!r}, end='')\n    return globals()[event['case']](event, context)\n"
    )
    events = [json.dumps({"case": f"case_{number}", "ä": [1.0]}, ensure_ascii=False).encode() for number in range(len(CASES))]
    found = both(tmp_path_factory.mktemp("task"), {"app.py": IMPORTS + functions + dispatch}, events)
    assert [len(ran.posts) for ran in found] == [len(CASES)] * 2, found
    return [dict(zip(CASES, zip(ran.posts, ran.stdout.split(BEGIN)[1:], strict=True), strict=True)) for ran in found]


@pytest.mark.parametrize("case", CASES)
def test_an_invocation(invoked, case):
    ours, theirs = invoked
    assert ours[case] == theirs[case]


# The frames of what failed to be imported are ours alone: Lambda posts none, but a developer wants the line.
def test_only_a_failed_import_has_more_frames_here(tmp_path):
    ours, theirs = both(tmp_path, {"app.py": "\nimport nope\ndef handler(e, c): pass"})
    (ours_posted,), (theirs_posted,) = ours.posts, theirs.posts
    assert f'File "{tmp_path}/app.py", line 2' in dict(ours_posted.body)["stackTrace"][-1]
    assert ours_posted._replace(body=ours_posted.body[:3]) == theirs_posted._replace(body=theirs_posted.body[:3])
    assert ours.stdout.startswith(theirs.stdout.rstrip("\n"))
    assert (ours.code, ours.stderr) == (theirs.code, theirs.stderr)


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        pytest.param({"app.py": "def handler(e, c) pass"}, "app.handler", id="LE-34 a syntax error"),
        pytest.param(
            {"app.py": "import lib", "lib.py": "x = = 1"}, "app.handler", id="LE-34 a syntax error in what it imports"
        ),
        pytest.param({"app.py": "\tx = 1\n  y = 2"}, "app.handler", id="LE-34 an indentation error"),
        pytest.param({"app.py": "def f():\n    1 / 0\nf()"}, "app.handler", id="LE-34 the module raises"),
        pytest.param({"app.py": "class Own(Exception): pass\nraise Own('ä')"}, "app.handler", id="the module raises its own"),
        pytest.param({"app.py": "x = 1"}, "app.handler", id="no such function"),
        pytest.param({"app.py": "handler = None"}, "app.handler", id="a handler that is None"),
        pytest.param({"app.py": "handler = 1"}, "app.handler", id="a handler that is no function"),
        pytest.param({"app.py": "def handler(): pass"}, "app.handler", id="a handler without parameters"),
        pytest.param({"app.py": "def handler(*a): return len(a)"}, "app.handler", id="a handler of any parameters"),
        pytest.param({"app.py": "class handler:\n    def __init__(self, e, c): pass"}, "app.handler", id="a class as handler"),
        pytest.param({"app.py": ""}, "app", id="a handler name without a dot"),
        pytest.param({"app.py": ""}, "", id="an empty handler name"),
        pytest.param({"app.py": ""}, "sys.exit", id="a built-in module"),
        pytest.param({"app.py": ""}, "sys.x.exit", id="a module in a built-in one"),
        pytest.param({"a/b.py": "def handler(e, c): return 1"}, "a/b.handler", id="a module in a directory, by a slash"),
        pytest.param({"a/b.py": "def handler(e, c): return 1"}, "a.b.handler", id="a module in a directory, by a dot"),
        pytest.param({"a/b.py": "x = 1"}, "a/b.handler", id="no such function in a directory"),
        pytest.param({"a/__init__.py": "def handler(e, c): return __name__"}, "a.handler", id="a package as module"),
        pytest.param({"app.py": "import sys\nprint('bye')\nsys.exit(3)"}, "app.handler", id="LE-35 the module exits"),
        pytest.param(
            {"app.py": "import logging\nlogging.warning('w')\nprint('p')\nx = 1"}, "app.h", id="printing and logging in init"
        ),
        pytest.param({"app.py": "raise KeyboardInterrupt"}, "app.handler", id="the module is interrupted"),
    ],
)
def test_init(tmp_path, files, handler):
    ours, theirs = both(tmp_path, files, handler=handler)
    assert ours == theirs


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("sys.exit()", id="LE-35 exit"),
        pytest.param("sys.exit(3)", id="LE-35 exit with a status"),
        pytest.param("sys.exit('words')", id="LE-35 exit with words"),
        pytest.param("os._exit(4)", id="LE-35 exit at once"),
        pytest.param("os.kill(os.getpid(), 9)", id="LE-35 a kill"),
        pytest.param("raise KeyboardInterrupt", id="an interrupt"),
        pytest.param("raise BaseException('x')", id="an exception that is none of Exception"),
        pytest.param("raise GeneratorExit", id="a generator's exit"),
        pytest.param("return '\\ud800'", id="a lone surrogate returned"),
        pytest.param("raise ValueError('\\ud800')", id="a lone surrogate in a message"),
    ],
)
def test_the_end_of_the_process(tmp_path, body):
    ours, theirs = both(tmp_path, {"app.py": f"import os, sys\ndef handler(e, c):\n    print('here')\n    {body}"})
    assert ours == theirs


def test_a_response_that_is_refused_ends_the_process(tmp_path):
    ours, theirs = both(tmp_path, {"app.py": "def handler(e, c): return 1"}, events=[b"{}"] * 2, answer=413)
    assert (ours.posts, ours.code, ours.stdout) == (theirs.posts, theirs.code, theirs.stdout)


def test_an_event_without_trace_id_has_none_in_the_environment(tmp_path):
    events = [b"{}", (b"{}", {"Lambda-Runtime-Trace-Id": None})]
    source = "import os\ndef handler(e, c): return os.environ.get('_X_AMZN_TRACE_ID')"
    ours, theirs = both(tmp_path, {"app.py": source}, events)
    assert [post.body for post in ours.posts] == [post.body for post in theirs.posts]


@pytest.mark.parametrize("event", [b"{", b"", b"nonsense", b'"\xff"'])
def test_an_event_that_is_no_json(tmp_path, event):
    ours, theirs = both(tmp_path, {"app.py": "def handler(e, c): pass"}, [event])
    (ours_error,), (theirs_error,) = (dict(post.body) for post in ours.posts), (dict(post.body) for post in theirs.posts)
    # Past the colon it is the parser's own wording, which differs between json and simplejson.
    assert ours_error["errorMessage"].split(":")[0] == theirs_error["errorMessage"].split(":")[0]
    assert {**ours_error, "errorMessage": ""} == {**theirs_error, "errorMessage": ""}
