"""Lambda@Edge: events, results, restrictions, origins and failures."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Lambda@Edge: fields of an event",
        honoured(
            "lambda-event",
            "config, request, response",
            "per trigger as in AWS's event structure; requestId is X-Amz-Cf-Id (lambda-event-structure)",
            "rules/lambda_event.py",
        ),
        chosen(
            "lambda-request-at-response", "The request in a viewer-response event", "as viewer-request left it", "edge_code.py"
        ),
    ),
    *section(
        "Lambda@Edge: shapes of an event",
        honoured(
            "lambda-event-shapes",
            'origin: custom or s3; status as text; querystring `""`',
            "as in AWS's examples (lambda-event-structure)",
            "rules/lambda_origin.py",
        ),
        chosen(
            "auth-method-with-access-control",
            "`authMethod` of a bucket with origin access control",
            "`none`",
            "rules/lambda_origin.py",
        ),
    ),
    *section(
        "Lambda@Edge: header objects",
        honoured(
            "lambda-headers",
            "`[{key, value}]` per lower-case name",
            "one entry a line; `key` may be left out; control characters in a value are 502 (lambda-event-structure)",
            "rules/lambda_headers.py",
        ),
        chosen(
            "lambda-header-keys",
            "A `key` that is not its entry's name; names that differ only in case; an empty array",
            "502; one header; deletes the header",
            "rules/lambda_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: body of a request",
        honoured(
            "lambda-body",
            "IncludeBody",
            "base64, the first 40 KB or 1 MB, inputTruncated; `replace` sends the returned body alone (lambda-include-body-access)",
            "rules/lambda_event.py",
        ),
        chosen(
            "lambda-body-methods",
            "`body` of a request: which methods, and replacing it without IncludeBody",
            "shown for every method with IncludeBody; 502 without",
            "rules/lambda_event.py",
        ),
    ),
    *section(
        "Lambda@Edge: what each trigger may return",
        honoured(
            "lambda-results",
            "request, response, nothing",
            "as per trigger; anything but an object is 502 (lambda-generating-http-responses)",
            "rules/lambda_event.py",
        ),
        chosen(
            "lambda-read-only-fields",
            "A changed `method`; a changed `clientIp`; unknown fields",
            "502; ignored; ignored",
            "rules/lambda_event.py",
        ),
    ),
    *section(
        "Lambda@Edge: generated responses",
        honoured(
            "lambda-generated",
            "status, statusDescription, headers, body, bodyEncoding",
            "200 to 599, text or base64, 40 KB or 1 MB with headers; from origin-request they are cached (lambda-generating-http-responses)",
            "rules/lambda_event.py",
        ),
        chosen(
            "x-cache-of-origin-request-answer",
            "X-Cache of an answer made at origin-request",
            "`Miss`, then `Hit`; `Error` from 400 on",
            "fetch.py",
        ),
        chosen(
            "body-with-204",
            "204 with a body, at origin-request and origin-response",
            "502, as documented for viewer-request",
            "rules/lambda_event.py",
        ),
    ),
    *section(
        "Lambda@Edge: origin-response and viewer-response",
        honoured(
            "lambda-responses",
            "Changing a response",
            "origin-response may replace status and body, and what it returns is stored; viewer-response changes headers (Updating HTTP responses in origin response triggers)",
            "rules/lambda_event.py",
        ),
        chosen(
            "status-at-viewer-response",
            "Another status, status text or a body at viewer-response",
            "502",
            "rules/lambda_event.py",
        ),
        chosen(
            "content-length-at-origin-response",
            "`content-length` changed at origin-response",
            "accepted, but CloudFront's own goes out",
            "rules/lambda_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: outcomes",
        honoured(
            "lambda-outcomes",
            "X-Cache of answers and failures",
            "LambdaGeneratedResponse, LambdaValidationError, LambdaExecutionError, LambdaLimitExceeded (http-502-bad-gateway, http-503-service-unavailable)",
            "errors.py",
        ),
    ),
    *section(
        "Lambda@Edge: disallowed headers",
        honoured(
            "lambda-disallowed-headers",
            "Disallowed headers",
            "not shown; adding one is 502 (edge-functions-restrictions-all)",
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: read-only headers",
        honoured(
            "lambda-read-only-headers",
            "Read-only headers",
            "adding, changing or deleting one is 502, per trigger (edge-functions-restrictions-all)",
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: CloudFront-* headers",
        honoured(
            "lambda-cloudfront-headers",
            "CloudFront-* headers",
            "may be changed; CloudFront-Viewer-Country cannot be added at viewer-request (lambda-at-edge-function-restrictions)",
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: URI and query string",
        honoured(
            "lambda-uri",
            "uri, querystring",
            "must begin with `/`, stay below 8,192 characters, and hold no space, control character or `#` (edge-functions-restrictions-all)",
            "rules/edge_event.py",
        ),
    ),
    *section(
        "Lambda@Edge: sizes",
        honoured(
            "lambda-body-sizes",
            "Bodies that a handler returns",
            "40 KB and 53.2 KB, or 1 MB and 1.33 MB as base64; more is 502 (cloudfront-limits)",
            "rules/lambda_event.py",
        ),
        chosen(
            "lambda-kilobytes",
            "KB and MB; what counts for the size limits",
            "1024 and 1024 × 1024; names, values and body as returned, base64 not decoded",
            "rules/lambda_event.py",
        ),
    ),
    *section(
        "Lambda@Edge: who runs when",
        honoured(
            "lambda-triggers",
            "The four triggers",
            "viewer-request on every request, origin-request and origin-response on misses, viewer-response below 400 (lambda-cloudfront-trigger-events)",
            "pipeline.py",
        ),
        chosen("origin-response-on-304", "Whether origin-response runs on a 304 that renews a stored object", "no", "fetch.py"),
    ),
    *section(
        "Lambda@Edge: configuration of a function",
        honoured(
            "lambda-configuration",
            "Version, region, runtime, timeout, memory and what is unsupported",
            "a problem when the template is read (lambda-at-edge-function-restrictions)",
            "config/lambda_functions.py",
        ),
        chosen(
            "older-viewer-limits",
            "Older limits of viewer triggers (5 s, 128 MB)",
            "not applied: every trigger may have 30 s and 10,240 MB",
            "config/limits.py",
        ),
        not_emulated("lambda-code-size", "Code size (50 MB zipped)", "not measured", "config/lambda_functions.py"),
    ),
    *section(
        "Lambda@Edge: changing the origin",
        honoured(
            "lambda-origin",
            "request.origin at origin-request",
            "every field may change, custom may become s3 and back; the configured name is resolved first (lambda-event-structure)",
            "rules/lambda_origin.py",
        ),
        chosen(
            "lambda-origin-left-out",
            "`origin` left out; its fields left out",
            "stays as it was; 502 for `domainName`, `port`, `protocol`, `authMethod`, else CloudFront's default",
            "rules/lambda_origin.py",
        ),
        chosen(
            "lambda-origin-timeouts",
            "Legal timeouts of a changed origin; custom headers that did not change",
            "1 to 120 s; only changed ones are checked",
            "rules/lambda_origin.py",
        ),
        chosen(
            "lambda-origin-place",
            "Where a changed origin lives here",
            "the same kind and domain name keep their place; another name needs a place of its own (`origins:` by that name), loopback or `--allow-origin`, else 502 naming both ways",
            "rules/lambda_origin.py, rules/destinations.py",
        ),
        chosen(
            "lambda-origin-identity",
            "The value of an origin access identity; `region`",
            "only the form is checked",
            "rules/lambda_origin.py",
        ),
        chosen(
            "lambda-origin-resolved",
            "The configured origin's name is resolved before origin-request, where it has no place here",
            "only a name that would be asked; one without a place is not looked up",
            "fetch.py",
        ),
    ),
    *section(
        "Lambda@Edge: custom headers of an origin",
        honoured(
            "lambda-custom-headers",
            "customHeaders",
            "forbidden names, and names that the request has, are 502 (add-origin-custom-headers)",
            "rules/lambda_origin.py",
        ),
    ),
    *section(
        "Lambda@Edge: order of the cache",
        honoured(
            "lambda-cache-order",
            "What is stored",
            "the result of origin-response, under the key made after viewer-request (lambda-cloudfront-trigger-events)",
            "fetch.py",
        ),
        chosen("handler-failures-not-cached", "Whether 502 and 503 of a failed handler are cached", "no", "fetch.py"),
    ),
    *section(
        "Lambda@Edge: origin groups",
        honoured(
            "lambda-origin-groups",
            "Origin groups",
            "origin-request and origin-response run once more for the second origin (high_availability_origin_failover)",
            "fetch.py",
        ),
    ),
    *section(
        "Lambda@Edge: statuses of failures",
        honoured(
            "lambda-statuses",
            "502 for wrong results, 503 for failures, timeouts and throttling",
            "never 504 (http-503-service-unavailable)",
            "errors.py",
        ),
    ),
    *section(
        "Lambda@Edge: page of a failure",
        honoured(
            "lambda-page",
            "The page of a failed handler",
            "CloudFront's error page (troubleshooting-response-errors)",
            "rules/error_pages.py",
        ),
    ),
    *section(
        "Lambda@Edge: sentences of failures",
        chosen(
            "lambda-sentences",
            "Sentences for wrong results that AWS does not quote",
            'of our own, below CloudFront\'s "The Lambda function result failed validation: "',
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "Lambda@Edge: CloudFront's log",
        honoured(
            "lambda-edge-log",
            "/aws/cloudfront/LambdaEdge/ID",
            "three lines for each result that failed validation, where `lambda_edge: {logs: FOLDER}` asks for files (lambda-edge-testing-debugging)",
            "telemetry/lambda_edge_log.py",
        ),
        chosen(
            "lambda-edge-log-streams",
            "Streams of CloudFront's own log of Lambda@Edge",
            "one a day and distribution",
            "telemetry/lambda_edge_log.py",
        ),
    ),
    *section(
        "Lambda@Edge: fields of access logs",
        not_emulated(
            "lambda-log-fields",
            "x-edge-result-type of handlers",
            "not written: there is no access log",
            "telemetry/request_line.py",
        ),
    ),
    *section(
        "Lambda@Edge: metrics",
        not_emulated("lambda-metrics", "LambdaExecutionError and the other metrics", "not kept", "telemetry/request_line.py"),
    ),
)
