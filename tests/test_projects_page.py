"""docs/projects.md is true: its commands run, its files load, its lines are said, in a small project of each kind."""

import http.client
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import kit_projects as kit
import pytest
import yaml
from click.testing import CliRunner

from edgeproxy.cli import main
from edgeproxy.commands import pull

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "projects.md").read_text()
READY = re.compile(r"^edgeproxy ready on http://127\.0\.0\.1:(\d+)$")
PATIENCE = 60

PROJECTS = {
    "CDK": kit.cdk,
    "SAM": kit.sam,
    "CloudFormation": kit.cloudformation,
    "Terraform and OpenTofu": kit.terraform,
    "SST, Pulumi, Serverless Framework, the console": kit.pulled,
    "`aws cloudfront get-distribution-config`": kit.printed,
    "A dev server behind the deployed distribution": kit.dev_server,
    "No CloudFront yet": kit.nothing_deployed,
    "Where a request may go": kit.two_apps,
    "What a project cannot know": kit.unknown,
}
"""Each section, and what is there before its first command."""
OTHER_TOOLS = {
    "cdk synth": kit.cdk_synth,
    "sam build": kit.sam_build,
    "terraform plan -out tfplan": lambda folder: None,
    "terraform show -json tfplan > plan.json": kit.terraform_show,
    "aws cloudfront get-distribution-config --id E2QWRUHAPOMQZL > shop.json": kit.get_distribution_config,
    "npm run dev": lambda folder: None,
}
"""Commands that are not ours, and what they leave in the folder. A dev server runs in any case."""
DEV_PORTS = ("5173", "3000")


class Command(NamedTuple):
    text: str
    shown: list[str]


class File(NamedTuple):
    name: str
    text: str


def sections():
    """Title -> its steps, in order."""
    found = {}
    for part in PAGE.split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        found[title] = [step for kind, body in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) for step in steps(kind, body)]
    return found


def steps(kind, body):
    if kind == "yaml":
        name = re.match(r"# (\S+)\n", body)
        assert name, f"the first line of a file says which one it is: {body}"
        return [File(name[1], body)]
    assert kind == "console", f"a block is console or yaml: {body}"
    commands = []
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(Command(line[2:], []))
        else:
            commands[-1].shown.append(line)
    return commands


class Terminal:
    """Does what a section says, in its project's folder."""

    def __init__(self, folder, dev_port):
        self.folder, self.dev_port = folder, dev_port
        self.variables = {}
        self.process, self.port, self.said = None, None, folder.parent / "said"

    def here(self, text):
        """The page's text with the ports that this test has."""
        for port in DEV_PORTS:
            text = text.replace(f"localhost:{port}", f"localhost:{self.dev_port}")
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")

    def do(self, step):
        if isinstance(step, File):
            self.save(step)
            return
        words = shlex.split(self.here(step.text))
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            self.variables[name] = value
        if step.text in OTHER_TOOLS:
            OTHER_TOOLS[step.text](self.folder)
            said = ""
        elif words[:2] == ["edgeproxy", "serve"]:
            said = self.serve(words[1:])
        elif words[:2] in (["edgeproxy", "check"], ["edgeproxy", "pull"]):
            said = self.run(words[1:], fails=any(" error: " in line for line in step.shown))
        elif words[:2] == ["curl", "-i"]:
            said = self.curl(words[2])
        else:
            pytest.fail(f"this test does not know the command: {step.text}")
        self.compare(step, said)

    def compare(self, step, said):
        """Every line that is shown was said, in this order; `…` is anything."""
        left = iter(line.strip() for line in said.splitlines())
        for line in step.shown:
            pattern = re.compile(re.escape(self.here(line).strip()).replace("…", ".*"))
            assert any(pattern.fullmatch(each) for each in left), f"{step.text}\nnever said: {line}\nbut:\n{said}"

    def save(self, file):
        """Writes the file, or changes the parts of one that is there; it loads."""
        path, text = self.folder / file.name, self.here(file.text)
        given = yaml.safe_load(text)
        if "distribution" not in given:
            text = yaml.safe_dump({**yaml.safe_load(path.read_text()), **given})
        path.write_text(text)
        self.run(["check", str(path.parent)])

    def run(self, words, *, fails=False):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == int(fails), f"{words}\n{result.output}"
        return result.output

    def serve(self, words):
        self.stop()
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edgeproxy", *words, "--port", "0"],
                cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT), **self.variables}, stdout=subprocess.PIPE, stderr=said, text=True,
            )  # fmt: skip
        ready = self.process.stdout.readline()
        assert READY.match(ready), f"{words}\n{self.said.read_text()}"
        self.port = READY.match(ready)[1]
        return ready

    def curl(self, url):
        assert self.process is not None, f"nothing is served: {url}"
        host, path = re.fullmatch(r"http://([^/]+)(/.*)", url).groups()
        connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in answer.getheaders())]
            return "\n".join([*lines, answer.read().decode()])
        finally:
            connection.close()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.stdout.close()
            assert self.process.wait(PATIENCE) == 0, self.said.read_text()
            self.process = None


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setattr(pull, "Account", lambda profile: kit.account())
    server = kit.DevServer.start()
    found = Terminal(project, server.server_port)
    try:
        yield found
        found.stop()
    finally:
        if found.process is not None:
            found.process.kill()
            found.process.wait()
        server.shutdown()
        server.server_close()


def test_every_section_has_its_project():
    assert list(sections()) == list(PROJECTS)


@pytest.mark.parametrize("title", PROJECTS)
def test_a_section_does_what_it_says(title, terminal):
    PROJECTS[title](terminal.folder)
    for step in sections()[title]:
        terminal.do(step)


def commands(text):
    """Commands of ours in a page's blocks and `code`: what is typed, not what is answered."""
    blocks = "\n".join(re.findall(r"```.*?\n(.*?)```", text, re.DOTALL))
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    typed = [line for line in blocks.splitlines() if re.match(r"(\$ )?(curl .*)?\S*edgeproxy [a-z]+", line)]
    found = [re.search(r"\bedgeproxy ([a-z].*)", line) for line in [*typed, *spans] if not line.startswith("edgeproxy ready ")]
    return sorted({match[1].partition(')"')[0] for match in found if match})


@pytest.mark.parametrize(
    "text",
    [pytest.param((ROOT / "README.md").read_text(), id="README"), pytest.param(PAGE, id="projects")],
)
def test_every_command_of_a_page_exists_with_its_options(text):
    assert len(commands(text)) > 10
    for command in commands(text):
        words = shlex.split(command, comments=True)
        found = main
        while isinstance(found, click.Group):
            assert words, f"edgeproxy {command}: a command is missing"
            assert words[0] in found.commands, f"edgeproxy {command}: there is no {words[0]}"
            found, words = found.commands[words[0]], words[1:]
        try:
            found.make_parser(click.Context(found)).parse_args(words)
        except click.UsageError as error:
            pytest.fail(f"edgeproxy {command}: {error.format_message()}")
