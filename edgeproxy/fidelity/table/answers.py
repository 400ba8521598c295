"""Answers to the viewer: headers, policies, error pages, and what is logged."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Answers: headers of the origin",
        honoured(
            "origin-headers",
            "Headers of the origin",
            "hop-by-hop fields and those that Connection names, Set-Cookie where no cookies are forwarded and S3's own ids go; Vary keeps what the behavior forwards (RequestAndResponseBehaviorCustomOrigin)",
            "rules/answer_headers.py",
        ),
        chosen(
            "inner-cdn",
            "An origin's Via and X-Amz-Cf-Pop",
            "stay, each in a line before CloudFront's",
            "rules/answer_headers.py",
        ),
    ),
    *section(
        "Answers: headers that CloudFront adds",
        honoured(
            "added-headers",
            "X-Cache, Via, X-Amz-Cf-Pop, X-Amz-Cf-Id, Age",
            "in this order, with CloudFront's values of X-Cache (RequestAndResponseBehaviorCustomOrigin)",
            "rules/answer_headers.py",
        ),
        chosen(
            "pop-id-and-via",
            "X-Amz-Cf-Pop, X-Amz-Cf-Id, Via",
            "`LOC1-C1`; random; `1.1` and a name made from the distribution's id",
            "served.py, plan.py",
        ),
        not_emulated("alt-svc", "Alt-Svc", "never sent: there is no HTTP/3", "rules/answer_headers.py"),
    ),
    *section(
        "Answers: redirect to HTTPS",
        honoured(
            "https-redirect",
            "The redirect to HTTPS",
            "CloudFront's page of 167 bytes, `X-Cache: Redirect` (using-https-viewers-to-cloudfront)",
            "rules/error_pages.py",
        ),
        chosen("page-of-307", "The page of a 307", "that of the 301 with its own status line", "rules/error_pages.py"),
    ),
    *section(
        "Answers: response headers policies",
        honoured(
            "response-headers-policy",
            "Response headers policies",
            "headers removed, then CORS, security and custom headers, each with its override; on hits and misses (understanding-response-headers-policies)",
            "rules/response_headers.py",
        ),
        chosen(
            "policy-before-viewer-response",
            "Response headers policy before or after viewer-response",
            "before: the function has the last word",
            "pipeline.py",
        ),
        chosen(
            "policy-on-errors-and-redirects",
            "Response headers policy on redirects, generated answers and error pages",
            "applied, once a behavior is chosen",
            "pipeline.py",
        ),
        chosen(
            "origin-without-pattern",
            "An Origin that no pattern of the policy fits",
            "the origin's own CORS headers stay",
            "rules/cors.py",
        ),
        chosen("hsts-on-http", "Strict-Transport-Security on plain HTTP", "sent", "rules/response_headers.py"),
        chosen(
            "cors-lists-and-hosts",
            "How lists of CORS headers are joined; case of hosts; ports in patterns",
            "`, `; ignored; compared with the scheme's default port where the Origin names none",
            "rules/cors.py",
        ),
        chosen(
            "allow-headers-wildcard",
            "Allow-Headers with a partial wildcard",
            "those of the requested headers that fit",
            "rules/cors.py",
        ),
        chosen("cors-not-simple", "CORS headers for requests that are not simple", "as for simple ones", "rules/cors.py"),
        chosen(
            "vary-origin",
            "`Vary: Origin`",
            "wherever a policy's CORS part applies and the answer is not `*`, without Origin too",
            "rules/cors.py",
        ),
        chosen(
            "security-header-order",
            "Order of security headers",
            "those that override first; X-Frame-Options, Referrer-Policy, Content-Security-Policy, X-Content-Type-Options, Strict-Transport-Security, X-XSS-Protection",
            "rules/response_headers.py, config/response_headers_policies.py",
        ),
        honoured(
            "server-timing",
            "Server-Timing of a response headers policy",
            "CloudFront's metrics, sampled, and always for `Pragma: server-timing` (understanding-response-headers-policies)",
            "rules/server_timing.py",
        ),
        chosen(
            "server-timing-place",
            "Where the origin's own Server-Timing stands",
            "at the end, on a miss alone",
            "rules/server_timing.py",
        ),
        chosen(
            "server-timing-metrics",
            "Server-Timing of answers that no origin and no cache gave, of failed origins, of refreshes",
            "no cdn-cache-*; no cdn-upstream-*; the metrics of a miss",
            "rules/server_timing.py",
        ),
        chosen(
            "server-timing-and-functions",
            "`Pragma: server-timing` and functions; whether viewer-response sees the header",
            "counts as viewer-request left it; no, its time is counted",
            "rules/server_timing.py",
        ),
        chosen(
            "server-timing-of-serve",
            "`Server-Timing` of `serve --timing`",
            "metrics of its own (`cache`, `ttl`, one a function) in a line behind CloudFront's; what is not printable ASCII reads `?`, 200 characters a description",
            "rules/local_timing.py",
        ),
    ),
    *section(
        "Answers: managed response headers policies",
        honoured(
            "managed-response-headers-policies",
            "Managed response headers policies",
            "known by id, with AWS's values (using-managed-response-headers-policies)",
            "config/library.py",
        ),
        chosen(
            "managed-preflight-headers", "Allow-Headers of the managed policy CORS-With-Preflight", "`*`", "config/library.py"
        ),
    ),
    *section(
        "Answers: compression",
        honoured(
            "compression",
            "Compression",
            "br or gzip, once, before an answer is stored, by AWS's list of types and sizes (ServingCompressedFiles)",
            "rules/compression.py",
        ),
        chosen(
            "compressed-what",
            "What is compressed",
            "what is stored and fresh for more than 0 s; a cold HEAD shows the origin's length",
            "rules/compression.py",
        ),
        chosen(
            "compressed-vary",
            "Vary on answers sent uncompressed",
            "has Accept-Encoding where another viewer would get a compressed form, and keeps it through a 304",
            "rules/compression.py, rules/staleness.py",
        ),
        chosen(
            "compressed-edge-code",
            "Bodies made by edge code",
            "compressed without Content-Length when stored",
            "rules/compression.py",
        ),
        chosen(
            "compressed-viewers",
            "br and gzip viewers",
            "never share an object",
            "rules/compression.py",
        ),
        chosen("compressed-ranges", "Accept-Ranges on what is compressed", "stays", "rules/compression.py"),
        chosen(
            "compressed-levels",
            "Levels; how many at once",
            "gzip 6, br 5; past 64 arriving bodies the object is stored uncompressed",
            "compressor.py",
        ),
    ),
    *section(
        "Error pages: custom error responses",
        honoured(
            "custom-error-responses",
            "Custom error responses",
            "the page through the behavior of its own path, with the mapped status and `X-Cache: Error`; a stale object goes before it (GeneratingCustomErrorResponses)",
            "rules/error_pages.py",
        ),
        chosen(
            "errors-made-by-handlers",
            "Custom error responses for answers >= 400 made by Lambda@Edge",
            "not at viewer-request and origin-request; at origin-response as for an origin's",
            "pipeline.py",
        ),
        chosen(
            "refusals-keep-their-page",
            "Custom error responses for requests refused by their form or size, and for an unknown Host",
            "not used",
            "pipeline.py",
        ),
        chosen(
            "function-failure-page",
            "Whether a custom error response replaces the page of a failed function",
            "no, neither for functions nor for Lambda@Edge",
            "pipeline.py",
        ),
        honoured(
            "error-uri",
            "CloudFront-Error-Uri and CloudFront-Error-Args",
            "on the fetch of a page where a policy names them (adding-cloudfront-headers)",
            "rules/viewer_headers.py",
        ),
        chosen(
            "error-uri-of-functions",
            "What CloudFront-Error-Uri and -Args say",
            "path and query of the request that failed, as functions left it; no Args without a query",
            "rules/viewer_headers.py",
        ),
        chosen(
            "checks-of-the-page",
            "Checks of the page's own behavior (protocol, methods)",
            "left out, as is viewer-request",
            "pipeline.py",
        ),
        honoured(
            "close-after-custom-page",
            "Connection of a custom page",
            "closes for 400, 405, 414, 416, 500 and 501 (GeneratingCustomErrorResponses)",
            "rules/error_pages.py",
        ),
        chosen(
            "closing-code",
            "Which code closes the connection behind a custom page, and when its page cannot be had",
            "the code that is replaced, not the one shown; closes all the same",
            "rules/error_pages.py",
        ),
        chosen(
            "page-of-416",
            "A range that a stored object cannot satisfy, with a custom page for 416",
            "the whole page",
            "pipeline.py, served.py",
        ),
    ),
    *section(
        "Error pages: CloudFront's own page",
        honoured(
            "error-page",
            "CloudFront's error page",
            "byte by byte, with the sentence of its cause; HEAD has its headers (troubleshooting-response-errors)",
            "rules/error_pages.py",
        ),
    ),
    *section(
        "Logs: standard logs",
        not_emulated(
            "standard-logs",
            "Standard logs",
            "no standard log is written; see the request lines on the terminal",
            "config/not_honoured.py, telemetry/request_line.py",
            property="DistributionConfig.Logging",
        ),
    ),
    *section(
        "Logs: real-time logs",
        not_emulated(
            "real-time-logs",
            "Real-time logs",
            "no real-time log is written",
            "config/not_honoured.py",
            property="DefaultCacheBehavior.RealtimeLogConfigArn, CacheBehavior.RealtimeLogConfigArn",
        ),
    ),
    *section(
        "Logs: metrics",
        not_emulated(
            "metrics",
            "CloudWatch metrics of a distribution",
            "not kept: one line a request on the terminal",
            "telemetry/request_line.py",
        ),
    ),
    *section(
        "Logs: what edgeproxy tells",
        chosen(
            "hidden-secrets",
            "What is told of a request's secrets",
            "headers, cookies and parameters with names like token, secret, password, signature or API key, and a signed URL's, read `(hidden, 1a2b)`; a secret in a path is not recognised",
            "rules/masking.py",
        ),
        chosen(
            "explained-keys",
            "Cache keys shown, with advice; names of outcomes",
            "CloudFront shows none; `explain` names each part's setting, and hit, refresh, stale, miss, collapsed, uncached, answered or error",
            "rules/key_parts.py, rules/outcome.py",
        ),
        chosen(
            "admin-listener",
            "Browsers and local users at the admin listener",
            "foreign Host and Origin are 403; reading needs no token, changing does",
            "inspector/admin.py",
        ),
    ),
)
