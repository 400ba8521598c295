"""Caching: the key, and for how long an answer is served."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Cache key: default contents",
        honoured(
            "key-default",
            "Without settings",
            "distribution and path; GET and HEAD share an object, OPTIONS has its own, schemes and aliases share theirs (understanding-the-cache-key)",
            "rules/cache_key.py",
        ),
        chosen(
            "behaviors-in-the-key", "Whether behaviors partition the key", "no; distributions do", "rules/cache_key.py, plan.py"
        ),
        not_emulated(
            "cache-layers",
            "One cache layer or three (edge, regional, Origin Shield)",
            "one, in memory, 256 MiB (`cache: {size: …}`), least recently used objects go first",
            "stores/cache.py",
        ),
    ),
    *section(
        "Cache key: cache policies",
        honoured(
            "key-policy",
            "Headers, cookies and query strings of a cache policy or ForwardedValues",
            "are in the key, and go to the origin; legacy headers `*` and TTLs of 0 cache nothing (cache-key-understand-cache-policy)",
            "rules/cache_key.py",
        ),
    ),
    *section(
        "Cache key: how parts are compared",
        honoured(
            "key-comparison",
            "How parts are compared",
            "names of headers without case, all else with it; the order of a query string counts; cookies are sorted by name (Cookies)",
            "rules/cache_key.py",
        ),
        chosen(
            "query-names-and-order",
            "Encoding and order of query strings",
            "names compared undecoded; filtered lists keep the viewer's order",
            "rules/cache_key.py",
        ),
        chosen(
            "repeated-and-empty-headers",
            "Repeated header lines; absent and empty headers",
            "one list; two objects",
            "rules/cache_key.py",
        ),
    ),
    *section(
        "Cache key: headers that cannot be in it",
        honoured(
            "key-refused-headers",
            "Headers that no cache policy (or legacy Headers) may name",
            "a problem when the template is read (cache-key-understand-cache-policy)",
            "config/policies.py",
        ),
        chosen(
            "host-of-a-bucket",
            "Host in the cache key, or forwarded, where the origin is a bucket",
            "a caution at the start, and the bucket's 403",
            "rules/cautions.py, origins/s3.py",
        ),
        chosen(
            "unknown-cloudfront-headers",
            "A CloudFront-* header in a policy that AWS does not name",
            "a problem when the template is read",
            "config/policies.py",
        ),
        chosen(
            "viewer-cloudfront-headers-in-key",
            "A CloudFront-* header of the viewer in the cache key",
            "never counts",
            "rules/cache_key.py",
        ),
    ),
    *section(
        "Cache key: Accept-Encoding",
        honoured(
            "accept-encoding",
            "EnableAcceptEncodingGzip and EnableAcceptEncodingBrotli",
            "`br,gzip`, `gzip` or `br` in the key and to the origin, else `identity` to the origin (cache-key-compressed-objects)",
            "rules/cache_key.py",
        ),
        chosen(
            "accept-encoding-q", "`q=0` in Accept-Encoding", "does not accept; other q-values are ignored", "rules/cache_key.py"
        ),
    ),
    *section(
        "Cache key: beside an origin request policy",
        honoured(
            "key-and-origin-request-policy",
            "A cache policy beside an origin request policy",
            "the origin gets what either takes; only what the cache policy takes is in the key (controlling-origin-requests)",
            "rules/forwarding.py",
        ),
    ),
    *section(
        "Cache key: managed cache policies",
        honoured(
            "managed-cache-policies",
            "Managed cache policies",
            "known by id, with AWS's values (using-managed-cache-policies)",
            "config/library.py",
        ),
    ),
    *section(
        "Freshness: which header decides",
        honoured(
            "freshness-order",
            "s-maxage, max-age, Expires, Default TTL",
            "in this order, within Min and Max TTL; the viewer's own Cache-Control does not count (Expiration)",
            "rules/freshness.py",
        ),
        chosen("invalid-expires", "An invalid Expires", "has expired", "rules/freshness.py"),
        chosen(
            "ages-malformed",
            "Repeated, malformed and quoted ages; the longest age",
            "first valid one wins; ignored; counts; 100 years",
            "rules/cache_control.py",
        ),
        chosen(
            "fields-of-no-cache-and-private",
            '`no-cache="name"` and `private="name"`',
            "stored without those fields; as plain `private`",
            "rules/cache_control.py",
        ),
    ),
    *section(
        "Freshness: a TTL of 0",
        honoured(
            "min-ttl-over-no-store",
            "no-cache, no-store and private with a Min TTL above 0",
            "cached for Min TTL in spite of them (Expiration)",
            "rules/freshness.py",
        ),
        chosen(
            "no-store-asked-anew",
            "`no-store`, `private` and `Vary: *` with Min TTL 0",
            "asked for anew each time, without conditions, a Miss; kept for when the origin fails",
            "rules/staleness.py",
        ),
        chosen(
            "no-cache-revalidated",
            "`no-cache` and `max-age=0` with Min TTL 0",
            "kept and revalidated: RefreshHit where the origin says 304",
            "rules/freshness.py",
        ),
        chosen(
            "stored-but-not-served",
            "What is stored while it may not be served again",
            "given up when its viewer leaves before it is whole",
            "fetched.py",
        ),
    ),
    *section(
        "Freshness: Age and Date",
        honoured(
            "age-and-date",
            "Age on a Hit, none on a Miss or RefreshHit; Date",
            "whole seconds since storing; the origin's own Date, added where it sent none (RequestAndResponseBehaviorCustomOrigin)",
            "rules/answer_headers.py",
        ),
        chosen(
            "origin-age",
            "An Age that the origin sent",
            "dropped; Age counts from the moment of storing",
            "rules/answer_headers.py",
        ),
    ),
    *section(
        "Freshness: revalidation",
        honoured(
            "revalidation",
            "An expired object with ETag or Last-Modified",
            "If-None-Match and If-Modified-Since to the origin; 304: RefreshHit, and the TTL begins anew; not where cookies are forwarded (Expiration)",
            "rules/staleness.py",
        ),
        chosen(
            "viewer-conditions-on-revalidation",
            "A viewer's conditions where an expired object is revalidated with its own validators",
            "left out on the way to the origin; a new object is answered with 200",
            "fetch.py",
        ),
    ),
    *section(
        "Freshness: stale objects",
        honoured(
            "stale-objects",
            "stale-while-revalidate, stale-if-error, a failing origin",
            "served within Max TTL; the origin is asked again after Error Caching Minimum TTL; a 4xx is shown as it is (Expiration)",
            "rules/staleness.py",
        ),
        chosen(
            "x-cache-of-stale-answers",
            "X-Cache of stale answers",
            "`Hit` with Age while the object is revalidated; `RefreshHit` without Age while the origin fails",
            "pipeline.py, fetch.py",
        ),
        chosen(
            "stale-while-revalidate-beside-no-cache",
            "stale-while-revalidate beside no-cache, no-store, private or `Vary: *`, with Min TTL 0",
            "means nothing",
            "rules/staleness.py",
        ),
        chosen(
            "must-revalidate",
            "must-revalidate and proxy-revalidate",
            "mean nothing: stale objects are served all the same",
            "rules/staleness.py",
        ),
        chosen(
            "handler-failure-beside-stale",
            "Whether a 5xx of origin-request's handler, or the failure of a handler, lets a stale object stand in",
            "no; a 5xx after origin-response does",
            "fetch.py",
        ),
        chosen(
            "uncached-4xx-beside-stale",
            "A 4xx that is not cached, in place of an expired object",
            "is shown, the object stays and stands in for a later 5xx",
            "fetch.py",
        ),
    ),
    *section(
        "Freshness: errors",
        honoured(
            "errors-cached",
            "404, 414, 500 to 504",
            "cached for Error Caching Minimum TTL or longer, also without CustomErrorResponses (10 s); 416 never (HTTPStatusCodes)",
            "rules/freshness.py",
        ),
        chosen(
            "errors-in-neither-list",
            "Codes in neither list of cached errors (401, 410, 429, …)",
            "not cached",
            "rules/freshness.py",
        ),
        chosen(
            "bare-403",
            "400, 403, 405, 412 and 415 without max-age, on which two pages disagree",
            "not cached",
            "rules/freshness.py",
        ),
        chosen(
            "failed-condition-not-stored",
            "A 412 to a viewer's own condition",
            "not stored, whatever its max-age says",
            "fetch.py",
        ),
    ),
    *section(
        "Freshness: redirects and other 3xx",
        honoured(
            "redirects-of-origins",
            "3xx of the origin",
            "passed on, not followed, cached like a 200; 307 and 308 only with Cache-Control (HTTPStatusCodes)",
            "rules/freshness.py",
        ),
        chosen(
            "cached-2xx-and-3xx",
            "Which 2xx and 3xx are cached",
            "all but 206 and 304 alike; 307 and 308 only with Cache-Control",
            "rules/freshness.py",
        ),
    ),
    *section(
        "Freshness: collapsed requests",
        honoured(
            "collapsing",
            "Requests for a key whose answer is on its way",
            "wait for it; not where cookies are forwarded or caching is disabled (RequestAndResponseBehaviorCustomOrigin)",
            "stores/collapse.py",
        ),
        chosen(
            "collapsed-large",
            "Several viewers of one body that turns out larger than `cache.max_object`",
            "each at its own speed: 256 MB may lie between the quickest and the slowest, in a temporary file; later viewers ask anew",
            "recording.py",
        ),
        chosen("collapsed-age", "Age and X-Cache of a request that waited for another's answer", "`Hit`, Age 0", "pipeline.py"),
    ),
    *section(
        "Freshness: answers that break off",
        honoured(
            "incomplete-answers",
            "An origin that closes early",
            "the viewer gets a truncated answer, nothing is stored; without Content-Length it is whole (RequestAndResponseBehaviorCustomOrigin)",
            "fetched.py",
        ),
        not_emulated(
            "largest-object",
            "Largest object that is cached (50 GB)",
            "16 MiB (`cache: {max_object: …}`); a larger one is passed on, each time a Miss",
            "fetch.py",
        ),
    ),
    *section(
        "Freshness: methods",
        honoured(
            "cached-methods",
            "GET, HEAD and, where CachedMethods has it, OPTIONS",
            "are answered from the cache; other methods never are, and drop nothing (DownloadDistValuesCacheBehavior)",
            "pipeline.py",
        ),
        chosen(
            "head-on-cold-key",
            "HEAD for an object that is not stored",
            "asked as HEAD and not stored, not for later HEADs either",
            "pipeline.py",
        ),
        chosen(
            "options-with-a-body",
            "OPTIONS with a body, where OPTIONS is cached",
            "not cached: no key tells its bodies apart",
            "pipeline.py",
        ),
    ),
)
