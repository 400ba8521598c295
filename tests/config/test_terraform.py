import copy
import json
import zipfile
from pathlib import Path

import kit_terraform as tf
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kit_terraform import behavior, block, constant, custom_origin, distribution, origin, plan, refers, resource, state, without

from edgeproxy.config import load
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.model import Directory, Url

SITE = "aws_cloudfront_distribution.site"
ARN = f"arn:aws:cloudfront::{tf.ACCOUNT}"


def read(tmp_path: Path, document, settings="", **more):
    (tmp_path / "public").mkdir(exist_ok=True)
    path = tf.write(tmp_path / "tf.json", document)
    if settings:
        path = tmp_path / "edgeproxy.yaml"
        path.write_text(f"distribution: tf.json\n{settings}")
    more.setdefault("origins", {} if settings else {"site": str(tmp_path / "public")})
    return load(path, **more)


def problems(tmp_path: Path, document, settings="", **more):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, document, settings, **more)
    assert all("\n" not in each.message for each in caught.value.problems)
    return [each.message for each in caught.value.problems]


def only(configuration):
    (found,) = configuration.distributions
    return found


# --- a state ---


def test_a_state_with_its_own_ids(tmp_path):
    store = f"{ARN}:key-value-store/11111111-2222-3333-4444-555555555555"
    policy = {**tf.CACHE_POLICY, "id": "aaaaaaaa-0000-0000-0000-000000000001", "etag": "E1"}
    function = {**tf.FUNCTION, "arn": f"{ARN}:function/rewrite", "id": "rewrite", "key_value_store_associations": [store]}
    site = behavior(
        cache_policy_id=policy["id"],
        function_association=[{"event_type": "viewer-request", "function_arn": function["arn"]}],
    )
    found = read(tmp_path, state(
        resource("aws_cloudfront_key_value_store.pairs", {"arn": store, "name": "pairs", "comment": "", "id": store[-36:]}),
        resource("aws_cloudfrontkeyvaluestore_key.a", {"key": "a", "value": "1", "key_value_store_arn": store}),
        resource("aws_cloudfrontkeyvaluestore_keys_exclusive.rest", {
            "key_value_store_arn": store, "resource_key_value_pair": [{"key": "b", "value": ""}], "max_batch_size": 50,
        }),
        resource("aws_cloudfront_cache_policy.short", policy),
        resource("aws_cloudfront_function.rewrite", function),
        resource(SITE, distribution(default_cache_behavior=[site])),
    ))  # fmt: skip
    site = only(found)
    assert (site.name, site.id, site.domain_name) == ("site", "E1STATE", "d1state.cloudfront.net")
    assert (site.aliases, site.default_root_object, site.enabled) == (("www.example.com",), "index.html", True)
    default = site.default_cache_behavior
    assert (default.cache_policy.name, default.cache_policy.default_ttl) == ("short", 300)
    assert (default.cache_policy.headers.names, default.cache_policy.query_strings.names) == (("X-Tenant",), ("q", "page"))
    function = default.functions[Hook.VIEWER_REQUEST]
    assert (function.name, function.runtime, function.key_value_store) == ("rewrite", "cloudfront-js-2.0", "pairs")
    (pairs,) = found.key_value_stores
    assert (pairs.arn, pairs.pairs) == (store, (("a", "1"), ("b", "")))
    assert site.origins["site"].place == Directory(tmp_path / "public")
    assert site.origins["site"].s3
    assert found.sources == (tmp_path / "tf.json",)


