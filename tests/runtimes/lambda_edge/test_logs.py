from pathlib import Path

import pytest

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge import logs
from edgeproxy.runtimes.lambda_edge.logs import Logs

FUNCTION = LambdaFunction("Auth", "python3.12", "app.handler", Path("/code"))
GROUP, STREAM = "/aws/lambda/us-east-1.Auth", "2026/01/31/[1]0123"


def opened(folder=None, *, platform=False):
    said = []
    return Logs(said.append, folder, platform=platform).stream(FUNCTION, GROUP, STREAM), said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("plain", ["Auth: plain"], id="what is printed"),
        pytest.param("2026-01-31T12:00:00.123Z\tid\tINFO\ta b", ["Auth: a b"], id="console.log"),
        pytest.param("2026-01-31T12:00:00.123Z\tundefined\tERROR\tno", ["Auth: ERROR no"], id="console.error"),
        pytest.param("2026-01-31T12:00:00.123Z\tid\tINFO\ta\rb", ["Auth: a", "Auth: b"], id="several lines of one message"),
        pytest.param("[WARNING]\t2026-01-31T12:00:00.123Z\tid\tcareful", ["Auth: [WARNING] careful"], id="Python's logging"),
    ],
)
def test_the_terminal_names_the_function_and_leaves_lambdas_columns_out(line, said):
    stream, heard = opened()
    stream.line(line)
    assert heard == said


def test_the_folder_is_laid_out_as_cloudwatch_is_and_holds_everything(tmp_path):
    stream, said = opened(tmp_path / "logs")
    stream.platform("START RequestId: a Version: 1")
    stream.line("2026-01-31T12:00:00.123Z\ta\tINFO\tä\rb")
    stream.close()
    written = tmp_path / "logs/aws/lambda/us-east-1.Auth/2026/01/31/[1]0123.log"
    assert written.read_bytes().decode() == "START RequestId: a Version: 1\n2026-01-31T12:00:00.123Z\ta\tINFO\tä\rb\n"
    assert said == ["Auth: ä", "Auth: b"]


def test_the_platforms_lines_go_to_the_terminal_when_asked_for():
    stream, said = opened(platform=True)
    stream.platform("REPORT RequestId: a\tDuration: 1.00 ms\t")
    assert said == ["Auth: REPORT RequestId: a Duration: 1.00 ms "]


def test_no_name_leads_out_of_the_folder(tmp_path):
    stream = Logs(print, tmp_path / "logs").stream(FUNCTION, "/aws/../../../etc", "..")
    stream.line("x")
    stream.close()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.log")] == ["logs/aws/etc/...log"]


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path):
    (tmp_path / "logs").write_text("a file")
    stream, said = opened(tmp_path / "logs")
    stream.line("one")
    stream.line("two")
    assert [line for line in said if "cannot be written" in line] == said[:1]
    assert said[1:] == ["Auth: one", "Auth: two"]


def test_what_is_worth_saying_once():
    said = []
    to = Logs(said.append)
    to.say_once("a")
    to.say_once("a")
    assert said == ["a"]


def test_lambdas_own_lines():
    assert logs.report("a", 2.3, 128, 70, 160.1) == (
        "REPORT RequestId: a\tDuration: 2.30 ms\tBilled Duration: 163 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t"
        "Init Duration: 160.10 ms\t"
    )
    assert logs.report("a", 2.0, 128, 70, 0, "timeout").endswith(
        "\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tStatus: timeout"
    )
    assert logs.init_report(150.789, "init", "error", "Runtime.UserCodeSyntaxError") == (
        "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError"
    )
    assert (logs.start("a", "3"), logs.end("a")) == ("START RequestId: a Version: 3", "END RequestId: a")
