"""The settings file's `lambda_edge`: how handlers run on this machine.

Budgets are milliseconds, by hook or by function name; `logs` is a folder, or `terminal` for START, END and REPORT there.
`${env:NAME}` in the value of a handler's variable stands for one of this machine's.
"""

import re
from pathlib import Path

from edgeproxy.config import environment
from edgeproxy.config.documents import new_path
from edgeproxy.config.limits import whole
from edgeproxy.config.nodes import Node
from edgeproxy.config.parameters import as_text
from edgeproxy.config.section import Section
from edgeproxy.errors import ConfigError
from edgeproxy.model import LambdaEdgeSettings

MAX_ENVIRONMENTS = 1000
"""Lambda's own default quota of concurrent executions."""
TERMINAL = "terminal"
_BUDGET = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) ?(ms|s)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_lambda_edge(settings: Section, base: Path) -> LambdaEdgeSettings:
    """Reads it; paths are relative to `base`. Budgets for functions that do not exist are found out by who knows them all."""
    section = settings.section("lambda_edge", "lambda_edge")
    if section is None:
        return LambdaEdgeSettings()
    aws = section.section("aws", "aws")
    logs = section.text("logs")
    return LambdaEdgeSettings(
        environments=_environments(section),
        throttle=section.flag("throttle"),
        environment=_environment(section),
        aws_profile=None if aws is None else aws.text("profile") or None,
        budget=_budget(section),
        enforce=section.flag("enforce"),
        logs=None if logs in ("", TERMINAL) else _folder(section, logs, base),
        platform_logs=logs == TERMINAL,
    )


def budget_names(settings: Section) -> dict[str, Node]:
    """Where each hook or function that has a budget is named."""
    section = settings.section("lambda_edge", "lambda_edge")
    return {} if section is None else {name: section.at("budget").key(name) for name in section.mapping("budget")}


def _environments(section: Section) -> int:
    text = section.text("environments", "4")
    number = whole(text)
    if number is None or not 1 <= number <= MAX_ENVIRONMENTS:
        section.value_problem("environments", f"environments is {text}", f"a number from 1 to {MAX_ENVIRONMENTS}")
        return 4
    return number


def _environment(section: Section) -> dict[str, str]:
    found = {}
    for name, node in section.mapping("environment").items():
        with section.reading.problems.gathering():
            if not _VARIABLE.fullmatch(name):
                raise ConfigError(node.problem(f"{name} is not the name of an environment variable"))
            found[name] = environment.filled(node).value
    return found


def _budget(section: Section) -> dict[str, float]:
    found = {}
    for name, node in section.mapping("budget").items():
        with section.reading.problems.gathering():
            match = _BUDGET.fullmatch(as_text(node))
            milliseconds = float(match[1]) * (1000 if match[2] == "s" else 1) if match else 0.0
            if not 0 < milliseconds <= 30_000:
                raise ConfigError(node.problem(f"the budget of {name} is {as_text(node)}", "up to 30 s, such as 20ms or 1.5s"))
            found[name] = milliseconds
    return found


def _folder(section: Section, text: str, base: Path) -> Path | None:
    with section.reading.problems.gathering():
        folder = new_path(base, text, section.at("logs"))
        if folder.exists() and not folder.is_dir():
            raise ConfigError(section.at("logs").problem(f"{folder} is not a folder"))
        return folder
    return None
