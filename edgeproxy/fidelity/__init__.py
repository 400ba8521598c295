"""How faithful this is to CloudFront: one table of points, read by the page, `check`, the start lines and `explain`."""

from collections.abc import Mapping

from edgeproxy.fidelity.row import Row
from edgeproxy.fidelity.table import (
    answers,
    buckets,
    caching,
    configuration,
    function_runtime,
    functions,
    lambda_edge,
    lambda_execution,
    origins,
    ranges_and_invalidation,
    requests,
    signatures,
)

ROWS: tuple[Row, ...] = (
    *requests.ROWS,
    *signatures.ROWS,
    *caching.ROWS,
    *ranges_and_invalidation.ROWS,
    *origins.ROWS,
    *buckets.ROWS,
    *answers.ROWS,
    *functions.ROWS,
    *function_runtime.ROWS,
    *lambda_edge.ROWS,
    *lambda_execution.ROWS,
    *configuration.ROWS,
)
"""The whole table, in the order of the page."""

BY_ID: Mapping[str, Row] = {row.id: row for row in ROWS}

BY_PROPERTY: Mapping[str, Row] = {name: row for row in ROWS for name in row.properties()}
"""What a template or settings file may set and this version does not honour: `Kind.Property` -> its row."""