def test_every_part_of_a_distribution(tmp_path):
    app = custom_origin(
        custom_header=[{"name": "X-Key", "value": "k"}], origin_shield=[{"enabled": True, "origin_shield_region": "eu-west-1"}]
    )
    legacy = {
        "cookies": [{"forward": "whitelist", "whitelisted_names": ["session"]}],
        "headers": ["Accept-Language"],
        "query_string": True,
        "query_string_cache_keys": ["q"],
    }
    found = only(read(tmp_path, state(resource(SITE, distribution(
        custom_error_response=[
            {"error_caching_min_ttl": None, "error_code": 404, "response_code": 200, "response_page_path": "/index.html"},
            {"error_caching_min_ttl": 30, "error_code": 503, "response_code": 0, "response_page_path": ""},
        ],
        ordered_cache_behavior=[
            behavior(path_pattern="/api/*", target_origin_id="both", allowed_methods=["HEAD", "GET", "OPTIONS"]),
            behavior(path_pattern="/old/*", target_origin_id="app", cache_policy_id="", forwarded_values=[legacy], max_ttl=9),
        ],
        origin=[app, origin()],
        origin_group=[{
            "failover_criteria": [{"status_codes": [500, 503]}],
            "member": [{"origin_id": "app"}, {"origin_id": "site"}],
            "origin_id": "both",
        }],
        restrictions=[{"geo_restriction": [{"locations": ["DE", "AT"], "restriction_type": "whitelist"}]}],
    )))))  # fmt: skip
    errors = [
        (e.error_code, e.response_page_path, e.response_code, e.error_caching_min_ttl) for e in found.custom_error_responses
    ]
    assert errors == [(404, "/index.html", 200, 0), (503, None, None, 30)]
    api, old = found.cache_behaviors
    assert (api.path_pattern, api.allowed_methods, api.origin_group.members) == (
        "/api/*",
        ("GET", "HEAD", "OPTIONS"),
        ("app", "site"),
    )
    values = old.cache_policy
    assert (values.query_string, values.query_string_cache_keys, values.headers) == (True, ("q",), ("Accept-Language",))
    assert (values.cookies.names, values.min_ttl, values.default_ttl, values.max_ttl) == (("session",), 0, 0, 9)
    app = found.origins["app"]
    assert (app.custom_headers, app.origin_shield, app.protocol_policy, app.ssl_protocols) == (
        (("X-Key", "k"),), "eu-west-1", "https-only", ("TLSv1.2",),
    )  # fmt: skip
    assert (found.geo.restriction_type, found.geo.countries) == ("whitelist", ("DE", "AT"))


def test_policies_of_every_kind(tmp_path):
    request = {
        "comment": "", "id": "orp", "name": "forward",
        "cookies_config": [{"cookie_behavior": "all", "cookies": []}],
        "headers_config": [{"header_behavior": "allViewerAndWhitelistCloudFront",
                            "headers": [{"items": ["CloudFront-Viewer-Country"]}]}],
        "query_strings_config": [{"query_string_behavior": "all", "query_strings": []}],
    }  # fmt: skip
    items = lambda *names: [{"items": list(names)}]  # noqa: E731
    response = {
        "comment": "", "id": "rhp", "name": "secure",
        "cors_config": [{
            "access_control_allow_credentials": False, "access_control_allow_headers": items("*"),
            "access_control_allow_methods": items("GET"), "access_control_allow_origins": items("https://a.example"),
            "access_control_expose_headers": [], "access_control_max_age_sec": 0, "origin_override": True,
        }],
        "custom_headers_config": [{"items": [{"header": "X-Made", "override": True, "value": "here"}]}],
        "remove_headers_config": [{"items": [{"header": "X-Powered-By"}]}],
        "security_headers_config": [{
            "content_security_policy": [], "content_type_options": [{"override": True}],
            "frame_options": [{"frame_option": "DENY", "override": True}], "referrer_policy": [],
            "strict_transport_security": [{"access_control_max_age_sec": 600, "include_subdomains": True, "override": True,
                                           "preload": False}],
            "xss_protection": [{"mode_block": True, "override": True, "protection": True, "report_uri": ""}],
        }],
        "server_timing_headers_config": [{"enabled": True, "sampling_rate": 50}],
    }  # fmt: skip
    found = only(read(tmp_path, state(
        resource("aws_cloudfront_origin_request_policy.forward", request),
        resource("aws_cloudfront_response_headers_policy.secure", response),
        resource(SITE, distribution(
            default_cache_behavior=[behavior(origin_request_policy_id="orp", response_headers_policy_id="rhp")]
        )),
    ))).default_cache_behavior  # fmt: skip
    assert (found.origin_request_policy.name, found.origin_request_policy.headers.names) == (
        "forward", ("CloudFront-Viewer-Country",),
    )  # fmt: skip
    policy = found.response_headers_policy
    assert (policy.cors.allow_origins, policy.cors.max_age) == (("https://a.example",), None)
    assert [each.name for each in policy.security] == ["X-Frame-Options", "X-Content-Type-Options"]
    assert (policy.custom_headers[0].name, policy.remove_headers) == ("X-Made", ("X-Powered-By",))
    assert (policy.strict_transport_security.max_age, policy.xss_protection.mode_block, policy.server_timing.sampling_rate) == (
        600,
        True,
        50,
    )


