"""CloudFront's own log of Lambda@Edge: three lines for each result that failed validation, in a file of the folder of logs.

AWS page: lambda-edge-testing-debugging (log group `/aws/cloudfront/LambdaEdge/DISTRIBUTION-ID`).
Chosen: one stream a day; CloudFront's streams are named in a way that AWS does not publish.
"""

import time
from collections.abc import Callable
from pathlib import Path

from edgeproxy.exchange import Exchange, Refused

GROUP = "aws/cloudfront/LambdaEdge"


def render(refused: Refused) -> str:
    """The lines, each with its end."""
    mark = f"({refused.request_id})"
    return (
        f"{mark} INFO Invoking LambdaFunctionARN: {refused.arn} Region: us-east-1\n"
        f"{mark} INFO Response received from Lambda: RequestId: {refused.invocation_id}\n"
        f"{mark} ERROR Validation error: {refused.cause}\n"
    )


class LambdaEdgeLog:
    """`ports.Sink` that writes below `folder`; `say` gets the reason when it cannot, once."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._broken = False

    def accept(self, exchange: Exchange) -> None:
        for name, value in exchange.facts:
            if name == "refused" and isinstance(value, Refused):
                self._write(value)

    def _write(self, refused: Refused) -> None:
        path = self._folder / GROUP / refused.distribution_id / time.strftime("%Y/%m/%d.log", time.gmtime())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(render(refused))
        except OSError as error:
            if not self._broken:
                self._say(f"{path} cannot be written: {error.strerror}")
            self._broken = True
