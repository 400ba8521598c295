"""Projects of tools whose own files are not read: what tells them, and the way to a file or folder that is."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edgeproxy.errors import Problem


class Tool(NamedTuple):
    """A tool, the files that tell its projects (glob patterns), and what to do instead."""

    name: str
    files: tuple[str, ...]
    instead: str

    def problem(self, path: Path) -> Problem:
        """That a file or folder of the tool is not read."""
        what = "project" if path.is_dir() else "file"
        return Problem(f"{path.name} is a {what} of {self.name}, which is not read", hint=self.instead)


BEGINNING = 1000
"""Bytes of a file that tell what printed it."""
PRINT = "terraform plan -out tfplan && terraform show -json tfplan > plan.json, then serve plan.json; or edgeproxy pull"
PULL = "fetch what is deployed:  edgeproxy pull DISTRIBUTION"
TERRAFORM = Tool("Terraform", ("*.tf", "*.tf.json", "*.tofu", "tfplan"), PRINT)
TOOLS = (
    TERRAFORM,
    Tool("SST", ("sst.config.ts", "sst.config.js"), PULL),
    Tool("Pulumi", ("Pulumi.yaml", "Pulumi.yml"), PULL),
    Tool("Serverless Framework", ("serverless.yml", "serverless.yaml", "serverless.ts", "serverless.js"), PULL),
)


def of_file(path: Path) -> Tool | None:
    """The tool whose file this is."""
    named = next((tool for tool in TOOLS if any(path.match(pattern) for pattern in tool.files)), None)
    return named or (TERRAFORM if _is_printed_plan(path) else None)


def _is_printed_plan(path: Path) -> bool:
    """Is it what `terraform plan` and `show` print: words for people, or with -json a line for each step?"""
    try:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
    except OSError:
        return False
    return any(mark in beginning for mark in (b'"@level":', b"Terraform will perform", b"Terraform used the selected"))


def of_folder(folder: Path) -> Tool | None:
    """The tool whose project the folder holds; a folder with an index.html is a site."""
    if (folder / "index.html").exists():
        return None
    return next((tool for tool in TOOLS if any(_there(folder, tool))), None)


def _there(folder: Path, tool: Tool) -> Iterator[Path]:
    for pattern in tool.files:
        yield from folder.glob(pattern)