def test_keys_and_access_controls(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    control = {
        "description": "", "id": "EOAC", "name": "s3", "origin_access_control_origin_type": "s3", "signing_behavior": "never",
        "signing_protocol": "sigv4",
    }  # fmt: skip
    found = only(read(tmp_path, state(
        resource("aws_cloudfront_public_key.one", {"comment": "", "encoded_key": text, "id": "K1", "name": "one"}),
        resource("aws_cloudfront_key_group.all", {"comment": "", "id": "g", "items": ["K1"], "name": "all"}),
        resource("aws_cloudfront_origin_access_control.s3", control),
        resource(SITE, distribution(
            default_cache_behavior=[behavior(trusted_key_groups=["g"])], origin=[origin(origin_access_control_id="EOAC")]
        )),
    )))  # fmt: skip
    assert [each.id for each in found.default_cache_behavior.trusted_keys] == ["K1"]
    assert (found.origins["site"].origin_access_control, found.origins["site"].signing) == (True, "never")


# --- a plan ---


def new_site(**unknown_behavior):
    """A plan in which everything is still to be made, as on a first `terraform plan`."""
    values = tf.planned_distribution(
        default_cache_behavior=[
            without(behavior(function_association=[{"event_type": "viewer-request"}], trusted_key_groups=[None]),
                    "cache_policy_id", "default_ttl", "max_ttl")
        ],
        origin=[without(origin(), "domain_name", "origin_access_control_id"), custom_origin()],
    )  # fmt: skip
    unknown = {
        "id": True, "arn": True,
        "default_cache_behavior": [{"cache_policy_id": True, "function_association": [{"function_arn": True}],
                                    "trusted_key_groups": [True], "default_ttl": True, "max_ttl": True}],
        "origin": [{"domain_name": True, "origin_access_control_id": True}, {}],
    }  # fmt: skip
    expressions = {
        "enabled": constant(True),
        "default_cache_behavior": [{
            "cache_policy_id": refers("aws_cloudfront_cache_policy.short.id", "aws_cloudfront_cache_policy.short"),
            "function_association": [{
                "event_type": constant("viewer-request"),
                "function_arn": refers("aws_cloudfront_function.rewrite.arn", "aws_cloudfront_function.rewrite"),
            }],
            "target_origin_id": constant("site"),
            "trusted_key_groups": refers("aws_cloudfront_key_group.all.id", "aws_cloudfront_key_group.all"),
        }],
        # In the file the application stands first; the provider's sets are printed in another order.
        "origin": [
            {"custom_origin_config": [{"http_port": constant(80)}], "domain_name": constant("app.example.com"),
             "origin_id": constant("app")},
            {"domain_name": refers("aws_s3_bucket.site.bucket_regional_domain_name", "aws_s3_bucket.site"),
             "origin_access_control_id": refers("aws_cloudfront_origin_access_control.s3.id",
                                                "aws_cloudfront_origin_access_control.s3"),
             "origin_id": refers("local.origin_id")},
        ],
    }  # fmt: skip
    return values, unknown, expressions


OTHERS = (
    resource("aws_s3_bucket.site", {"bucket": "site-bucket", "force_destroy": False}),
    resource("aws_cloudfront_cache_policy.short", tf.CACHE_POLICY),
    resource("aws_cloudfront_function.rewrite", tf.FUNCTION),
    resource("aws_cloudfront_origin_access_control.s3", {
        "description": "", "name": "s3", "origin_access_control_origin_type": "s3", "signing_behavior": "always",
        "signing_protocol": "sigv4",
    }),
)  # fmt: skip


def key_group():
    return resource("aws_cloudfront_key_group.all", {"comment": None, "items": [], "name": "all"})


def test_a_first_plan_in_which_no_id_is_known(tmp_path):
    values, unknown, expressions = new_site()
    document = plan(
        *OTHERS,
        key_group(),
        resource(SITE, values),
        unknown={SITE: unknown},
        configuration={"resources": [block(SITE, expressions)]},
    )
    found = only(read(tmp_path, document, origins={"site-bucket": str(tmp_path)}))
    default = found.default_cache_behavior
    assert default.cache_policy.name == "short"
    assert default.functions[Hook.VIEWER_REQUEST].name == "rewrite"
    assert default.trusted_keys == ()
    assert found.origins["site"].domain_name == "site-bucket.s3.us-east-1.amazonaws.com"
    assert found.origins["site"].signing == "always"
    assert found.origins["app"].domain_name == "app.example.com"
    again = only(read(tmp_path, document, origins={"site-bucket": str(tmp_path)}))
    assert (found.id, found.domain_name) == (again.id, again.domain_name)
    assert found.id.startswith("E")
    assert len(found.id) == 14


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("site", id="the origin's id"),
        pytest.param("site-bucket", id="the bucket's name"),
        pytest.param("site-bucket.s3.us-east-1.amazonaws.com", id="the domain name"),
        pytest.param("aws_s3_bucket.site", id="the address of the bucket"),
    ],
)
def test_names_under_which_an_origin_is_given_its_place(tmp_path, name):
    values, unknown, expressions = new_site()
    configuration = {"resources": [block(SITE, expressions)]}
    document = plan(*OTHERS, key_group(), resource(SITE, values), unknown={SITE: unknown}, configuration=configuration)
    (tmp_path / "public").mkdir()
    found = only(read(tmp_path, document, f"origins: {{{name}: ./public, app: 'http://127.0.0.1:3000'}}\n"))
    assert found.origins["site"].place == Directory(tmp_path / "public")
    assert found.origins["app"].place == Url("http", "127.0.0.1", 3000)


