"""Ranges, conditions and invalidations."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Ranges and conditionals: ranges",
        honoured(
            "ranges",
            "A range of a stored object",
            "206 with Content-Range, 416 beyond its end, 200 where its syntax is invalid (RangeGETs)",
            "rules/conditional.py",
        ),
        chosen(
            "range-on-a-miss",
            "How far CloudFront widens a range; ranges stored as parts",
            "the origin gets the viewer's own range; parts are not stored: each is a Miss until the whole object is stored",
            "fetch.py",
        ),
        chosen(
            "several-ranges",
            "Several ranges (multipart/byteranges)",
            "the whole object with 200, as for an invalid range",
            "rules/conditional.py",
        ),
        chosen("range-on-head", "A range on HEAD", "ignored", "rules/conditional.py"),
        chosen(
            "if-range-on-a-hit",
            "If-Range on a stored object",
            "needs the same strong ETag or the very Last-Modified",
            "rules/conditional.py",
        ),
    ),
    *section(
        "Ranges and conditionals: conditions",
        honoured(
            "conditions",
            "If-None-Match and If-Modified-Since on a stored object",
            "304, which counts as a Hit; on a cold key they go to the origin (RequestAndResponseBehaviorCustomOrigin)",
            "rules/conditional.py",
        ),
        chosen("if-match-on-a-hit", "If-Match and If-Unmodified-Since on a stored object", "ignored", "rules/conditional.py"),
        chosen(
            "headers-of-304-and-416",
            "Headers of 304 and 416",
            "a 304 leaves out what describes a body; a 416 has no body",
            "rules/conditional.py",
        ),
    ),
    *section(
        "Invalidation: by path",
        honoured(
            "invalidation",
            "Paths",
            "case-sensitive, `*` at the end alone, with query strings; all variants of a path go, errors too (invalidation-specifying-objects)",
            "rules/invalidation.py",
        ),
        chosen(
            "invalidation-encoding",
            "How an invalidation's path is compared with percent-encoded paths",
            "as the viewer sent it: `/%61` is not `/a`, `%c3` not `%C3`",
            "rules/invalidation.py",
        ),
        chosen(
            "invalidation-question-mark",
            "A `?` that a function wrote into the path",
            "counts as the beginning of a query string for an invalidation",
            "rules/invalidation.py",
        ),
        chosen(
            "invalidation-unsafe-characters",
            "Which unsafe characters of RFC 1738 an invalidation refuses",
            "non-ASCII, spaces, control characters, `~` and `%7E`; others are compared as they are",
            "rules/invalidation.py",
        ),
        chosen(
            "invalidation-root-object",
            "Whether `/` also drops the default root object",
            "no: it is stored under its own path, and the command says so",
            "rules/invalidation.py",
        ),
        chosen(
            "invalidation-scope",
            "An invalidation without a distribution; how many objects it removed",
            "goes for every distribution; counted at every path that names them",
            "stores/invalidations.py",
        ),
        chosen(
            "invalidation-many",
            "More than 1,000 invalidations while one answer is on its way",
            "it is not stored",
            "stores/cache.py",
        ),
        chosen(
            "invalidation-in-flight",
            "Answers on their way when an invalidation comes",
            "are not stored, and requests after it do not wait for them",
            "fetch.py, stores/cache.py",
        ),
        not_emulated(
            "invalidation-api",
            "The API of invalidations, CallerReference and quotas",
            "not emulated: `edgeproxy invalidate`, which is done when it returns",
            "rules/invalidation.py",
        ),
        chosen(
            "cache-on-reload",
            "What a changed configuration does to stored objects",
            "drops those of the changed distribution, and all when the place of a name that only code chooses changed; `cache: {on_reload: keep}` keeps them, as CloudFront does",
            "edge.py",
        ),
    ),
    *section(
        "Invalidation: by tag",
        not_emulated(
            "invalidation-by-tag",
            "Invalidation by tag (CacheTagConfig)",
            "objects are not tagged",
            "config/not_honoured.py",
            property="DistributionConfig.CacheTagConfig",
        ),
    ),
)
