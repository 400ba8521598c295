import contextlib
import errno
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeproxy import edge
from edgeproxy.cli import main

ROOT = Path(__file__).parent.parent
READY = re.compile(r"^edgeproxy ready on http://127\.0\.0\.1:(\d+)( and https://127\.0\.0\.1:\d+)?$")


def edgeproxy(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "edgeproxy", *map(str, arguments)], capture_output=True, text=True, timeout=30, cwd=ROOT
    )


class Serving:
    """`edgeproxy serve` as a process of its own."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        command = [sys.executable, "-m", "edgeproxy", "serve", *map(str, self.arguments), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        self.ready = self.process.stdout.readline()
        self.port = int(READY.match(self.ready)[1])
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=15) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()


def test_the_demo_shows_each_of_the_four_hooks():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        api_port = probe.getsockname()[1]
    api = subprocess.Popen([sys.executable, str(ROOT / "configs/demo/api.py"), str(api_port)])
    try:
        with Serving("configs/demo", "--origin", f"api=http://127.0.0.1:{api_port}") as proxy:
            status, headers, body = proxy.get("/")
            assert (status, headers["X-Cache"], headers["Age"]) == (200, "Miss from cloudfront", None)
            assert b"It serves" in body
            assert headers["X-Viewer-Response"] == "VisitorCookie"
            assert headers["X-Frame-Options"] == "SAMEORIGIN"
            assert proxy.get("/")[1]["X-Cache"] == "Hit from cloudfront"
            assert b"<h1>About</h1>" in proxy.get("/about")[2], "viewer-request"
            status, headers, body = proxy.get("/api/hello")
            assert b'"greeting": "Hello"' in body, "origin-request"
            assert b'"secret": "demo"' in body
            assert headers["X-Origin-Response"].startswith("Timing at"), "origin-response"
            assert proxy.get("/api/hello")[1]["Age"] is not None
            status, headers, body = proxy.get("/nowhere")
            assert (status, headers["X-Cache"]) == (404, "Error from cloudfront")
            assert b"Nothing here" in body
            proxy.process.send_signal(signal.SIGINT)
            out, err = proxy.process.communicate(timeout=10)
            assert proxy.process.returncode == 0
            assert "GET / 200 Hit" in out
            assert "/api/*  → api" in err
            assert "Traceback" not in err
    finally:
        api.terminate()
        api.wait()


def test_the_demo_does_not_take_another_server_for_its_api():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # whoever has the port already will do
            taken.bind(("127.0.0.1", 3000))
            taken.listen()
        run = [sys.executable, str(ROOT / "configs/demo/run.py"), "--port", "0"]
        ended = subprocess.run(run, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "the demo's API cannot listen on port 3000: Address already in use\n"


def test_without_the_cache_every_request_goes_to_the_origin_and_that_is_said_loudly(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with Serving(tmp_path, "--no-cache") as proxy:
        assert [proxy.get("/a.txt")[1]["X-Cache"] for _ in range(2)] == ["Miss from cloudfront"] * 2
        proxy.process.send_signal(signal.SIGINT)
        assert "THE CACHE IS OFF (--no-cache)" in proxy.process.communicate(timeout=10)[1]


def test_timing_adds_a_server_timing_header(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with Serving(tmp_path, "--timing") as proxy:
        told = [proxy.get("/a.txt")[1]["Server-Timing"] for _ in range(2)]
        assert told[0] == 'cache;desc="miss: nothing was stored under this key", ttl;desc="24 h left, Default TTL 86400"'
        assert re.match(r'cache;desc="hit: stored less than 1 s ago", ttl;desc="2[34] h left', told[1])
        assert proxy.get("/a.txt")[1]["X-Cache"] == "Hit from cloudfront"


def test_the_host_that_functions_and_origins_see_can_be_named():
    seen = []

    def answer(server):
        with server.accept()[0] as viewer:
            seen.append(viewer.recv(4096).decode())
            viewer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=[server], daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with Serving("--origin", url, "--viewer-host", "www.example.com") as proxy:
            assert proxy.get("/x")[0] == 200
    assert seen[0].startswith("GET /x HTTP/1.1\r\nHost: www.example.com\r\n")


@pytest.mark.parametrize("host", ["https://www.example.com", "www.example.com/x", ""])
def test_what_is_no_host_is_a_usage_error(host):
    result = CliRunner().invoke(main, ["serve", "--origin", "http://localhost:1", "--viewer-host", host])
    assert result.exit_code == 2
    assert f"{host!r} is no host" in result.output


MISUSED = [
    pytest.param(["--origin", "http://a.test?x=1", "--origin", "http://b.test"],
                 "'http://a.test?x=1' and 'http://b.test' are both given without a name: write NAME=URL", id="two URLs without a name"),
    pytest.param(["--origin", "app=http://a.test", "--origin", "app=http://b.test"],
                 "'http://a.test' and 'http://b.test' are both given for 'app'", id="one name twice"),
    pytest.param(["--allow-origin", "https://Example.com"],
                 "'https://Example.com' is not a host name: it goes without scheme, port and path", id="a URL for a host"),
    pytest.param(["--allow-origin", "a b"], "'a b' is not a host name", id="two words for a host"),
]  # fmt: skip


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(("options", "said"), MISUSED)
def test_an_option_that_is_misused_is_a_usage_error(command, options, said):
    result = CliRunner().invoke(main, [command, *options], terminal_width=300)
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize("path", ["a" * 300, "a" * 300 + "/b", "a/" * 3000], ids=["a name", "a folder's name", "a path"])
def test_a_path_that_is_too_long_is_a_line(command, path):
    result = CliRunner().invoke(main, [command, path])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "it cannot be read: file name too long" in result.stderr
    assert result.stderr.splitlines()[-1] == "1 problem found"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    (tmp_path / "index.html").write_text("home")
    with Serving(tmp_path) as proxy:
        assert proxy.get("/")[2] == b"home"
        proxy.process.send_signal(number)
        assert proxy.process.wait(10) == 0


def test_a_second_signal_ends_it_at_once():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Serving("--origin", f"http://127.0.0.1:{silent.getsockname()[1]}") as proxy,
    ):
        viewer = socket.create_connection(("127.0.0.1", proxy.port))
        viewer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection, _ = silent.accept()
        started = time.monotonic()
        proxy.process.send_signal(signal.SIGINT)
        while "stopping" not in proxy.process.stderr.readline():
            pass
        proxy.process.send_signal(signal.SIGINT)
        assert proxy.process.wait(10) == 130
        assert time.monotonic() - started < 4, "it did not wait for what was in flight"
        connection.close()
        viewer.close()


def test_a_port_in_use_is_one_line(tmp_path):
    (tmp_path / "index.html").write_text("home")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = edgeproxy("serve", tmp_path, "--port", port)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"Error: cannot listen on 127.0.0.1:{port}: address already in use; try --port {port + 1}"
    )
    assert "Traceback" not in result.stderr


def test_the_last_port_in_use_is_not_followed_by_one_that_is_none(tmp_path, monkeypatch):
    async def taken(*arguments):
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(edge.Edge, "start", taken)
    result = CliRunner().invoke(main, ["serve", str(tmp_path), "--port", "65535"])
    assert result.stderr.splitlines()[-1] == (
        "Error: cannot listen on 127.0.0.1:65535: address already in use; try --port 0 for a free one"
    )


WRONG = [
    pytest.param("Resources: [", "template.yaml:2:1", id="a template that does not parse"),
    pytest.param(
        "Resources:\n  D:\n    Type: AWS::CloudFront::Distribution\n    Properties:\n      DistributionConfig:\n        Enabled: true\n"
        "        Origins:\n          - {Id: site, DomainName: b.s3.amazonaws.com, S3OriginConfig: {OriginAccessIdentity: ''}}\n"
        "        DefaultCacheBehavior:\n          TargetOriginId: sitte\n          ViewerProtocolPolicy: allow-all\n"
        "          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6\n",
        "template.yaml:10",
        id="an unknown origin name",
    ),
]


@pytest.mark.parametrize(("text", "place"), WRONG)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_mistake_in_a_file_is_shown_in_the_file(tmp_path, command, text, place):
    path = tmp_path / "template.yaml"
    path.write_text(text)
    result = edgeproxy(command, path)
    assert result.returncode == 1
    assert place in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_function_file_is_shown_where_it_is_named(tmp_path):
    (tmp_path / "template.json").write_text('{"Resources": {"Rewrite": {"Type": "AWS::CloudFront::Function"}}}')
    (tmp_path / "edgeproxy.yaml").write_text("distribution: template.json\nfunctions:\n  Rewrite: nowhere.js\n")
    result = edgeproxy("check", tmp_path)
    assert result.returncode == 1
    assert "edgeproxy.yaml:3" in result.stderr


def test_check_warns_of_a_page_that_passes_by_a_function():
    result = edgeproxy("check", "configs/spa")
    assert result.returncode == 0
    assert "\ncaution:\n" in result.stdout
    assert "answered with /index.html as 200, unseen by local-folder-index" in result.stdout


def test_check_of_the_demo_finds_nothing_wrong():
    result = edgeproxy("check", "configs/demo")
    assert result.returncode == 0, result.stderr
    assert "no problems found" in result.stdout


def test_without_a_config_the_current_folder_is_taken_when_it_holds_one():
    result = subprocess.run(
        [sys.executable, "-m", "edgeproxy", "check"],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT / "configs" / "demo",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    assert "/api/*" in result.stdout


def test_nothing_to_serve_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert "say what to serve" in result.output


def test_a_project_of_another_tool_is_told_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "main.tf").write_text("")
    monkeypatch.chdir(tmp_path)
    for words in (["serve"], ["check", "."]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 1
        assert f"{tmp_path.name} is a project of Terraform, which is not read" in result.stderr


def test_settings_that_are_not_read_are_said(monkeypatch):
    monkeypatch.chdir(ROOT / "configs")
    named = CliRunner().invoke(main, ["check", "demo/template.yaml"])
    assert named.stderr.splitlines()[0] == (
        "edgeproxy.yaml is not read, as what it names is named itself; with it:  edgeproxy serve demo"
    )
    for words in (["check", "demo"], ["check", "demo/edgeproxy.yaml"]):
        assert "not read" not in CliRunner().invoke(main, words).output


@pytest.mark.parametrize("named", [True, False], ids=["a bucket that has a name", "one that AWS will name"])
def test_check_takes_hosts_that_need_no_place_as_serve_does(tmp_path, named):
    template = (ROOT / "configs" / "spa" / "template.yaml").read_text()
    if named:
        template = template.replace("!GetAtt Site.RegionalDomainName", "shop-site.s3.us-east-1.amazonaws.com")
    (tmp_path / "template.yaml").write_text(template)
    arguments = ["check", str(tmp_path / "template.yaml")]
    domain = re.search(r"bucket (\S+) has no place", CliRunner().invoke(main, arguments).stderr)[1]
    for spelled in (domain, domain.upper()):
        allowed = CliRunner().invoke(main, [*arguments, "--allow-origin", spelled])
        assert ("has no place" in allowed.output) is not named


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["check", "--help"]])
def test_help_has_examples(arguments):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert "edgeproxy " in result.output
    assert "template.yaml" in result.output


def commands(command, *names):
    yield names
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *names, name)


@pytest.mark.parametrize("names", list(commands(main)), ids=" ".join)
def test_help_fits_into_80_columns(names):
    output = CliRunner().invoke(main, [*names, "--help"], terminal_width=80).output
    assert [line for line in output.splitlines() if len(line) > 80] == []


def test_a_parameter_needs_a_value():
    result = CliRunner().invoke(main, ["check", "x", "--param", "Stage"])
    assert result.exit_code == 2
    assert "is not NAME=VALUE" in result.output


def test_the_version_is_that_of_the_package():
    assert re.fullmatch(r"edgeproxy \d+\.\d+\.\d+\n", CliRunner().invoke(main, ["--version"], prog_name="edgeproxy").output)


def test_it_listens_on_loopback_by_default(tmp_path):
    assert "127.0.0.1" in CliRunner().invoke(main, ["serve", "--help"]).output


CLEAN_URLS = ROOT / "functions/clean-urls/index.js"
EVENT = ROOT / "functions/clean-urls/event.json"


def test_invoke_shows_what_a_function_changed():
    result = CliRunner().invoke(main, ["invoke", str(CLEAN_URLS), "--event", str(EVENT)])
    assert result.exit_code == 0, result.output
    assert 'uri: "/docs/" -> "/docs/index.html"' in result.output


def test_invoke_prints_what_test_function_prints():
    result = CliRunner().invoke(main, ["invoke", str(CLEAN_URLS), "--event", str(EVENT), "--json"])
    printed = json.loads(result.stdout)
    assert list(printed) == ["FunctionOutput", "ComputeUtilization", "FunctionExecutionLogs", "FunctionErrorMessage"]
    assert json.loads(printed["FunctionOutput"])["request"]["uri"] == "/docs/index.html"
    assert isinstance(printed["ComputeUtilization"], str)


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_invoke_exits_with_1_when_the_function_failed(tmp_path, more):
    (tmp_path / "index.js").write_text("function handler(event) { throw new Error('x'); }")
    result = CliRunner().invoke(main, ["invoke", str(tmp_path / "index.js"), "--event", str(EVENT), *more])
    assert result.exit_code == 1
    assert "Error: x" in result.stdout


@pytest.mark.parametrize(
    ("moment", "logged"),
    [
        pytest.param("2026-01-31T12:00:00Z", "1769860800000", id="with a zone"),
        pytest.param("2026-01-31T12:00:00", "1769860800000", id="without one it is UTC"),
        pytest.param("2026-01-31T13:00:00+01:00", "1769860800000", id="with another zone"),
    ],
)
def test_invoke_runs_at_the_moment_it_is_told(tmp_path, moment, logged):
    (tmp_path / "index.js").write_text("function handler(event) { console.log('' + Date.now()); return event.request; }")
    result = CliRunner().invoke(main, ["invoke", str(tmp_path / "index.js"), "--event", str(EVENT), "--now", moment])
    assert f"log: {logged}" in result.output


@pytest.mark.parametrize(
    ("event", "said"),
    [
        pytest.param(None, "event.json: cannot be read: No such file or directory", id="a missing event"),
        pytest.param("{", "event.json:1:", id="an event that is not JSON"),
        pytest.param("{}", "event.json: the event has no `request`", id="an event without a request"),
        pytest.param(" " * 40_961, "event.json: an event has at most 40,960 bytes", id="an event that is too large"),
    ],
)
def test_invoke_tells_of_an_unusable_event_in_one_line(tmp_path, event, said):
    path = tmp_path / "event.json"
    if event is not None:
        path.write_text(event)
    result = CliRunner().invoke(main, ["invoke", str(CLEAN_URLS), "--event", str(path)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


GREETING = ROOT / "functions/greeting/index.py"
OF_GREETING = ROOT / "functions/greeting/event.json"


def test_invoke_runs_a_handler_cold_and_warm():
    result = CliRunner().invoke(main, ["invoke", str(GREETING), "--event", str(OF_GREETING)])
    assert result.exit_code == 0, result.output
    cold, warm, *rest = [line for line in result.output.splitlines() if not line.startswith("note: ")]
    assert re.fullmatch(r"cold: init [0-9.]+ ms, handler [0-9.]+ ms", cold)
    assert re.fullmatch(r"warm: handler [0-9.]+ ms", warm)
    assert rest == ["changed:", '  headers.x-greeting: + "Bonjour"', "passed"]


def test_invoke_prints_one_json_document_of_a_handler(tmp_path):
    (tmp_path / "index.js").write_text("exports.main = async (event) => ({ status: '200', body: 'hi' });")
    command = ["invoke", str(tmp_path / "index.js"), "--event", str(OF_GREETING), "--handler", "index.main", "--times", "3"]
    result = CliRunner().invoke(main, [*command, "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["Payload"] == {"status": "200", "body": "hi"}
    assert (printed["Verdict"], printed["Answered"], len(printed["Warm"])) == ("passed", True, 2)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("raise ValueError('x')", "failed: ValueError: x (index.py:1)", id="a handler that fails"),
        pytest.param("return None", "refused: the handler returned b'null'", id="a result that is refused"),
    ],
)
def test_invoke_exits_with_1_when_cloudfront_would_show_an_error_page(tmp_path, code, said):
    (tmp_path / "index.py").write_text(f"def handler(event, context): {code}")
    result = CliRunner().invoke(main, ["invoke", str(tmp_path / "index.py"), "--event", str(OF_GREETING), "--timeout", "9"])
    assert result.exit_code == 1
    assert said in result.stdout


def test_invoke_tells_of_an_event_that_no_handler_gets_in_one_line(tmp_path):
    result = CliRunner().invoke(main, ["invoke", str(GREETING), "--event", str(EVENT)])
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "event.json: this is the event of a CloudFront Function" in result.stderr


@pytest.mark.parametrize(
    ("code", "options", "said"),
    [
        pytest.param(GREETING, ["--kvs", "x.json"], "--kvs is for CloudFront Functions", id="a store for a handler"),
        pytest.param(CLEAN_URLS, ["--times", "3"], "--times is for Lambda@Edge handlers", id="times for a function"),
        pytest.param(GREETING, ["--handler", "app.main"], "--handler app.main is not in index.py", id="another file"),
        pytest.param(GREETING, ["--runtime", "ruby"], "'ruby' is not one of 'cloudfront-js-2.0'", id="an unknown runtime"),
        pytest.param(GREETING, ["--timeout", "31"], "31.0 is not in the range", id="a timeout over 30 s"),
    ],
)
def test_invoke_refuses_options_that_do_not_fit(code, options, said):
    result = CliRunner().invoke(main, ["invoke", str(code), "--event", str(EVENT), *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_help_of_invoke_has_an_example_of_each_kind():
    output = CliRunner().invoke(main, ["invoke", "--help"]).output
    for code in ("index.js", "index.py", "index.mjs"):
        assert f"edgeproxy invoke {code} --event event.json" in output


def test_invoke_wants_a_moment_that_is_one():
    result = CliRunner().invoke(main, ["invoke", str(CLEAN_URLS), "--event", str(EVENT), "--now", "noon"])
    assert result.exit_code == 2
    assert "'noon' is not a moment such as" in result.output


def test_https_is_served_beside_http_and_what_is_no_handshake_is_closed_quietly(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("CAROOT", raising=False)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.txt").write_text("a")
    with Serving(tmp_path / "site", "--https-port", "0") as proxy:
        secure = int(re.search(r" and https://127\.0\.0\.1:(\d+)$", proxy.ready)[1])
        with socket.create_connection(("127.0.0.1", secure), timeout=15) as viewer:
            viewer.sendall(b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert not viewer.makefile("rb").read().startswith(b"HTTP")
        trusting = ssl.create_default_context(cafile=tmp_path / "data" / "edgeproxy" / "localhost.pem")
        with urllib.request.urlopen(f"https://localhost:{secure}/a.txt", timeout=15, context=trusting) as response:
            assert response.read() == b"a"
        assert proxy.get("/a.txt")[1]["X-Cache"] == "Hit from cloudfront"
        proxy.process.send_signal(signal.SIGINT)
        said = proxy.process.communicate(timeout=10)[1]
    assert said.splitlines()[3:] == [
        f"HTTPS certificate: made for localhost, in no trust store; curl --cacert {tmp_path}/data/edgeproxy/localhost.pem",
        "stopping: what is in flight has 5 s, Ctrl-C again ends at once",
    ]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        pytest.param(["--cert", "c"], 2, "--cert and --key belong together", id="a certificate without its key"),
        pytest.param(["--cert", "c", "--key", "k"], 2, "add --https-port 8443", id="a certificate that nothing shows"),
        pytest.param(["--https-port", "0", "--cert", "c", "--key", "k"], 1, "c: No such file or directory", id="no file"),
    ],
)
def test_a_certificate_that_cannot_be_shown_is_a_line(tmp_path, options, status, said):
    (tmp_path / "index.html").write_text("home")
    result = edgeproxy("serve", tmp_path, "--port", "0", *options)
    assert result.returncode == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_https_port_in_use_is_one_problem(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "site").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = edgeproxy("serve", tmp_path / "site", "--port", "0", "--https-port", taken.getsockname()[1])
    assert result.returncode == 1
    assert "the HTTPS listener cannot start on 127.0.0.1:" in result.stderr
    assert "try another --https-port" in result.stderr


@pytest.fixture
def public(tmp_path):
    (tmp_path / "index.html").write_text("hello")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "code", "said"),
    [
        pytest.param([], 0, "no request relied on a choice", id="nothing was asked"),
        pytest.param(["/", "/"], 0, "no request relied on a choice", id="ordinary requests"),
        pytest.param(["/", "/missing"], 1, "GET /missing relies on a choice", id="an answer that rests on a choice"),
    ],
)
def test_strict_fidelity_ends_with_an_exit_code(public, paths, code, said):
    with Serving(public, "--strict-fidelity") as proxy:
        for path in paths:
            proxy.get(path)
        proxy.process.send_signal(signal.SIGINT)
        _, err = proxy.process.communicate(timeout=10)
    assert proxy.process.returncode == code, err
    assert said in err


def test_strict_fidelity_counts_what_the_template_sets_and_is_not_honoured(tmp_path):
    config = {
        "Enabled": True,
        "HttpVersion": "http2",
        "WebACLId": "arn:aws:wafv2:acl",
        "Origins": [{"Id": "app", "DomainName": "app.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}],
        "DefaultCacheBehavior": {
            "TargetOriginId": "app",
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    }
    web = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"Web": web}}))
    with Serving(tmp_path / "template.json", "--strict-fidelity") as proxy:
        proxy.process.send_signal(signal.SIGINT)
        _, err = proxy.process.communicate(timeout=10)
    assert proxy.process.returncode == 1
    assert "strict fidelity: 1 property is not honoured" in err
    assert "HTTP/2 and HTTP/3: HTTP/1.1 and 1.0 are spoken; another version is 400" in err