def in_module(reference, *, outputs=None, arguments=None):
    """The distribution stands in module.cdn; its policy's id comes by `reference`."""
    values = tf.planned_distribution(default_cache_behavior=[without(behavior(), "cache_policy_id")])
    expressions = {"default_cache_behavior": [{"cache_policy_id": reference}]}
    call = {"source": "./cdn", "expressions": arguments or {}, "module": {"resources": [block(SITE, expressions)]}}
    policies = {"source": "./policies", "module": {"outputs": outputs or {}, "resources": []}}
    other = resource("aws_cloudfront_cache_policy.other", {**tf.CACHE_POLICY, "name": "other"})
    policy = resource('aws_cloudfront_cache_policy.all["a"]', tf.CACHE_POLICY, module="module.policies", index="a")
    return plan(
        other,
        child_modules=[
            tf.module("module.cdn", resource(SITE, values, module="module.cdn")),
            tf.module("module.policies", policy),
        ],
        unknown={f"module.cdn.{SITE}": {"default_cache_behavior": [{"cache_policy_id": True}]}},
        configuration={"resources": [], "module_calls": {"cdn": call, "policies": policies}},
    )


def test_an_id_that_comes_through_a_variable_and_another_modules_output(tmp_path):
    output = {"short": {"expression": refers('aws_cloudfront_cache_policy.all["a"].id', "aws_cloudfront_cache_policy.all")}}
    arguments = {"policy": refers("module.policies.short", "module.policies")}
    document = in_module(refers("var.policy"), outputs=output, arguments=arguments)
    assert only(read(tmp_path, document)).default_cache_behavior.cache_policy.name == "short"


def test_an_id_that_could_be_of_several_is_a_problem_with_its_address(tmp_path):
    found = problems(tmp_path, in_module(refers("local.policy")))
    assert f"module.cdn.{SITE}: cache_policy_id is known only after apply" in found


