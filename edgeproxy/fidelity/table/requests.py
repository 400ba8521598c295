"""Requests as they arrive: hosts, paths, methods, sizes, protocols and signatures."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Choosing: order of the steps",
        honoured(
            "order-of-steps",
            "Order of the steps",
            "host, root object, behavior, protocol, methods, signature, viewer-request, cache, origin, error page, range, policy, viewer-response (lambda-cloudfront-trigger-events)",
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
            "`viewer: {host: …}`, else the first alias, else the distribution's domain name",
            "rules/hosts.py",
        ),
        not_emulated(
            "domain-fronting",
            "Domain fronting (421 where SNI and Host disagree)",
            "not emulated: it needs TLS",
            "rules/hosts.py",
        ),
        chosen(
            "disabled-distribution",
            "The answer of a distribution with `Enabled: false`",
            '403 page, "Bad request."',
            "pipeline.py",
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
            "before",
            "pipeline.py",
            switch="`default_root_object: after` puts it behind viewer-request",
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
            "rules/access.py, server/connection.py",
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
        not_emulated(
            "geo-restriction",
            "Geo restriction",
            "viewers of every country are served",
            "config/not_honoured.py",
            property="Restrictions.GeoRestriction",
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
        "Signatures: when one is needed",
        honoured(
            "signature-needed",
            "TrustedKeyGroups and TrustedSigners",
            "every method but OPTIONS needs a signature; the fetch of a custom error page does not (private-content-trusted-signers)",
            "rules/signatures.py",
        ),
        chosen(
            "signature-place",
            "Place of the signature check",
            "after protocol and methods, before viewer-request",
            "pipeline.py",
        ),
        chosen(
            "keys-not-in-the-template",
            "Keys of groups and signers that the template does not hold; ids of keys that only a template makes",
            "`key_groups: {GROUP: {KEY-ID: file.pem}}` in the settings, without them a problem; made up from their names",
            "config/key_groups.py",
        ),
    ),
    *section(
        "Signatures: parameters and cookies",
        honoured(
            "signature-parameters",
            "Expires, Policy, Signature, Key-Pair-Id, Hash-Algorithm",
            "in the query, in any order, else in CloudFront-* cookies; any of them in the query: cookies are ignored (private-content-signed-cookies)",
            "rules/signatures.py",
        ),
        chosen(
            "signature-hidden",
            "Whether functions see what signed a request, and the origin the cookies of it",
            "no: parameters and cookies are taken out first",
            "rules/signatures.py",
        ),
        chosen(
            "signature-forms",
            "Form of an ECDSA signature; `Policy` beside `Expires`; another Hash-Algorithm than SHA1 and SHA256; a key id without the rest",
            "DER; `Policy` counts; AccessDenied; AccessDenied",
            "rules/signatures.py",
        ),
    ),
    *section(
        "Signatures: canned policies",
        honoured(
            "canned-policy",
            "Canned policies",
            "the policy's text is made anew, byte by byte, from scheme, host, path and own query (private-content-creating-signed-url-canned-policy)",
            "rules/signed_policies.py",
        ),
        chosen(
            "signature-host",
            "The host that a signature is checked against behind a local name",
            "what functions see: `viewer: {host: …}`, else the first alias, else the domain name",
            "rules/signatures.py",
        ),
    ),
    *section(
        "Signatures: custom policies",
        honoured(
            "custom-policy",
            "Custom policies",
            "Resource with `*` and `?`, DateLessThan, DateGreaterThan, IpAddress (private-content-creating-signed-url-custom-policy)",
            "rules/signed_policies.py",
        ),
        chosen(
            "signed-policy-details",
            "A policy with members or conditions that AWS does not name; milliseconds in `Expires`",
            "MalformedPolicy; more than ten digits are MalformedPolicy",
            "rules/signed_policies.py",
        ),
    ),
    *section(
        "Signatures: time",
        honoured(
            "signature-time",
            "When a signature is checked",
            "once, when the request begins: a download may go on past it (private-content-signed-urls)",
            "pipeline.py",
        ),
        chosen("signature-very-second", "The very second of DateLessThan", "denied", "rules/signed_policies.py"),
    ),
    *section(
        "Signatures: refusals",
        honoured(
            "signature-refusals",
            "403 for what is not signed",
            "XML with MissingKey, InvalidKey, AccessDenied, MalformedPolicy or MalformedSignature; a custom error response for 403 applies (private-content-signed-urls)",
            "rules/signatures.py",
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
        not_emulated(
            "tls-listener",
            "TLS",
            "no listener: plain HTTP plays CloudFront's HTTPS listener; `viewer: {scheme: http}` shows the redirects",
            "config/settings.py",
        ),
        not_emulated(
            "websocket",
            "WebSocket handshakes",
            "not passed on: Upgrade and Connection stay behind, the viewer is answered in HTTP",
            "rules/forwarding.py, server/connection.py",
        ),
        not_emulated(
            "grpc",
            "gRPC",
            "gRPC requests are not passed through: viewers cannot speak HTTP/2, origins are asked in HTTP/1.1",
            "config/not_honoured.py, origins/custom.py",
            property="DefaultCacheBehavior.GrpcConfig, CacheBehavior.GrpcConfig",
        ),
        chosen(
            "bytes-beyond-ascii-in-target",
            "Bytes beyond ASCII in a request target, unencoded",
            "refused with 400",
            "server/connection.py",
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
            "server/connection.py",
        ),
        chosen(
            "idle-connections",
            "How long an idle connection is kept; an unread request body",
            "60 s; read and thrown away for 2 s, then the connection closes",
            "server/connection.py",
        ),
    ),
)
