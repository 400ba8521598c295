"""Which choices of ours decided something visible about one answered request: a literal table, read only by those who ask.

What AWS's guide does not say, or says in two ways, is a row of the fidelity table with the status `chosen`; here stands for
each that can be told of a single request how it is told. An ordinary hit and an ordinary miss rest on none.
"""

from collections.abc import Callable

from edgeproxy.exchange import Exchange
from edgeproxy.rules import chosen_by_answer as answer
from edgeproxy.rules import chosen_by_cache as cache
from edgeproxy.rules import chosen_by_request as request
from edgeproxy.rules.seen import Seen, Witness

TABLE: tuple[tuple[str, Callable[[Seen], bool]], ...] = (
    ("default-root-object-before", request.root_object),
    ("viewer-host-of-local-name", request.local_name_in_redirect),
    ("disabled-distribution", request.disabled),
    ("encoded-path-patterns", request.encoded_path),
    ("protocol-before-methods", request.protocol_and_method),
    ("https-only-sentence", request.https_only),
    ("unknown-methods", request.unknown_method),
    ("refusals-by-size-page", request.too_large),
    ("head-with-a-body", request.head_with_body),
    ("quota-pages", request.between_quotas),
    ("request-target-forms", request.target_form),
    ("signature-place", request.signature_place),
    ("signature-hidden", request.signature_hidden),
    ("signature-forms", request.signature_form),
    ("signed-policy-details", request.signature_milliseconds),
    ("signature-host", request.signature_host),
    ("empty-query", request.empty_query),
    ("query-names-and-order", request.query_order),
    ("repeated-and-empty-headers", request.header_lines),
    ("viewer-cloudfront-headers-in-key", request.cloudfront_header_in_key),
    ("accept-encoding-q", request.accept_encoding_q),
    ("function-time", request.function_time),
    ("compute-utilization", request.utilization),
    ("x-cache-of-syntax-errors", request.syntax_error),
    ("console-log", request.logged_objects),
    ("handler-throttling", request.throttled),
    ("viewer-response-on-304-and-206", request.response_on_304_or_206),
    ("viewer-response-after-origin-response", request.response_after_mended_error),
    ("x-cache-of-origin-request-answer", request.made_at_origin_request),
    ("origin-response-on-304", request.no_response_handler_on_304),
    ("handler-failures-not-cached", request.handler_failed),
    ("handler-failure-beside-stale", request.handler_failed_beside_stale),
    ("function-failure-page", request.failure_keeps_its_page),
    ("errors-made-by-handlers", request.generated_error),
    ("invalid-expires", cache.invalid_expires),
    ("ages-malformed", cache.doubtful_age),
    ("fields-of-no-cache-and-private", cache.named_fields),
    ("origin-age", cache.origin_age),
    ("errors-in-neither-list", cache.error_in_neither_list),
    ("bare-403", cache.bare_error),
    ("cached-2xx-and-3xx", cache.other_success),
    ("collapsed-age", cache.collapsed_age),
    ("head-on-cold-key", cache.head_on_cold_key),
    ("no-store-asked-anew", cache.asked_anew),
    ("no-cache-revalidated", cache.expired_at_once),
    ("viewer-conditions-on-revalidation", cache.own_conditions),
    ("x-cache-of-stale-answers", cache.stale),
    ("stale-while-revalidate-beside-no-cache", cache.stale_while_revalidate),
    ("must-revalidate", cache.must_revalidate),
    ("uncached-4xx-beside-stale", cache.uncached_4xx),
    ("failed-condition-not-stored", cache.failed_condition),
    ("range-on-a-miss", cache.range_on_a_miss),
    ("several-ranges", cache.several_ranges),
    ("range-on-head", cache.range_on_head),
    ("if-range-on-a-hit", cache.if_range),
    ("if-match-on-a-hit", cache.if_match),
    ("headers-of-304-and-416", cache.made_304_or_416),
    ("headers-named-by-connection", answer.named_by_connection),
    ("viewer-cloudfront-headers", answer.viewers_cloudfront_headers),
    ("joined-forwarded-for", answer.joined),
    ("failover-criteria", answer.failed_over),
    ("detailed-result-type", answer.detailed_result_type),
    ("sentence-of-origin-failure", answer.failure_sentence),
    ("unsent-body-status", answer.unsent_body),
    ("invalid-answers", answer.invalid_answer),
    ("page-of-307", answer.page_of_307),
    ("policy-on-errors-and-redirects", answer.policy_on_own_answers),
    ("hsts-on-http", answer.hsts_on_http),
    ("origin-without-pattern", answer.origin_without_pattern),
    ("vary-origin", answer.vary_by_origin),
    ("allow-headers-wildcard", answer.partial_allow_headers),
    ("checks-of-the-page", answer.checks_of_the_page),
)
"""Id of a row -> did it decide something visible about this answer?"""


def touched(exchange: Exchange, witness: Witness) -> list[str]:
    """Ids of the rows that the answer rests on, in the order of this table; of a closed exchange. Never raises."""
    seen = Seen(exchange, witness)
    return [row for row, decided in TABLE if decided(seen)]