def test_of_two_ids_that_are_referred_to_the_one_that_is_known_is_not_meant(tmp_path):
    reference = refers("aws_cloudfront_cache_policy.known.id", "aws_cloudfront_cache_policy.known",
                       "aws_cloudfront_cache_policy.new.id", "aws_cloudfront_cache_policy.new")  # fmt: skip
    document = plan(
        resource("aws_cloudfront_cache_policy.known", {**tf.CACHE_POLICY, "name": "known", "id": "x"}),
        resource("aws_cloudfront_cache_policy.new", {**tf.CACHE_POLICY, "name": "new"}),
        resource(SITE, tf.planned_distribution(default_cache_behavior=[without(behavior(), "cache_policy_id")])),
        unknown={SITE: {"default_cache_behavior": [{"cache_policy_id": True}]}},
        configuration={"resources": [block(SITE, {"default_cache_behavior": [{"cache_policy_id": reference}]})]},
    )
    assert only(read(tmp_path, document)).default_cache_behavior.cache_policy.name == "new"


def test_an_object_that_was_replaced_says_nothing_of_the_new_one(tmp_path):
    document = plan(resource(SITE, tf.planned_distribution()))
    change = {"after_unknown": {"origin": True, "aliases": True}}
    document["resource_changes"] = [{"address": SITE, "deposed": "deadbeef", "change": change}]
    assert only(read(tmp_path, document)).aliases == ("www.example.com",)


def test_what_locals_hide_is_the_only_resource_that_is_still_to_be_made(tmp_path):
    document = in_module(refers("local.policy"))
    del document["planned_values"]["root_module"]["resources"][0]
    assert only(read(tmp_path, document)).default_cache_behavior.cache_policy.name == "short"


def test_blocks_that_are_repeated_by_the_same_keys(tmp_path):
    def site(key):
        values = tf.planned_distribution(
            aliases=[f"{key}.example.com"], default_cache_behavior=[without(behavior(), "cache_policy_id")]
        )
        return resource(f'{SITE}["{key}"]', values, index=key)

    def policy(key):
        return resource(f'aws_cloudfront_cache_policy.all["{key}"]', {**tf.CACHE_POLICY, "name": f"of-{key}"}, index=key)

    reference = refers("aws_cloudfront_cache_policy.all", "each.key")
    document = plan(
        *map(policy, "ab"), *map(site, "ab"),
        unknown={f'{SITE}["{key}"]': {"default_cache_behavior": [{"cache_policy_id": True}]} for key in "ab"},
        configuration={"resources": [block(SITE, {"default_cache_behavior": [{"cache_policy_id": reference}]})]},
    )  # fmt: skip
    found = read(tmp_path, document).distributions
    assert [(each.name, each.default_cache_behavior.cache_policy.name) for each in found] == [
        ("site-a", "of-a"), ("site-b", "of-b"),
    ]  # fmt: skip


def test_a_data_source_of_a_managed_policy_that_is_read_only_later(tmp_path):
    data = resource("data.aws_cloudfront_cache_policy.best", {"name": "Managed-CachingOptimized"})
    values = tf.planned_distribution(default_cache_behavior=[without(behavior(), "cache_policy_id")])
    expression = refers("data.aws_cloudfront_cache_policy.best.id", "data.aws_cloudfront_cache_policy.best")
    document = plan(
        data,
        resource(SITE, values),
        unknown={SITE: {"default_cache_behavior": [{"cache_policy_id": True}]}},
        configuration={"resources": [block(SITE, {"default_cache_behavior": [{"cache_policy_id": expression}]})]},
    )
    assert only(read(tmp_path, document)).default_cache_behavior.cache_policy.name == "Managed-CachingOptimized"


def test_a_policy_that_only_a_data_source_of_the_prior_state_holds(tmp_path):
    data = resource("data.aws_cloudfront_cache_policy.own", {**tf.CACHE_POLICY, "id": "theirs"})
    site = resource(SITE, tf.planned_distribution(default_cache_behavior=[behavior(cache_policy_id="theirs")]))
    assert only(read(tmp_path, plan(site, prior=[data]))).default_cache_behavior.cache_policy.name == "short"


