"""Requests as they arrive: hosts, paths, methods, sizes, protocols and signatures."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Choosing: order of the steps",
        honoured(
            "order-of-steps",
            "Order of the steps",
            "host, behavior, protocol, methods, country, signature, root object, viewer-request, cache, origin, error page, range, policy, viewer-response (lambda-cloudfront-trigger-events)",
            "pipeline.py",
        ),
        honoured(
            "rewrite-keeps-behavior",
            "A URI that a function changes",
            "goes into the cache key and to the origin; behavior and origin stay (edge-functions-restrictions-all)",
            "pipeline.py",
        ),
    ),
    *section(
        "Choosing: names and hosts",
        honoured(
            "host-chooses",
            "The distribution",
            "chosen by the Host header alone; the most specific alias wins, an unknown name gets the 403 page (CNAMEs)",
            "rules/hosts.py",
        ),
        chosen(
            "local-names",
            "Names that no distribution has: `localhost`, `*.localhost`, IP literals, the listen address",
            "they serve the only or the `default` distribution, `<name>.localhost` one of several; any other unknown Host gets the 403 page",
            "rules/hosts.py",
        ),
        chosen(
            "viewer-host-of-local-name",
            "The host that functions and redirects see behind a local name",
            "`--viewer-host`, `viewer: {host: …}`, else the first alias, else the distribution's domain name; as sent where no file declares a distribution",
            "rules/hosts.py",
        ),
        chosen(
            "mapped-back",
            "Redirects and cookies of the distribution's names, behind a local name",
            "as they are; mapped back, a redirect leads to the address that the viewer came by, or to the HTTPS listener, and a cookie loses its Domain",
            "rules/mapped_back.py",
            switch="`viewer: {map_back: true}`",
        ),
        not_emulated(
            "domain-fronting",
            "Domain fronting (421 where SNI and Host disagree)",
            "never: all distributions here are of one account, for which CloudFront serves a Host other than the SNI",
            "rules/hosts.py",
        ),
        chosen(
            "disabled-distribution",
            "The answer of a distribution with `Enabled: false`",
            '403 page, "Bad request."',
            "pipeline.py",
        ),
        chosen(
            "malformed-host",
            "A Host that is no name of letters, digits, `-`, `_` and `.`, nor an address",
            "400, and the connection closes",
            "rules/quotas.py",
        ),
        not_emulated("chained-distributions", "More than two distributions in a chain: 403", "not counted", "pipeline.py"),
    ),
    *section(
        "Choosing: path patterns",
        honoured(
            "path-patterns",
            "Path patterns",
            "case-sensitive, whole, `*` and `?`, in list order, compared with the normalised path without the query (DownloadDistValuesCacheBehavior)",
            "rules/paths.py",
        ),
        chosen(
            "encoded-path-patterns",
            "Percent-encoding in path patterns",
            "`%61` counts as `a`, `%2F` stays; the path goes on as received",
            "rules/paths.py",
        ),
        chosen(
            "slashes-before-dots",
            "Slashes and dot segments, where patterns match",
            "slashes are merged first: `/a//../b` matches as `/b`",
            "rules/paths.py",
        ),
    ),
    *section(
        "Choosing: default root object",
        honoured(
            "default-root-object",
            "Default root object",
            "for exactly `/`, before the origin path (DefaultRootObject)",
            "rules/paths.py",
        ),
        chosen(
            "default-root-object-before",
            "Default root object before or after behavior match and viewer-request",
            "before: the behavior of the root object is taken, and functions see it",
            "pipeline.py",
            switch="`default_root_object: after` puts it behind viewer-request",
        ),
        chosen(
            "root-as-received",
            "What redirects and signatures see of a request for `/` with a default root object",
            "`/`, as received",
            "pipeline.py",
        ),
        chosen(
            "default-root-object-of-a-directory",
            "A default root object with a path (`install/index.html`) for requests of that directory",
            "never: only exactly `/` is replaced",
            "rules/paths.py",
        ),
    ),
    *section(
        "Choosing: URLs as received",
        honoured(
            "urls-as-received",
            "URLs",
            "paths and queries are cached and sent on byte by byte as received; `;` separates nothing (QueryStringParameters)",
            "rules/cache_key.py",
        ),
        chosen("empty-query", "`/x?` and `/x`, where all query strings count", "two objects", "rules/cache_key.py"),
        chosen("parameter-without-value", "`a` and `a=` in a query string", "two objects", "rules/cache_key.py"),
    ),
    *section(
        "Access: viewer protocol policy",
        honoured(
            "viewer-protocol-policy",
            "allow-all, https-only, redirect-to-https",
            "301 for GET and HEAD, 307 for other methods of HTTP/1.1, 403 of HTTP/1.0; the query stays (using-https-viewers-to-cloudfront)",
            "rules/access.py",
        ),
        chosen(
            "protocol-before-methods",
            "Order of viewer protocol policy and allowed methods",
            "protocol first",
            "rules/access.py",
        ),
        chosen("https-only-sentence", "Text of the `https-only` 403", '"Bad request."', "rules/access.py"),
        chosen(
            "local-redirects",
            "Where the redirect to HTTPS leads a viewer who came by a name of this machine",
            "to the HTTPS listener here, by that name and its port; without one, to the host that functions see",
            "rules/access.py",
        ),
    ),
    *section(
        "Access: methods",
        honoured(
            "disallowed-methods",
            "Methods outside AllowedMethods",
            "403 with CloudFront's sentence and spelling; so is a GET with a body (DownloadDistValuesCacheBehavior)",
            "rules/access.py",
        ),
        chosen(
            "unknown-methods",
            "Methods that no behavior can allow (TRACE, PROPFIND, …)",
            "403 page for a disallowed method; a method unknown to the HTTP parser is 400",
            "rules/access.py, server/parsing.py",
        ),
    ),
    *section(
        "Access: sizes",
        honoured(
            "request-sizes",
            "Sizes of a request",
            "414 and 494, and the connection closes (cloudfront-limits)",
            "rules/quotas.py",
        ),
        chosen("refusals-by-size-page", "Bodies of 414 and 494", '"Bad request." page', "rules/quotas.py"),
        chosen("head-with-a-body", "HEAD with a body", "403 like GET", "rules/quotas.py"),
        chosen(
            "quota-pages",
            "Size limits, on which old and new quota pages differ",
            "the newest: URL 8,192 bytes (414), request line and headers 32,768 bytes or more than 512 headers (494)",
            "rules/quotas.py",
        ),
        not_emulated(
            "request-body-size", "Largest request body (64 GB)", "no limit: bodies are streamed", "server/connection.py"
        ),
    ),
    *section(
        "Access: geo restriction",
        honoured(
            "geo-restriction",
            "Geo restriction",
            "403 with its page for viewers of a country that is left out; one whose country is not known is served (georestrictions)",
            "rules/geo.py",
        ),
        chosen("geo-place", "Place of the geo restriction", "after protocol and methods, before signatures", "pipeline.py"),
        chosen(
            "geo-error-cached",
            "The 10 s for which a geo error is cached",
            "no effect to be seen: it is judged before the cache",
            "rules/geo.py",
        ),
        chosen(
            "geo-odd-lists",
            "Geo restriction: countries beside `none`; a list without countries",
            "say nothing; refused",
            "config/geo.py",
        ),
    ),
    *section(
        "Access: AWS WAF",
        not_emulated(
            "waf",
            "AWS WAF (a web ACL)",
            "no web ACL is applied: nothing is blocked",
            "config/not_honoured.py",
            property="DistributionConfig.WebACLId",
        ),
    ),
    *section(
        "Wire: protocols",
        honoured(
            "http-1",
            "HTTP/1.1 and HTTP/1.0 viewers",
            "kept-alive connections, pipelining, chunked and counted bodies; `Expect` is not sent on (RequestAndResponseBehaviorCustomOrigin)",
            "server/connection.py",
        ),
        not_emulated(
            "http-2-and-3",
            "HTTP/2 and HTTP/3",
            "HTTP/1.1 and 1.0 are spoken; another version is 400",
            "config/not_honoured.py, rules/quotas.py",
            property="DistributionConfig.HttpVersion",
            quiet=True,
        ),
        honoured(
            "tls-listener",
            "HTTPS viewers",
            "`--https-port`: TLS 1.2 and newer, HTTP/1.1 (using-https-viewers-to-cloudfront)",
            "server/listener.py",
        ),
        chosen(
            "http-plays-https",
            "Plain HTTP without an HTTPS listener",
            "counts as HTTPS: no redirects, CloudFront-Forwarded-Proto is `https`",
            "config/viewer_settings.py",
            switch="`viewer: {scheme: http}` shows the redirects",
        ),
        not_emulated(
            "viewer-certificate",
            "The certificate of a distribution (ACM, MinimumProtocolVersion)",
            "your own, else one signed by mkcert's CA, else one made for localhost names and kept; nothing is put into a trust store",
            "server/certificates.py",
        ),
        honoured(
            "websocket",
            "WebSockets",
            "the handshake goes the way of a request, past the cache; then bytes pass untouched until 10 minutes without one (distribution-working-with.websockets)",
            "server/tunnel.py",
        ),
        chosen(
            "websocket-headers",
            "Which headers of a WebSocket's handshake reach the origin",
            "key, version and sub-protocol under any policy; extensions only where one forwards them",
            "rules/websocket.py, rules/forwarding.py",
        ),
        chosen(
            "websocket-upgrade",
            "Which Upgrade is a WebSocket's",
            "exactly `websocket` on a GET of HTTP/1.1; anything else is answered in HTTP",
            "rules/websocket.py",
        ),
        chosen(
            "unknown-upgrade",
            "A request for another Upgrade (`h2c`) with a body, or with more behind it in one packet",
            "answered in HTTP; the connection closes",
            "server/parsing.py",
        ),
        chosen(
            "websocket-hooks",
            "What runs on a 101",
            "viewer-request and origin-request; not origin-response, viewer-response or the response headers policy",
            "pipeline.py, fetch.py",
        ),
        chosen(
            "websocket-end",
            "The end of a WebSocket",
            "half a close, or 600 s without a byte or without one taken, closes both after the rest; no close frame is invented; stopping the proxy closes all",
            "server/tunnel.py",
        ),
        not_emulated(
            "grpc",
            "gRPC",
            "gRPC requests are not passed through: viewers cannot speak HTTP/2, origins are asked in HTTP/1.1",
            "config/not_honoured.py, origins/custom.py",
            property="DefaultCacheBehavior.GrpcConfig, CacheBehavior.GrpcConfig",
        ),
        chosen(
            "other-protocol-names",
            "A request line that ends in `RTSP/1.0`",
            "taken for HTTP/1.0, as the parser gives it",
            "server/connection.py",
        ),
        chosen(
            "bytes-beyond-ascii-in-target",
            "Bytes beyond ASCII in a request target, unencoded",
            "refused with 400",
            "server/parsing.py",
        ),
        chosen(
            "request-target-forms",
            "Absolute-form targets, `#` in a target, `OPTIONS *`, CONNECT",
            "refused with 400",
            "rules/quotas.py",
        ),
        chosen("request-trailers", "Trailers of a request", "dropped", "server/connection.py"),
        chosen(
            "continue-to-the-viewer",
            "`100 Continue` to the viewer",
            "sent just before its body is first read",
            "server/viewer_body.py",
        ),
        chosen(
            "idle-connections",
            "How long an idle connection is kept; what becomes of an unread request body",
            "60 s; read and thrown away for 2 s, then the connection closes",
            "server/connection.py",
        ),
        chosen(
            "stalled-viewers",
            "A viewer that takes nothing of its answer, or sends nothing of its body",
            "cut off after 60 s (at most 120 s for an answer), the cause on the terminal",
            "server/unread.py, server/viewer_body.py",
        ),
        chosen(
            "broken-request-body",
            "A request body that stops being HTTP half-way",
            "502 (`ClientCommError`), the connection closes; 400 if it is not yet forwarded",
            "server/parsing.py, origins/failures.py",
        ),
        chosen("http-1-0-length", "Answers of unknown length to HTTP/1.0", "end with the connection", "server/connection.py"),
    ),
)
