"""What is to be served, as the command line names it: read, checked, and what is wrong with it shown in the user's files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeproxy import config
from edgeproxy.config.limits import LIMITS, code_size
from edgeproxy.errors import ConfigError, Problem
from edgeproxy.model import Configuration, Distribution, Function, FunctionUrl, LambdaFunction
from edgeproxy.runtimes.javascript import engine
from edgeproxy.runtimes.lambda_edge.check import check as check_lambda
from edgeproxy.stores import key_values


@dataclass(frozen=True, slots=True)
class Source:
    """What to serve, as the command line says it."""

    target: Path | None
    origins: Mapping[str, str]
    parameters: Mapping[str, str]
    allow_origins: Sequence[str] = ()
    viewer_host: str | None = None
    """Goes before the settings' `viewer: {host: …}`."""
    build: bool = True
    """Of a SAM project, serve what `sam build` made."""

    def load(self, built: Sequence[Path] = ()) -> Configuration:
        """Reads it, and `built` in any case. Raises ConfigError with every problem found."""
        configuration = config.load(self.target, origins=self.origins, parameters=self.parameters,
                                    allow_origins=self.allow_origins, build=self.build, built=built)  # fmt: skip
        settings = configuration.settings
        if self.viewer_host is not None:
            settings = replace(settings, viewer=replace(settings.viewer, host=self.viewer_host.lower()))
        distributions = tuple(map(_with_code_noted, configuration.distributions))
        return replace(configuration, distributions=distributions, settings=settings)


def check(source: Source) -> tuple[Configuration | None, list[Problem]]:
    """The configuration (None when it cannot be read) and every problem in it and in the code it names; runs no user code."""
    try:
        configuration = source.load()
    except ConfigError as error:
        return None, [*error.problems, *code_problems(error.readable)]
    stores = [problem for store in configuration.key_value_stores for problem in key_values.check(store)]
    return configuration, [*stores, *code_problems(configuration.distributions)]


def code_problems(distributions: Sequence[Distribution]) -> list[Problem]:
    """Function code that does not compile or cannot be imported, each function once."""
    # Code that is larger than CloudFront takes is a problem already, and may take long to compile.
    fit = [each for each in functions_of(distributions) if code_size(each.code) <= LIMITS["bytes of a function's code"]]
    functions = [engine.check(function) for function in fit]
    handlers = [check_lambda(function) for function in lambdas_of(distributions)]
    return [problem for problem in functions + handlers if problem is not None]


is_project, settings_for = config.is_project, config.settings_for
"""Of a folder, and of a target: see there."""


def show(problem: Problem, *, colour: bool) -> str:
    """The problem inside the user's file."""
    return config.show(problem, colour=colour)


def lines_to_add(problems: Sequence[Problem], source: Source) -> str:
    """Where to give all that is missing, and the lines of the settings file; empty when one problem's hint says it all."""
    return config.lines_to_add(problems, source.target)


def _with_code_noted(distribution: Distribution) -> Distribution:
    """With what the distribution's functions use and edgeproxy lacks among what is not honoured."""
    noted = [item for function in functions_of([distribution]) for item in engine.not_emulated(function)]
    return replace(distribution, not_honoured=(*distribution.not_honoured, *noted)) if noted else distribution


def functions_of(distributions: Sequence[Distribution]) -> list[Function]:
    """Every CloudFront Function that a behavior uses, each once."""
    return list(dict.fromkeys(
        function
        for distribution in distributions
        for behavior in distribution.behaviors
        for function in behavior.functions.values()
    ))  # fmt: skip


def lambdas_of(distributions: Sequence[Distribution]) -> list[LambdaFunction]:
    """Every Lambda function of a behavior, or behind the URL of an origin or one that code may choose, each once."""
    at_the_edge = [
        association.function
        for distribution in distributions
        for behavior in distribution.behaviors
        for association in behavior.lambdas.values()
    ]
    places = [place for each in distributions for place in [*(o.place for o in each.origins.values()), *each.function_urls]]
    return list(dict.fromkeys([*at_the_edge, *(place.function for place in places if isinstance(place, FunctionUrl))]))
