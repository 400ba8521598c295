"""Failures, named by whose fault they are, each with what CloudFront shows the viewer for it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edgeproxy.yaml_text import quoted

if TYPE_CHECKING:
    from edgeproxy.model import Distribution


class Missing(NamedTuple):
    """What the settings file has no line for; `value` is an example, or what stands for it until the user says."""

    section: str
    name: str
    value: str
    key: str = ""
    """Of a mapping in which the value stands; without one it stands alone."""

    @property
    def pair(self) -> str:
        """The name and what it stands for, as YAML."""
        value = quoted(self.value)
        return f"{quoted(self.name)}: " + (f"{{{quoted(self.key)}: {value}}}" if self.key else value)

    def line(self, file: str = "edgeproxy.yaml") -> str:
        """The hint that says what to add."""
        return f"add to {file}:  {self.section}: {{{self.pair}}}"


class Problem(NamedTuple):
    """One thing wrong in a user's file. Line and column count from 1; 0 when there is no place to point at."""

    message: str
    path: Path | None = None
    line: int = 0
    column: int = 0
    hint: str = ""
    """What is allowed, "did you mean", or the line to add."""
    missing: Missing | None = None
    """What the user has to give; asked for once, in however many places it is missing."""


class ConfigError(Exception):
    """Your file: every problem found in it at once."""

    readable: "tuple[Distribution, ...]" = ()
    """Distributions as far as they could be read all the same, for those who look for more problems."""
    passing: bool = False
    """A tool is writing the file anew: what is wrong may be right in a moment."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def system_words(error: OSError) -> str:
    """The operating system's own words for a failure: asyncio repeats the address of a port that cannot be had."""
    return os.strerror(error.errno).lower() if error.errno is not None and error.errno > 0 else error.strerror or str(error)


class EdgeError(Exception):
    """A failure that the viewer sees as one of CloudFront's error pages."""

    def __init__(self, status: int, x_cache: str, sentence: str, cause: str, detail: str = "Error") -> None:
        super().__init__(cause)
        self.status = status
        self.x_cache = x_cache
        """Without its " from cloudfront"."""
        self.sentence = sentence
        """The line of the error page that says what happened."""
        self.cause = cause
        """What the user is told on the terminal."""
        self.detail = detail
        """x-edge-detailed-result-type."""


class RequestRefused(EdgeError):
    """The viewer's request, or your distribution's rules about it."""

    def __init__(self, status: int, sentence: str, cause: str, detail: str = "Error") -> None:
        super().__init__(status, "Error", sentence, cause, detail)


class SignatureRefused(RequestRefused):
    """The viewer's signature, or the lack of one: the answer is XML, not the error page."""

    def __init__(self, code: str, message: str, cause: str) -> None:
        super().__init__(403, message, cause)
        self.code = code


class FunctionError(EdgeError):
    """Your function: `kind` is Execution (503), Throttled (503) or Validation (502)."""

    SENTENCE = "The CloudFront function associated with the CloudFront distribution is invalid or could not run."
    logs: tuple[str, ...] = ()
    """What it had logged until then."""

    @classmethod
    def execution(cls, cause: str, logs: tuple[str, ...] = ()) -> "FunctionError":
        """It threw, did not compile or ran out of memory."""
        error = cls(503, "FunctionExecutionError", cls.SENTENCE, cause, "FunctionExecutionError")
        error.logs = logs
        return error

    @classmethod
    def throttled(cls, cause: str) -> "FunctionError":
        """It ran past its time."""
        return cls(503, "FunctionThrottledError", cls.SENTENCE, cause, "FunctionThrottledError")

    @classmethod
    def validation(cls, sentence: str, cause: str) -> "FunctionError":
        """It returned what CloudFront refuses; `sentence` is CloudFront's own."""
        return cls(502, "FunctionValidationError", sentence, cause, "FunctionValidationError")


class LambdaError(EdgeError):
    """Your Lambda@Edge handler: Execution (503), Limit (503) or Validation (502)."""

    SENTENCE = (
        "The Lambda function associated with the CloudFront distribution is invalid or doesn't have the required permissions."
    )
    THROTTLED = "The Lambda function associated with the CloudFront distribution was throttled."

    @classmethod
    def execution(cls, cause: str) -> "LambdaError":
        """It raised, exited, timed out or could not start."""
        return cls(503, "LambdaExecutionError", cls.SENTENCE, cause, "LambdaExecutionError")

    @classmethod
    def throttled(cls, cause: str) -> "LambdaError":
        """Every environment was busy."""
        return cls(503, "LambdaLimitExceeded", cls.THROTTLED, cause, "LambdaLimitExceeded")

    @classmethod
    def validation(cls, sentence: str, cause: str) -> "LambdaError":
        """It returned what CloudFront refuses; `sentence` is CloudFront's own."""
        return cls(502, "LambdaValidationError", sentence, cause, "LambdaValidationError")


class OriginError(EdgeError):
    """Your origin: no answer, or none that is HTTP."""

    RESOLVE = "CloudFront wasn't able to resolve the origin domain name."
    CONNECT = "CloudFront wasn't able to connect to the origin."
    ATTEMPT = (
        "CloudFront attempted to establish a connection with the origin, "
        "but either the attempt failed or the origin closed the connection."
    )

    def __init__(self, status: int, sentence: str, cause: str, detail: str) -> None:
        super().__init__(status, "Error", sentence, cause, detail)
