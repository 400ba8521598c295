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
        chosen(
            "unnamed-headers",
            "Content-Type, Content-MD5, Date, From, If-Match, If-Range and If-Unmodified-Since under policies that name none of them",
            "pass, as AWS's table says",
            "rules/forwarding.py",
        ),
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
        honoured(
            "keep-alive-to-the-origin",
            "Connection",
            "`Keep-Alive` towards the origin (RequestAndResponseBehaviorCustomOrigin)",
            "origins/origin_request.py",
        ),
        chosen(
            "header-case-and-order",
            "Case and order of headers",
            "as received, but Host stands first, Connection and the framing last",
            "rules/forwarding.py, origins/origin_request.py",
        ),
        chosen(
            "methods-without-a-body",
            "POST, PUT or PATCH without a body",
            "has `Content-Length: 0`",
            "origins/origin_request.py",
        ),
    ),
    *section(
        "Forwarding: CloudFront-* headers",
        honoured(
            "cloudfront-headers",
            "CloudFront-* headers",
            "in the key, in functions' events and at the origin where a policy names them (adding-cloudfront-headers)",
            "rules/viewer_headers.py",
        ),
        not_emulated(
            "given-viewer",
            "Finding out where a viewer is, its ASN, JA3 and JA4",
            "those headers are absent unless they are given, each by itself: no name or place follows from a country",
            "rules/viewer_values.py",
            switch="`viewer: {country: …}`, `edgeproxy viewer`, `explain --viewer`",
        ),
        chosen("given-phones", "`device: android`, `device: ios`", "phones: mobile too", "rules/viewer_values.py"),
        chosen(
            "devices",
            "Which User-Agents are which device",
            "own tokens; an iPad is tablet and mobile, Android without `Mobile` is a tablet, the rest desktop",
            "rules/devices.py",
        ),
        chosen(
            "changed-cloudfront-headers",
            "A CloudFront-* header that a CloudFront Function changed",
            "counts where a policy names it: key, origin, viewer-response",
            "rules/viewer_headers.py, rules/function_event.py",
        ),
        chosen(
            "cloudfront-headers-in-functions",
            "A CloudFront-* header that the viewer sent, in a CloudFront Function",
            "CloudFront's value (or none) where a policy names it, else as sent",
            "rules/function_event.py",
        ),
        chosen(
            "played-viewer-tls",
            "CloudFront-Viewer-TLS on plain HTTP that plays HTTPS",
            "`TLSv1.3:TLS_AES_128_GCM_SHA256:fullHandshake`",
            "rules/viewer_headers.py",
        ),
        chosen(
            "header-order-and-count",
            "CloudFront-Viewer-Header-Order and -Count",
            "each line as received, repeated names too",
            "rules/viewer_headers.py",
        ),
        not_emulated(
            "viewer-certificates", "CloudFront-Viewer-Cert-*", "Present is 0, the others absent", "rules/viewer_headers.py"
        ),
        chosen(
            "ipv6-viewer-address",
            "IPv6 in CloudFront-Viewer-Address",
            "address and port joined by a colon, without brackets",
            "rules/viewer_headers.py",
        ),
    ),
    *section(
        "Forwarding: origin path and custom headers",
        honoured(
            "origin-path-and-custom-headers",
            "Origin path, origin custom headers",
            "the path goes before the URI, the headers replace the viewer's; forbidden names and more than the quotas are a problem (add-origin-custom-headers)",
            "rules/forwarding.py",
        ),
        chosen(
            "characters-of-origin-path",
            "Which characters an OriginPath may have",
            "what may stand in a URL's path as it is; a space, `?`, `#` or what is beyond ASCII is a problem",
            "config/origins.py",
        ),
        chosen(
            "declared-values-beyond-ascii",
            "Header values of a distribution and its policies beyond ASCII",
            "go out in UTF-8",
            "config/origins.py, config/response_headers_policies.py",
        ),
        chosen(
            "allowed-hosts",
            "Which hosts may be asked",
            "a local place from the settings, loopback, names given by `--allow-origin`; any other origin is 502, with the line to add and the option",
            "rules/destinations.py",
        ),
        chosen(
            "path-and-host-of-a-place",
            "Origin path and Host towards a stand-in",
            "as deployed, or what its place says, whatever code chose; handlers see the deployed ones",
            "rules/forwarding.py",
            switch="`origins: {app: {url: …, path: '', host: localhost:5173}}`",
        ),
        chosen(
            "dev-servers",
            "A dev server as origin",
            "not as deployed: nothing is stored or compressed, everything of a request arrives as sent, Host is the server's own; an hour for its answers",
            "rules/dev_server.py",
            switch="`origins: {app: {url: …, dev: true}}`",
        ),
        chosen(
            "uris-of-dev-servers",
            "The URI that a dev server is asked for",
            "in the place of a bucket: the browser's, whatever OriginPath, DefaultRootObject and code make of it; in that of another server: as deployed, but `/` stays `/`",
            "rules/dev_server.py",
        ),
        chosen(
            "dev-servers-in-groups",
            "A dev server in an origin group, or chosen by code",
            "the whole group is asked so; chosen by code it is asked as the behavior says, and not stored",
            "rules/dev_server.py, fetch.py",
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
            "origin-ssl-protocols", "OriginSslProtocols", "TLS 1.2 or newer, whatever is declared", "origins/custom.py"
        ),
        honoured(
            "origin-certificate-names",
            "The name in an origin's certificate",
            "its domain name or the Host that it is sent (what a function allows instead); of a stand-in, the name it is asked by (http-502-bad-gateway)",
            "origins/tls.py",
        ),
        chosen(
            "origin-server-name",
            "The server name (SNI) that an origin is asked for",
            "the Host that it is sent, where that is a name; a stand-in: the name of its place",
            "origins/tls.py",
        ),
        chosen(
            "origin-certificates",
            "Whose certificates an origin may have",
            "one of an authority that this machine trusts",
            "origins/custom.py",
            switch="`tls: {verify: false}` or `tls: {ca: …}` of its place",
        ),
        chosen(
            "connections-to-an-origin",
            "Connections to one origin",
            "at most 512; who waits for one longer than the connection timeout has failed to connect",
            "origins/custom.py",
        ),
        chosen(
            "websockets-not-counted", "WebSockets and an origin's connections", "not counted among the 512", "origins/custom.py"
        ),
        chosen(
            "not-asked-again",
            "What is not tried again within the connection attempts",
            "a name that does not resolve, a TLS refusal",
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
        not_emulated(
            "origin-http-2",
            "HTTP/2 to origins",
            "the origin is asked over HTTP/1.1, which CloudFront falls back to",
            "config/not_honoured.py",
            property="CustomOriginConfig.OriginHttpVersion",
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
            "never connected: OriginConnectError; any timeout after it, a lost connection: OriginCommError; closed without a byte: OriginZeroSizeObjectError; a body not sent: OriginWriteError",
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
            "status outside 200 to 599 (101 without a handshake too), a header or status text with a control character: 502; more than 512 headers: too big, 502",
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
        chosen("interim-answers", "1xx answers other than 100 and a WebSocket's 101", "swallowed", "origins/client.py"),
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
)