def test_the_domain_name_that_a_dynamic_block_hides_is_made_up_from_the_origins_id(tmp_path):
    values = tf.planned_distribution(origin=[without(origin(), "domain_name")])
    document = plan(
        resource(SITE, values),
        unknown={SITE: {"origin": [{"domain_name": True}]}},
        configuration={"resources": [block(SITE, {})]},
    )
    assert only(read(tmp_path, document)).origins["site"].domain_name == "site.known-after-apply"


# --- code ---


@pytest.fixture
def edge(tmp_path):
    """A plan with a handler at origin-request, and its code as Terraform packs it."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.mjs").write_text("export const handler = async e => e.Records[0].cf.request;")
    (tmp_path / "build").mkdir()
    with zipfile.ZipFile(tmp_path / "build" / "edge.zip", "w") as package:
        package.write(tmp_path / "src" / "index.mjs", "index.mjs")

    def document(values=None, *others, arn="qualified_arn"):
        association = {"event_type": "origin-request", "include_body": False}
        site = tf.planned_distribution(default_cache_behavior=[behavior(lambda_function_association=[association])])
        reference = refers(f"aws_lambda_function.edge.{arn}", "aws_lambda_function.edge")
        written = {"lambda_function_association": [{"event_type": constant("origin-request"), "lambda_arn": reference}]}
        return plan(
            resource("aws_lambda_function.edge", {**tf.LAMBDA, **(values or {})}),
            resource(SITE, site),
            *others,
            unknown={SITE: {"default_cache_behavior": [{"lambda_function_association": [{"lambda_arn": True}]}]}},
            configuration={"resources": [block(SITE, {"default_cache_behavior": [written]})]},
        )

    return document


def handler(configuration):
    return only(configuration).default_cache_behavior.lambdas[Hook.ORIGIN_REQUEST].function


def test_code_in_a_package(tmp_path, edge):
    found = read(tmp_path, edge())
    function = handler(found)
    assert (function.name, function.runtime, function.handler, function.timeout) == ("edge", "nodejs22.x", "index.handler", 5)
    assert (function.task_root / "index.mjs").read_text().startswith("export const handler")
    assert tmp_path / "build" / "edge.zip" in found.sources
    assert handler(read(tmp_path, edge())).task_root == function.task_root


@pytest.mark.parametrize("source", [{"source_dir": "./src"}, {"source_file": "src/index.mjs"}], ids=["a folder", "a file"])
def test_code_that_archive_file_packs_is_live(tmp_path, edge, source):
    data = resource("data.archive_file.edge", {"output_path": "./build/edge.zip", "type": "zip", **source})
    found = read(tmp_path, edge(None, data))
    assert handler(found).task_root == tmp_path / "src"
    assert tmp_path / "src" / "index.mjs" in found.sources


def test_code_that_the_settings_name_wins(tmp_path, edge):
    (tmp_path / "public").mkdir()
    settings = "origins: {site: ./public}\nfunctions: {aws_lambda_function.edge: src}\n"
    assert handler(read(tmp_path, edge({"filename": "gone.zip"}), settings)).task_root == tmp_path / "src"


@pytest.mark.parametrize(
    ("values", "arn", "message"),
    [
        pytest.param({"filename": "gone.zip"}, "qualified_arn", "there is no file or directory", id="a package that is not there"),
        pytest.param({"filename": None, "s3_bucket": "b", "s3_key": "k"}, "qualified_arn",
                     "the code of aws_lambda_function.edge is not on this machine", id="a package in S3"),
        pytest.param({"environment": [{"variables": {"A": "b"}}]}, "qualified_arn", "cannot have environment variables",
                     id="variables, which no function at the edge has"),
        pytest.param({"package_type": "Image"}, "qualified_arn", "cannot have container images", id="an image"),
        pytest.param({}, "arn", "no version is named", id="arn instead of qualified_arn"),
        pytest.param({"arn": "arn:aws:lambda:eu-west-1:111122223333:function:edge",
                      "qualified_arn": "arn:aws:lambda:eu-west-1:111122223333:function:edge:3"}, "qualified_arn",
                     "the function is in eu-west-1", id="another region"),
    ],
)  # fmt: skip
def test_handlers_that_are_refused(tmp_path, edge, values, arn, message):
    (found,) = problems(tmp_path, edge(values, arn=arn))
    assert message in found
    assert found.startswith("aws_")


def test_a_function_that_no_distribution_runs_may_be_as_it_likes(tmp_path, edge):
    backend = {**tf.LAMBDA, "function_name": "backend", "filename": None, "image_uri": "x", "package_type": "Image"}
    assert handler(read(tmp_path, edge(None, resource("aws_lambda_function.backend", backend)))).name == "edge"


def test_what_is_unknown_of_a_function_that_no_distribution_runs_is_no_problem(tmp_path, edge):
    backend = "aws_lambda_function.backend"
    document = edge(None, resource(backend, without({**tf.LAMBDA, "function_name": "backend"}, "handler")))
    document["resource_changes"].append({"address": backend, "change": {"after_unknown": {"handler": True}}})
    document["configuration"]["root_module"]["resources"].append(block(backend, {"handler": refers("local.handler")}))
    assert handler(read(tmp_path, document)).name == "edge"


def test_a_function_url_as_an_origin(tmp_path, edge):
    url = {"authorization_type": "NONE", "function_name": "edge", "invoke_mode": "BUFFERED"}
    app = without(custom_origin(), "domain_name")
    expression = refers("aws_lambda_function_url.app.function_url", "aws_lambda_function_url.app")
    written = {"origin": [{"domain_name": expression, "origin_id": constant("app")}]}
    document = plan(
        resource("aws_lambda_function.edge", {**tf.LAMBDA, "environment": [{"variables": {"STAGE": "dev"}}]}),
        resource("aws_lambda_function_url.app", url),
        resource(SITE, tf.planned_distribution(
            origin=[app], default_cache_behavior=[behavior(target_origin_id="app")],
        )),
        unknown={SITE: {"origin": [{"domain_name": True}]}},
        configuration={"resources": [block(SITE, written)]},
    )  # fmt: skip
    place = only(read(tmp_path, document, origins={})).origins["app"].place
    assert (place.function.name, place.function.variables) == ("edge", (("STAGE", "dev"),))


def test_unknown_code_of_a_function_is_a_problem_unless_the_settings_have_it(tmp_path):
    association = [{"event_type": "viewer-request", "function_arn": f"{ARN}:function/rewrite"}]
    document = plan(
        resource("aws_cloudfront_function.rewrite", without({**tf.FUNCTION, "arn": f"{ARN}:function/rewrite"}, "code")),
        resource(SITE, tf.planned_distribution(default_cache_behavior=[behavior(function_association=association)])),
        unknown={"aws_cloudfront_function.rewrite": {"code": True}},
        configuration={"resources": [block("aws_cloudfront_function.rewrite", {"code": refers("local.x")})]},
    )
    assert problems(tmp_path, document) == ["aws_cloudfront_function.rewrite: code is known only after apply"]
    (tmp_path / "rewrite.js").write_text(tf.FUNCTION["code"])
    found = only(read(tmp_path, document, "origins: {site: ./public}\nfunctions: {rewrite: rewrite.js}\n"))
    assert found.default_cache_behavior.functions[Hook.VIEWER_REQUEST].path == tmp_path / "rewrite.js"


# --- what is wrong ---


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param({"format_version": "2.0", "values": {}}, "format_version is 2.0", id="a format of the future"),
        pytest.param({"format_version": "1.0"}, "neither planned_values (a plan) nor values (a state) is in this file",
                     id="the state of nothing"),
        pytest.param({"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "x", "resources": []},
                     "this is a state file as Terraform keeps it, not as it prints it", id="terraform.tfstate"),
        pytest.param(state(resource("aws_s3_bucket.b")), "no aws_cloudfront_distribution is in this file",
                     id="no distribution"),
        pytest.param(state(resource(SITE, distribution()), resource(SITE, distribution())),
                     f"two resources have the address {SITE}", id="an address twice"),
        pytest.param(state(resource(SITE, distribution()), resource("aws_cloudfront_function.a", tf.FUNCTION),
                           resource("aws_cloudfront_function.b", tf.FUNCTION)),
                     "aws_cloudfront_function.b: FunctionAlreadyExists: aws_cloudfront_function.a is named rewrite too",
                     id="two functions of one name"),
        pytest.param(state({"mode": "managed"}, resource(SITE, distribution())), "a resource needs address and type",
                     id="a resource without an address"),
        pytest.param(state(resource(SITE, distribution(origin="x"))), f"{SITE}: origin must be a list of blocks",
                     id="a text where blocks are"),
        pytest.param(state(resource(SITE, distribution(origin=["x"]))), f"{SITE}: origin must be a list of blocks",
                     id="a text where a block is"),
        pytest.param({"format_version": "1.0", "values": {"root_module": []}}, "resources of a module must be a list",
                     id="a list where a module is"),
        pytest.param(state(resource(SITE, {})), f"{SITE}: DistributionConfig needs Origins", id="a schema that lacks everything"),
        pytest.param(state({**resource(SITE), "values": None}), f"{SITE}: the resource has no values", id="no values"),
        pytest.param(state(resource(SITE, distribution(default_cache_behavior=[behavior(target_origin_id="sit")]))),
                     f"{SITE}: there is no origin or origin group sit", id="what every template is checked for"),
        pytest.param(state(resource(SITE, distribution(origin=[origin(), origin(origin_id="two")]))),
                     f"{SITE}: bucket site-bucket.s3.eu-west-1.amazonaws.com has no place on this machine",
                     id="a bucket without a place"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_a_line_each(tmp_path, document, message):
    assert message in problems(tmp_path, document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(json.dumps(state(resource(SITE, distribution())))[:500], "not JSON: ", id="cut off"),
        pytest.param('{"format_version":"1.0","values":' + '{"root_module":' * 200, "not JSON: ", id="nested without an end"),
        pytest.param('{"format_version":"1.0","values":"' + "x" * (20 << 20) + '"}', "the file is larger than", id="20 MB"),
    ],
)
def test_a_file_that_is_no_whole_json(tmp_path, text, message):
    (tmp_path / "tf.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "tf.json")
    (found,) = caught.value.problems
    assert found.message.startswith(message)
    assert found.path == tmp_path / "tf.json"


def test_modules_within_modules_deeper_than_anyone_writes_them(tmp_path):
    child = tf.module("module.a", resource(SITE, distribution(), module="module.a"))
    for _ in range(50):
        child = tf.module("module.a", child_modules=[child])
    (found,) = problems(tmp_path, state(child_modules=[child]))
    assert "nested deeper than 100 levels" in found


def test_an_attribute_that_is_not_known_is_told_of(tmp_path):
    found = only(read(tmp_path, state(resource(SITE, distribution(origin=[origin(warp_speed=9, warp_off="")])))))
    properties = [each.property for each in found.not_honoured]
    assert properties == ["aws_cloudfront_distribution.warp_speed", "DistributionConfig.HttpVersion"]


def test_two_files_may_have_distributions_of_one_name(tmp_path):
    for name in ("eu.json", "us.json"):
        tf.write(tmp_path / name, state(resource(SITE, distribution(aliases=[]))))
    (tmp_path / "public").mkdir()
    (tmp_path / "edgeproxy.yaml").write_text("distribution: [eu.json, us.json]\norigins: {site: ./public}\n")
    assert [each.name for each in load(tmp_path).distributions] == ["eu-site", "us-site"]


JUNK = (None, [], "x", {}, [None], {"references": ["var.a"]}, -1, [[]])


def places(node, path=()):
    """The way to every value of a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def test_any_value_may_be_another_than_terraform_prints(tmp_path):
    values, unknown, expressions = new_site()
    configuration = {"resources": [block(SITE, expressions)]}
    document = plan(*OTHERS, key_group(), resource(SITE, values), unknown={SITE: unknown}, configuration=configuration)
    refused = 0
    for number, path in enumerate(list(places(document))):
        broken = copy.deepcopy(document)
        node = broken
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = JUNK[number % len(JUNK)]
        try:
            read(tmp_path, broken)
        except ConfigError as error:
            refused += all(problem.message for problem in error.problems)
    assert refused > 100
