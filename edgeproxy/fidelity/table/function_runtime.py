"""CloudFront Functions: JavaScript, helper methods, limits, key value stores and tools."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "JavaScript: syntax",
        honoured(
            "javascript-syntax",
            "What runtimes 1.0 and 2.0 refuse",
            "refused when the code is read, with CloudFront's words and line (JavaScript runtime 2.0 features)",
            "runtimes/javascript/dialect.py",
        ),
        chosen(
            "disputed-syntax",
            "Syntax that AWS's pages disagree on: `?.`, `for…of`; async arrows, methods and closures; `??`; `import` in runtime 1.0",
            "refused; accepted; accepted; refused, `require` only",
            "runtimes/javascript/dialect.py",
        ),
        chosen(
            "unlisted-syntax",
            "Syntax that AWS does not list: `export`, `import()`, `import.meta`, `super`, `new.target`, `using`, escapes in names",
            "refused in the words of njs",
            "runtimes/javascript/dialect.py",
        ),
        chosen(
            "spread-in-1-0",
            "Spread in runtime 1.0",
            "refused as in 2.0; CloudFront may run it and give wrong results",
            "runtimes/javascript/dialect.py",
        ),
        chosen(
            "several-syntax-errors",
            "Syntax errors of which there are several",
            "the first by line; in code that is no JavaScript, the engine's own complaint",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "JavaScript: built-ins",
        honoured(
            "javascript-built-ins",
            "Built-ins",
            "those that AWS lists, no others; Date stands still during a run; nothing survives it (JavaScript runtime 2.0 features)",
            "runtimes/javascript/realm.py",
        ),
        chosen(
            "console-log",
            "`console.log` with several arguments and objects; length of the log",
            "joined by a space, `[object Object]`; cut at 10,240 characters a run; shown on the terminal",
            "runtimes/javascript/engine.py",
        ),
        not_emulated(
            "integer-keys",
            "`Object.keys` with integer-like keys",
            "ascending and first, as in browsers; CloudFront's engine keeps insertion order",
            "runtimes/javascript/realm.py",
        ),
        chosen(
            "byte-strings",
            "Byte strings of runtime 1.0",
            "known by their text within the run, none after a concatenation",
            "runtimes/javascript/engine.py",
        ),
        chosen(
            "error-texts",
            "Text of error messages",
            "CloudFront's words where they are known, else the engine's",
            "runtimes/javascript/complaints.py",
        ),
    ),
    *section(
        "JavaScript: modules",
        honoured(
            "javascript-modules",
            "crypto, querystring, buffer, cloudfront",
            "with AWS's members; a missing module is an error (JavaScript runtime 2.0 features)",
            "runtimes/javascript/engine.py",
        ),
        chosen(
            "buffer-and-decoder",
            "What Buffer, TextDecoder and querystring leave open",
            "as in Node.js; TextDecoder reads UTF-8 only",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Helper methods: key value stores",
        honoured(
            "cf-kvs",
            "get, exists, meta",
            "string, json, bytes; a missing key rejects; a run sees one snapshot (Helper methods for key value stores)",
            "runtimes/javascript/engine.py",
        ),
        chosen(
            "missing-key-texts",
            "Text of a missing key, and of `cf.kvs()` without an association",
            '`Key "k" was not found in the key value store`; `there is no key value store associated with this function`',
            "runtimes/javascript/engine.py",
        ),
        chosen("kvs-id", "The id given to `cf.kvs`", "not looked at", "runtimes/javascript/engine.py"),
    ),
    *section(
        "Helper methods: updateRequestOrigin",
        honoured(
            "update-request-origin",
            "cf.updateRequestOrigin",
            "AWS's fields and limits; what is left out stays as declared; a wrong value is 502 (helper-functions-origin-modification)",
            "rules/origin_parameters.py",
        ),
        chosen(
            "origin-rewrite-values",
            "An unknown field, `null`, or an unknown origin id in a choice of origin; timeouts that are no whole seconds",
            '502, "returned an invalid value for origin rewrite"',
            "rules/origin_parameters.py, rules/origin_choice.py",
        ),
        chosen(
            "undeclared-origin",
            "A domain name that no declared origin has",
            "a bucket's when it reads like `*.s3…amazonaws.com`; it needs a local place (`origins:` by that name) or `--allow-origin`",
            "rules/origin_choice.py",
        ),
        chosen(
            "choice-beside-generated",
            "A choice of origin beside a generated response",
            "not looked at",
            "rules/origin_choice.py",
        ),
        not_emulated(
            "origin-choice-without-effect",
            "`originShield`, `mTLSConfig`, an enabled access control, `media-quality-score` in a choice of origin",
            "checked, without effect here; noted on the exchange",
            "rules/origin_choice.py",
        ),
        not_emulated(
            "sni-of-a-stand-in",
            "`sni` and `allowedCertificateNames` of an origin that has a stand-in here",
            "without effect: the stand-in is asked by the name that the settings give it",
            "origins/tls.py",
        ),
        chosen(
            "certificate-names",
            "How an allowed certificate name fits",
            "the same name, or one covers the other by a wildcard as its left-most label",
            "origins/tls.py",
        ),
    ),
    *section(
        "Helper methods: selectRequestOriginById",
        honoured(
            "select-request-origin",
            "cf.selectRequestOriginById",
            "an origin of the same distribution, with its overrides (helper-functions-origin-modification)",
            "rules/origin_choice.py",
        ),
    ),
    *section(
        "Helper methods: createRequestOriginGroup",
        honoured(
            "create-origin-group",
            "cf.createRequestOriginGroup",
            "two origins and the statuses that fail over (helper-functions-origin-modification)",
            "rules/origin_choice.py",
        ),
    ),
    *section(
        "Helper methods: edgeLocation",
        chosen(
            "edge-location",
            "`cf.edgeLocation`",
            "LOC, 127.0.0.1, us-east-1, and `{}` at viewer-response",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Helper methods: rawQueryString",
        honoured(
            "raw-query-string",
            "request.rawQueryString()",
            "the viewer's own query string, `undefined` without `?` (General helper methods)",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Helper methods: logCustomData",
        not_emulated(
            "log-custom-data",
            "cf.logCustomData",
            "accepted; there is no access log that would hold it",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Helper methods: distribution tenants",
        not_emulated(
            "distribution-tenants",
            "`cf.distributionTenant`",
            "throws: the viewer gets the 503 page",
            "runtimes/javascript/engine.py",
            property="cf.distributionTenant",
        ),
        not_emulated(
            "tenant-config",
            "Multi-tenant distributions",
            "tenants and their parameters do not exist here",
            "config/not_honoured.py",
            property="DistributionConfig.TenantConfig",
        ),
        not_emulated(
            "connection-mode",
            "ConnectionMode `tenant-only`",
            "served directly, not by tenants",
            "config/not_honoured.py",
            property="DistributionConfig.ConnectionMode",
        ),
    ),
    *section(
        "Helper methods: CBOR Web Tokens",
        not_emulated(
            "cwt", "`cf.cwt`", "throws: the viewer gets the 503 page", "runtimes/javascript/engine.py", property="cf.cwt"
        ),
    ),
    *section(
        "Helper methods: mutual TLS",
        not_emulated(
            "cf-mtls", "`cf.mtls`", "throws: the viewer gets the 503 page", "runtimes/javascript/engine.py", property="cf.mtls"
        ),
        not_emulated(
            "viewer-mtls",
            "Client certificates of viewers (viewer mTLS)",
            "viewers are NOT asked for a certificate: everyone is served",
            "config/not_honoured.py",
            property="DistributionConfig.ViewerMtlsConfig",
        ),
    ),
    *section(
        "Helper methods: connection functions",
        not_emulated(
            "connection-function",
            "Connection functions",
            "connection functions are not run: no viewer is asked for a certificate",
            "config/template.py",
            property="AWS::CloudFront::ConnectionFunction",
        ),
        not_emulated(
            "connection-function-association",
            "The connection function of a distribution",
            "the connection function is not run",
            "config/not_honoured.py",
            property="DistributionConfig.ConnectionFunctionAssociation",
        ),
    ),
    *section(
        "Limits of functions: numbers",
        honoured(
            "function-numbers",
            "Code of 10 KB; a URI with query of less than 8,192 characters",
            "larger code is a problem when it is read, a longer URI is 502 (cloudfront-limits)",
            "config/limits.py, rules/edge_event.py",
        ),
        chosen(
            "function-time",
            "The time limit in milliseconds",
            "10 ms of CPU time, then the 503 page as `FunctionThrottledError`; the next run starts afresh",
            "runtimes/javascript/engine.py",
        ),
        chosen(
            "function-memory",
            "What 2 MB of memory includes",
            "2 MB over what the engine itself needs; a returned value has at most 1,048,576 characters of JSON",
            "runtimes/javascript/engine.py",
        ),
        chosen(
            "compute-utilization",
            "Compute utilization",
            "the wall time of the run as a percentage of 1 ms (`cloudfront_functions: {budget: …}` in the settings); a hash that Python computes costs the function nothing",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Limits of functions: failures",
        honoured(
            "function-failures",
            "Throwing, wrong results, running on",
            "503 FunctionExecutionError, 502 FunctionValidationError, 503 FunctionThrottledError, with CloudFront's page (http-502-bad-gateway, http-503-service-unavailable)",
            "errors.py",
        ),
        chosen(
            "x-cache-of-syntax-errors",
            "X-Cache of code that does not compile",
            "`FunctionExecutionError`",
            "runtimes/javascript/engine.py",
        ),
    ),
    *section(
        "Tools for functions: API",
        not_emulated(
            "function-api",
            "CreateFunction, PublishFunction and the other calls",
            "not emulated: functions come from the template and the settings",
            "config/functions.py",
        ),
    ),
    *section(
        "Tools for functions: TestFunction",
        honoured(
            "test-function",
            "`edgeproxy invoke`",
            "FunctionOutput, logs, utilization and error text of TestFunction (test-function)",
            "testing/invoke.py",
        ),
        chosen(
            "event-files",
            "TestFunction's event files: parts left out, header names in upper case, a missing `eventType`",
            "`{}`; refused; told by whether there is a `response`",
            "testing/event_file.py",
        ),
        chosen(
            "test-function-answers",
            "TestFunction's answer for what is no request or response; utilization of a failed run",
            "the sentence of the 502; 0, or 100 when it was stopped for its time",
            "testing/invoke.py",
        ),
        chosen(
            "function-output-order",
            "Order of `body` in FunctionOutput; `rawQueryString()` of an event file",
            "last; made of the event's records",
            "testing/event_object.py",
        ),
    ),
    *section(
        "Key value stores: control plane",
        chosen(
            "imported-stores",
            "Key value stores that are imported from S3, or known by their ARN alone",
            "filled from the file that the settings name for them; without one it is a problem",
            "config/key_value_stores.py",
        ),
        chosen(
            "store-of-a-function-in-settings",
            "The key value store of a function that only the settings name",
            "the only one that the settings name, else none",
            "config/key_value_stores.py",
        ),
    ),
    *section(
        "Key value stores: data plane",
        chosen(
            "store-sizes",
            "What the sizes of keys, values and key value stores count; empty keys and values; what a store's file may hold beside `data`",
            "bytes of UTF-8, keys and values alone; keys are refused, values taken; nothing",
            "stores/key_value_file.py",
        ),
        chosen(
            "store-changes",
            "When a change of a key value store is seen; a changed file after changes at run time",
            "at once, by the next run (CloudFront: after seconds); it replaces the whole store; of it and a kept file, the one written last counts at the start",
            "stores/key_values.py",
        ),
        chosen(
            "store-not-kept",
            "A change of a key value store that cannot be kept in the file named by `keep`",
            "is not made; that file has at most 5 MB, as an import has",
            "stores/key_values.py",
        ),
        not_emulated(
            "store-apis",
            "The APIs of key value stores, with ARNs, signatures and pages of keys",
            "not emulated: `edgeproxy kvs`, and JSON of our own at the admin listener, with AWS's error names, ETag and If-Match",
            "inspector/key_value_pages.py",
        ),
    ),
)
