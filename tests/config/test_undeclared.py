from pathlib import Path

import kit_local
import pytest

from edgeproxy.config import undeclared
from edgeproxy.config.library import Library
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.model import CachePolicy, Directory, Url


def library() -> tuple[Library, Reading]:
    reading = Reading(Problems())
    return Library(reading, kit_local.given()), reading


@pytest.mark.parametrize(
    ("url", "ports"),
    [
        pytest.param(Url("http", "localhost", 3000), ("http-only", 3000, 443), id="HTTP"),
        pytest.param(Url("https", "localhost", 8443), ("https-only", 80, 8443), id="HTTPS"),
    ],
)
def test_an_application_is_asked_for_everything(url, ports):
    found = undeclared.application(url, *library()).distribution
    behavior, origin = found.default_cache_behavior, found.origins["server"]
    assert (origin.protocol_policy, origin.http_port, origin.https_port) == ports
    assert (origin.place, origin.domain_name) == (url, "localhost")
    assert behavior.allowed_methods == ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
    assert behavior.origin_request_policy is not None
    assert behavior.origin_request_policy.name == "Managed-AllViewer"


def test_an_applications_answers_to_different_users_are_kept_apart():
    policy = undeclared.application(Url("http", "localhost", 3000), *library()).distribution.default_cache_behavior.cache_policy
    assert isinstance(policy, CachePolicy)
    assert policy.headers.names[-1] == "Authorization"
    assert (policy.cookies.behavior, policy.query_strings.behavior, policy.default_ttl) == ("all", "all", 0)


def test_both_compress_as_a_distribution_made_in_the_console_does():
    application = undeclared.application(Url("http", "localhost", 3000), *library()).distribution
    site = undeclared.site(Directory(Path("/public")), *library()).distribution
    for behavior in (application.default_cache_behavior, site.default_cache_behavior):
        assert behavior.compress
        assert isinstance(behavior.cache_policy, CachePolicy)
        assert behavior.cache_policy.gzip
        assert behavior.cache_policy.brotli


def test_an_applications_errors_are_not_remembered():
    found = undeclared.application(Url("http", "localhost", 3000), *library()).distribution
    assert {item.error_code: item.error_caching_min_ttl for item in found.custom_error_responses} == {
        404: 0, 414: 0, 500: 0, 501: 0, 502: 0, 503: 0, 504: 0,
    }  # fmt: skip
    assert undeclared.site(Directory(Path("/public")), *library()).distribution.custom_error_responses == ()


def test_a_directory_is_a_bucket_behind_caching_optimized():
    found = undeclared.site(Directory(Path("/public")), *library()).distribution
    behavior = found.default_cache_behavior
    assert (found.default_root_object, behavior.origin_request_policy) == ("index.html", None)
    assert behavior.allowed_methods == ("GET", "HEAD", "OPTIONS")
    assert isinstance(behavior.cache_policy, CachePolicy)
    assert behavior.cache_policy.name == "Managed-CachingOptimized"
    assert found.origins["site"].s3
    assert found.origins["site"].place == Directory(Path("/public"))
