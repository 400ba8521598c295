"""CloudFront Functions: events, results, and the steps around them."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "CloudFront Functions: the event",
        honoured(
            "function-event",
            "version, context, viewer, request, response",
            "as in AWS's event structure; requestId is X-Amz-Cf-Id (functions-event-structure)",
            "rules/function_event.py",
        ),
        not_emulated(
            "multi-tenant-event", "Multi-tenant events (`context.endpoint`)", "not emulated", "rules/function_event.py"
        ),
    ),
    *section(
        "CloudFront Functions: the request of an event",
        honoured(
            "function-request",
            "method, uri, querystring, headers, cookies",
            "everything but the method may be changed; a query string may be text; there is no body (functions-event-structure)",
            "rules/function_event.py",
        ),
        chosen(
            "function-request-fields",
            "A changed `method`; `headers`, `cookies` or `querystring` left out; `headers.cookie` set in a request",
            "502; taken as empty; 502",
            "rules/function_event.py",
        ),
        chosen(
            "changed-uri",
            "What a changed URI may hold; where the 8,192 characters are counted",
            "no space, control character, `#` or `?`; on the wire, without the `?` before the query",
            "rules/edge_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: the response of an event",
        honoured(
            "function-response",
            "statusCode, headers, cookies, body",
            "the body can be set, replaced and emptied, never read; base64 is decoded (functions-event-structure)",
            "rules/function_event.py",
        ),
        chosen(
            "set-cookie-header", "`headers['set-cookie']` in a response", "one more Set-Cookie line", "rules/function_event.py"
        ),
        chosen(
            "function-content-length",
            "`content-length` and `transfer-encoding` set in a response",
            "accepted, but CloudFront's own go out",
            "rules/function_event.py",
        ),
        chosen(
            "status-description",
            "`statusDescription` left out; unchanged beside a new status",
            "the usual text of the status; the origin's own where it had one, else the usual one",
            "rules/function_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: value records",
        honoured(
            "value-records",
            "value, multiValue, attributes",
            "a changed multiValue wins, a changed value replaces the first one, a deleted name goes (functions-event-structure)",
            "rules/value_records.py",
        ),
        chosen(
            "records-given-back",
            "A record given back without its `multiValue`; `multiValue: []`; a parameter or cookie without `=`",
            'a single value; deletes the name; has the value `""`',
            "rules/value_records.py",
        ),
    ),
    *section(
        "CloudFront Functions: encoding",
        honoured(
            "function-encoding",
            "UTF-8, ISO-8859-1, percent-encoding",
            "values arrive as UTF-8 and still percent-encoded; what did not change goes out byte by byte (functions-event-structure)",
            "rules/edge_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: case of header names",
        honoured(
            "function-header-case",
            "Header names",
            "lower case in events and results, `X-My-Header` on the wire (functions-event-structure)",
            "rules/function_event.py",
        ),
        chosen(
            "invalid-header-names",
            "Header names that are no token, values with control characters, a second Host line",
            "502, with a sentence of our own where AWS quotes none",
            "rules/edge_headers.py",
        ),
        chosen(
            "non-ascii-header-names",
            "Header names that are not ASCII",
            "refused with 502",
            "rules/edge_headers.py, rules/lambda_headers.py",
        ),
    ),
    *section(
        "CloudFront Functions: the request at viewer-response",
        honoured(
            "function-request-at-response",
            "The request in a viewer-response event",
            "as the viewer-request function left it; changes to it have no effect (functions-event-structure)",
            "rules/function_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: results at viewer-request",
        honoured(
            "function-generated",
            "A response instead of the request",
            "sent at once, neither cached nor looked up, `X-Cache: FunctionGeneratedResponse`; its own page for errors stays (generating-http-responses)",
            "pipeline.py",
        ),
        chosen(
            "legal-status-codes",
            "Legal status codes; 204 with a body; `body.encoding` left out",
            "200 to 599, else 502; 502; 502",
            "rules/function_event.py",
        ),
        chosen(
            "read-only-headers-of-generated",
            "Read-only headers of a generated response",
            "those of viewer-response",
            "rules/function_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: results at viewer-response",
        honoured(
            "function-changes-response",
            "Status, headers, cookies and body",
            "all may be changed, for this viewer alone (functions-event-structure)",
            "rules/function_event.py",
        ),
    ),
    *section(
        "CloudFront Functions: when viewer-response runs",
        honoured(
            "when-viewer-response-runs",
            "Hits and misses below 400",
            "run; origin errors, custom error pages, generated answers and redirects do not (edge-functions-restrictions-all)",
            "pipeline.py",
        ),
        chosen("viewer-response-on-304-and-206", "viewer-response on a 304 or 206", "run", "pipeline.py"),
        chosen(
            "viewer-response-after-origin-response",
            "viewer-response where origin-response made a 200 of a 404",
            "not run: what the origin sent counts",
            "pipeline.py",
        ),
    ),
    *section(
        "CloudFront Functions: place among the steps",
        honoured(
            "function-place",
            "viewer-request on every request, before the cache; viewer-response after the response headers policy",
            "what it returns is not cached (Determine function purpose)",
            "pipeline.py",
        ),
    ),
    *section(
        "CloudFront Functions: associations",
        honoured(
            "function-associations",
            "One function an event and behavior; no mixing with Lambda@Edge at viewer events",
            "a problem when the template is read (edge-functions-restrictions-all)",
            "config/associations.py",
        ),
        chosen(
            "runtime-of-a-function-in-settings",
            "The runtime of a function that only the settings name",
            "CloudFront Function: cloudfront-js-2.0; handler: nodejs22.x or python3.13, by its file's name",
            "config/functions.py, config/lambda_functions.py",
        ),
        not_emulated(
            "smooth-streaming",
            "Microsoft Smooth Streaming",
            "requests are passed on like any other",
            "config/not_honoured.py",
            property="DefaultCacheBehavior.SmoothStreaming, CacheBehavior.SmoothStreaming",
        ),
    ),
    *section(
        "CloudFront Functions: disallowed headers",
        honoured(
            "disallowed-headers",
            "Disallowed headers",
            "not shown; adding one is 502 with AWS's sentence (edge-functions-restrictions-all)",
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "CloudFront Functions: read-only headers",
        honoured(
            "read-only-headers",
            "Read-only headers",
            "adding, changing or deleting one is 502 with AWS's sentence, per event (edge-functions-restrictions-all)",
            "rules/edge_headers.py",
        ),
    ),
    *section(
        "CloudFront Functions: headers towards the origin",
        honoured(
            "headers-towards-origin",
            "Request headers that a function adds",
            "go into the key and to the origin where a policy takes them (edge-functions-restrictions-all)",
            "rules/forwarding.py",
        ),
    ),
)
