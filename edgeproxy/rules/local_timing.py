"""The Server-Timing field of `edgeproxy serve --timing`: outcome and reason, TTL left, and each function's time.

W3C Server Timing section 4: metrics joined by commas, each a token with `desc` (a quoted string, RFC 9110 section 5.6.4) and
`dur` in milliseconds. CloudFront's own (`server_timing`), where a policy asks for it, is another field line before this one.
Chosen: what is not printable ASCII reads `?`, a description ends after 200 characters, secrets are hidden.
"""

from edgeproxy.exchange import Exchange, FunctionRun
from edgeproxy.rules import masking, outcome

LONGEST = 200
"""Characters of a description."""


def value(exchange: Exchange) -> str:
    """`cache;desc="hit: …", ttl;desc="52 s left, max-age=60", viewer-request;desc="rewrite";dur=0.028`."""
    told = outcome.tell(exchange)
    runs = [run for run in exchange.all("function") if isinstance(run, FunctionRun)]
    return ", ".join([f"cache;desc={_quoted(f'{told.name}: {told.why}')}", *_ttl(exchange), *map(_function, runs)])


def _ttl(exchange: Exchange) -> list[str]:
    if (reason := outcome.why_not_stored(exchange)) is not None:
        return [f"ttl;desc={_quoted(f'not stored, {reason}')}"]
    left = outcome.left(exchange)
    return [] if left is None else [f"ttl;desc={_quoted(f'{outcome.span(left.seconds)} left, {left.why}')}"]


def _function(run: FunctionRun) -> str:
    failed = "" if run.error is None else f", failed: {run.error}"
    return f"{run.hook};desc={_quoted(run.name + failed)};dur={run.milliseconds:.3f}"


def _quoted(text: str) -> str:
    text = masking.words(text)
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    printable = "".join(character if " " <= character <= "~" else "?" for character in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'
