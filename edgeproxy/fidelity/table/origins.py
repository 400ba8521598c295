"""Towards the origin: what is sent, connections, failures, buckets and function URLs."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Forwarding: policies and legacy settings",
        honoured(
            "forwarding-regimes",
            "Policies, and legacy ForwardedValues",
            "with policies only what one of them or AWS's table names; with legacy settings every header that the table does not name (controlling-origin-requests)",
            "rules/forwarding.py",
        ),
        chosen("all-except-adds-none", "Whether `allExcept` adds CloudFront-* headers", "no", "rules/forwarding.py"),
    ),
    *section(
        "Forwarding: managed origin request policies",
        honoured(
            "managed-origin-request-policies",
            "Managed origin request policies",
            "known by id, with AWS's values (using-managed-origin-request-policies)",
            "config/library.py",
        ),
    ),
    *section(
        "Forwarding: request headers",
        honoured(
            "request-headers",
            "Headers that no policy names",
            "AWS's table: forwarded, removed, or User-Agent `Amazon CloudFront`; Host of the origin, Via, X-Amz-Cf-Id and X-Forwarded-For are added (RequestAndResponseBehaviorCustomOrigin)",
            "rules/forwarding.py",
        ),
        chosen(
            "headers-named-by-connection",
            "Headers that the viewer's Connection names",
            "pass, unless they are hop-by-hop by themselves",
            "rules/forwarding.py",
        ),
        chosen("viewer-cloudfront-headers", "The viewer's own CloudFront-* headers", "never pass", "rules/forwarding.py"),
        chosen("joined-forwarded-for", "How X-Forwarded-For and Via are joined", "`, `", "rules/forwarding.py"),
        not_emulated(
            "keep-alive-to-the-origin",
            "`Connection: Keep-Alive` towards the origin",
            "not sent: HTTP/1.1 connections stay open without it",
            "rules/forwarding.py",
        ),
        chosen(
            "header-case-and-order",
            "Case and order of headers",
            "as received, but Host stands first and spellings of one name take the first one's case",
            "origins/origin_request.py",
        ),
        chosen("header-bytes-beyond-utf-8", "Header values that are not UTF-8", "go out as UTF-8", "origins/origin_request.py"),
        chosen(
            "methods-without-a-body",
            "POST, PUT, PATCH or DELETE without a body",
            "has `Content-Length: 0`",
            "origins/origin_request.py",
        ),
    ),
    *section(
        "Forwarding: CloudFront-* headers",
        honoured(
            "cloudfront-headers",
            "CloudFront-Forwarded-Proto, -Viewer-Http-Version and -Viewer-Address",
            "added when a policy names them (adding-cloudfront-headers)",
            "rules/forwarding.py",
        ),
        not_emulated(
            "other-cloudfront-headers",
            "Other CloudFront-* headers that policies name (geography, devices, TLS, fingerprints)",
            "not added",
            "rules/forwarding.py",
        ),
        not_emulated(
            "viewer-country",
            "`viewer: {country: …}` of the settings",
            "viewers have no country: CloudFront-Viewer-Country is not set",
            "config/not_honoured.py",
            property="viewer.country",
        ),
    ),
    *section(
        "Forwarding: origin path and custom headers",
        honoured(
            "origin-path-and-custom-headers",
            "Origin path, origin custom headers",
            "the path goes before the URI, the headers replace the viewer's; forbidden names are a problem (add-origin-custom-headers)",
            "rules/forwarding.py",
        ),
        chosen(
            "allowed-hosts",
            "Which hosts may be asked",
            "a local place from the settings, loopback, names given by `--allow-origin`; any other origin is 502, with the line to add",
            "rules/destinations.py",
        ),
    ),
    *section(
        "Origins: connections and timeouts",
        honoured(
            "origin-connections",
            "Attempts, connection, read, keep-alive and completion timeouts",
            "as declared, within AWS's limits; GET and HEAD are tried again, other methods are not (DownloadDistValuesOrigin)",
            "origins/attempts.py",
        ),
        not_emulated(
            "origin-ssl-protocols", "OriginSslProtocols", "TLS 1.2 or newer, certificates always verified", "origins/custom.py"
        ),
        chosen(
            "connections-to-an-origin",
            "Connections to one origin",
            "at most 512; who waits for one longer than the connection timeout has failed to connect",
            "origins/custom.py",
        ),
        chosen(
            "not-asked-again",
            "What is asked again, within the connection attempts",
            "not: a name that does not resolve, a TLS refusal",
            "origins/attempts.py",
        ),
        chosen(
            "dead-kept-alive-connection",
            "A kept-alive connection that turns out dead",
            "replaced once for GET, HEAD and OPTIONS, not counted as an attempt",
            "origins/attempts.py",
        ),
        not_emulated(
            "vpc-origins",
            "VPC origins",
            "the origin is asked like any custom origin, at its local place",
            "config/not_honoured.py",
            property="Origin.VpcOriginConfig",
        ),
        not_emulated(
            "origin-mtls",
            "Client certificates for origins (origin mTLS)",
            "the origin is asked without a client certificate",
            "config/not_honoured.py",
            property="CustomOriginConfig.OriginMtlsConfig",
        ),
    ),
    *section(
        "Origins: failures",
        honoured(
            "origin-failures",
            "No name, no connection, no answer, no HTTP",
            "502 or 504 with CloudFront's page and sentence; an origin's own 5xx passes with its body (http-502-bad-gateway, http-504-gateway-timeout)",
            "origins/failures.py",
        ),
        chosen(
            "detailed-result-type",
            "Detailed result type, where AWS names two",
            "never connected: OriginConnectError; any timeout after it or a lost connection: OriginCommError; a body not sent: OriginWriteError",
            "origins/failures.py",
        ),
        chosen(
            "unsent-body-status",
            "Status of a request body that could not be sent",
            "502, or 504 when the origin stopped reading",
            "origins/failures.py",
        ),
        chosen(
            "sentence-of-origin-failure",
            "Which sentence the page shows",
            "no such name: the one about resolving; refused or TLS failed: the one about connecting; a timeout and everything later: the one about the attempt",
            "origins/failures.py",
        ),
        chosen(
            "invalid-answers",
            "Answers that are not valid",
            "status outside 200 to 599 (101 too), header that could not be written: 502; more than 512 headers: too big, 502",
            "origins/origin_response.py",
        ),
    ),
    *section(
        "Origins: framing of answers",
        honoured(
            "answer-framing",
            "Content-Length, chunked, end of connection",
            "all are read and streamed on; trailers are dropped (RequestAndResponseBehaviorCustomOrigin)",
            "origins/custom.py",
        ),
        chosen(
            "interim-answers", "1xx answers and trailers", "swallowed; several `100 Continue` are no error", "origins/custom.py"
        ),
    ),
    *section(
        "Origins: origin groups",
        honoured(
            "origin-groups",
            "Origin groups",
            "two members, failover by status for GET, HEAD and cached OPTIONS; each Miss asks the first one first (high_availability_origin_failover)",
            "rules/origin_choice.py",
        ),
        chosen(
            "failover-criteria",
            "What counts for failover of an origin group, declared or chosen by a function",
            "the origin's own status before origin-response; failing to connect 503, a late answer 504, a lost connection 502; a request with a body never fails over",
            "rules/origin_choice.py",
        ),
        not_emulated(
            "media-quality",
            "SelectionCriteria of an origin group",
            "the first member is asked first, whatever its media quality score",
            "config/origins.py",
            property="OriginGroup.SelectionCriteria",
        ),
    ),
    *section(
        "Origins: Origin Shield",
        not_emulated(
            "origin-shield",
            "Origin Shield",
            "there is one cache layer",
            "config/not_honoured.py",
            property="Origin.OriginShield",
        ),
    ),
    *section(
        "Buckets: access and signing",
        not_emulated(
            "origin-access-signing",
            "Signing (origin access control and identity)",
            "requests to the origin are not signed",
            "config/places.py, origins/custom.py",
            property="Origin.OriginAccessControlId, Origin.S3OriginConfig.OriginAccessIdentity",
        ),
        honoured(
            "s3-refusals",
            "AccessDenied, NoSuchKey",
            "a directory that stands in for a bucket answers with S3's status and XML (RequestAndResponseBehaviorS3Origin)",
            "origins/s3_errors.py",
        ),
    ),
    *section(
        "Buckets: directories that stand in for buckets",
        honoured(
            "s3-objects",
            "GET and HEAD of an object",
            "ETag, Last-Modified, Accept-Ranges, conditions and ranges as S3 has them (GetObject, HeadObject)",
            "origins/s3.py",
        ),
        chosen(
            "missing-key",
            "A missing key",
            "403 AccessDenied, as without s3:ListBucket",
            "origins/s3.py",
            switch="`list: true` of its place makes it 404 NoSuchKey",
        ),
        chosen(
            "bucket-methods",
            "Methods other than GET and HEAD",
            "405; OPTIONS is S3's 403 of a bucket without CORS",
            "origins/s3.py",
        ),
        chosen("empty-key", "The empty key (a listing)", "403", "origins/s3.py"),
        chosen("bucket-host", "A Host that is not the bucket's", "403 SignatureDoesNotMatch", "origins/s3.py"),
        not_emulated(
            "bucket-sub-resources",
            "Sub-resources and other query strings, versions, metadata, CORS rules",
            "not emulated: the query string is ignored",
            "origins/s3.py",
        ),
        not_emulated(
            "odd-keys",
            "Keys such as `a//b`, `a/../b`, `dir/`, and keys with a backslash",
            "never found; links that lead out of the directory neither",
            "origins/s3_objects.py",
        ),
        not_emulated(
            "case-of-keys", "Case of keys", "as the disk has it: on one that ignores case, so do keys", "origins/s3_objects.py"
        ),
        chosen(
            "bucket-ranges",
            "Several ranges or one that cannot be read; a range on HEAD",
            "ignored; honoured as for GET",
            "origins/s3_conditions.py",
        ),
        chosen(
            "content-types",
            "Content-Type of an object",
            "by its extension, from a table; else `binary/octet-stream`",
            "origins/content_types.py",
        ),
    ),
    *section(
        "Function URLs: event and answer",
        honoured(
            "function-url",
            "A Lambda function URL as origin",
            "its function runs here, with the event and the answer of payload format 2.0 (urls-invocation)",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-encoding",
            "Percent-encoding of a function URL's `rawPath` and `rawQueryString`",
            "stays as received, as seen on AWS; names and values of `queryStringParameters` are decoded, `+` is a space",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-cookies",
            "Cookies in a function URL's event",
            "listed in `cookies`, and the Cookie header stays, as seen on AWS; several lines are joined by `; `",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-text-bodies",
            "Which request bodies a function URL shows as text",
            "text/*, application/json, application/xml and application/javascript where they are UTF-8; all others, forms too, are base64, as seen on AWS (most of it on API Gateway)",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-headers",
            "Headers that a function URL adds to its event",
            "`x-forwarded-proto: https` and `x-forwarded-port: 443`; x-amzn-trace-id and x-amzn-tls-* are not emulated",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-source-ip",
            "`sourceIp` in a function URL's event",
            "the viewer's address, not that of an edge location",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-without-status",
            "A result without `statusCode`, on which AWS's page and AWS disagree",
            "as seen on AWS: a string is sent without quotes, other JSON without spaces, as application/json",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-bad-result",
            "A function URL's result that breaks the format: status, headers, cookies or body of another type, base64 that is none",
            "502, `Internal Server Error`; a status in three digits of text counts, 1xx does not; null counts as left out",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-length",
            "Content-Length, Transfer-Encoding and body that a function URL's handler gives",
            "the length is that of the body; 204 and 304 go out without body, length and default Content-Type",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-refusals",
            "What a function URL answers itself",
            "413 to a request body over 6 MB as received; 429 `Rate Exceeded.` when throttled; 502 when the function failed, whatever the cause",
            "rules/function_url.py",
        ),
        not_emulated(
            "function-url-settings",
            "Function URLs with AuthType AWS_IAM or CORS settings",
            "not emulated: no signature is checked, the event has no `authorizer`, no CORS header is added",
            "rules/function_url.py",
        ),
        not_emulated(
            "function-url-streaming",
            "InvokeMode RESPONSE_STREAM of a function URL",
            "its answers are read to their end, then used",
            "config/library.py, rules/function_url.py",
            property="AWS::Lambda::Url.InvokeMode",
        ),
    ),
)
