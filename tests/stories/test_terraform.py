"""A site that Terraform makes, served from what `terraform show -json` prints, before and after it is applied."""

import zipfile

import kit_terraform as tf
import pytest
from kit_terraform import behavior, block, constant, custom_origin, origin, plan, refers, resource, without

from edgeproxy.config import archives

SITE, FUNCTION, STORE, LAMBDA = (
    "aws_cloudfront_distribution.site",
    "aws_cloudfront_function.rewrite",
    "aws_cloudfront_key_value_store.pages",
    "aws_lambda_function.edge",
)
CODE = """import cf from 'cloudfront';
async function handler(event) {
  event.request.uri = await cf.kvs().get(event.request.uri.slice(1));
  return event.request;
}
"""
HANDLER = "def handler(event, context):\n    return {'status': '200', 'body': 'made by the %s'}\n"


def written(folder, page="page", handler="package"):
    """A plan in which everything is still to be made, with its bucket's content and its handler's package."""
    (folder / "public").mkdir(exist_ok=True)
    (folder / "public" / "page").write_text("the page")
    (folder / "public" / "other").write_text("another page")
    with zipfile.ZipFile(folder / "edge.zip", "w") as package:
        package.writestr("index.py", HANDLER % handler)
    associated = [{"event_type": "viewer-request"}]
    hooked = [{"event_type": "origin-request", "include_body": False}]
    values = tf.planned_distribution(
        default_cache_behavior=[behavior(function_association=associated, viewer_protocol_policy="allow-all")],
        ordered_cache_behavior=[behavior(path_pattern="/made", lambda_function_association=hooked, target_origin_id="app")],
        origin=[without(origin(), "domain_name"), custom_origin()],
    )
    unknown = {
        "default_cache_behavior": [{"function_association": [{"function_arn": True}]}],
        "ordered_cache_behavior": [{"lambda_function_association": [{"lambda_arn": True}]}],
        "origin": [{"domain_name": True}, {}],
    }
    expressions = {
        "default_cache_behavior": [{"function_association": [{"function_arn": refers(f"{FUNCTION}.arn", FUNCTION)}]}],
        "ordered_cache_behavior": [
            {"lambda_function_association": [{"lambda_arn": refers(f"{LAMBDA}.qualified_arn", LAMBDA)}]}
        ],
        "origin": [
            {"domain_name": constant("app.example.com"), "origin_id": constant("app"), "custom_origin_config": [{}]},
            {"domain_name": refers("aws_s3_bucket.site.bucket_regional_domain_name"), "origin_id": constant("site")},
        ],
    }
    store = refers(f"{STORE}.arn", STORE)
    configuration = [
        block(SITE, expressions),
        block(FUNCTION, {"key_value_store_associations": store}),
        block("aws_cloudfrontkeyvaluestore_key.index", {"key_value_store_arn": store}),
    ]
    document = plan(
        resource("aws_s3_bucket.site", {"bucket_prefix": "site-"}),
        resource(STORE, {"comment": None, "name": "pages", "timeouts": None}),
        resource("aws_cloudfrontkeyvaluestore_key.index", {"key": "start", "value": f"/{page}"}),
        resource(FUNCTION, without({**tf.FUNCTION, "code": CODE}, "key_value_store_associations")),
        resource(LAMBDA, {**tf.LAMBDA, "filename": "./edge.zip", "runtime": "python3.12"}),
        resource(SITE, values),
        unknown={
            SITE: unknown,
            FUNCTION: {"key_value_store_associations": True},
            "aws_cloudfrontkeyvaluestore_key.index": {"key_value_store_arn": True},
        },
        configuration={"resources": configuration},
    )
    return tf.write(folder / "plan.json", document)


@pytest.fixture
def served(running, tmp_path):
    return running(written(tmp_path), origins={"aws_s3_bucket.site": str(tmp_path / "public")})


async def test_a_plan_is_served_with_its_functions_its_pairs_and_its_handler(served):
    async with served as proxy:
        seen = await proxy.get("/start")
        assert (seen.status, seen.body) == (200, b"the page")
        assert (await proxy.get("/start")).x_cache == "Hit"
        made = await proxy.get("/made")
        assert (made.status, made.body) == (200, b"made by the package")


async def test_a_new_plan_is_picked_up_as_it_is_saved(served, tmp_path):
    async with served as proxy:
        assert (await proxy.get("/start")).body == b"the page"
        written(tmp_path, page="other")
        await proxy.until("plan.json")
        assert (await proxy.get("/start")).body == b"another page"


async def test_a_new_package_is_picked_up_as_it_is_saved(served, tmp_path):
    async with served as proxy:
        assert (await proxy.get("/made")).body == b"made by the package"
        with zipfile.ZipFile(tmp_path / "edge.zip", "w") as package:
            package.writestr("index.py", HANDLER % "next one")
        await proxy.until("edge.zip")
        assert (await proxy.get("/made")).body == b"made by the next one"


async def test_a_package_in_service_stays_while_new_ones_come_with_a_plan_that_is_broken(served, tmp_path):
    async with served as proxy:
        plan = (tmp_path / "plan.json").read_text()
        (tmp_path / "plan.json").write_text(plan.replace('"allow-all"', '"nonsense"'))
        await proxy.until("not taken over")
        before = set(archives.scratch().iterdir())
        for number in range(3):
            proxy.said.clear()
            with zipfile.ZipFile(tmp_path / "edge.zip", "w") as package:
                package.writestr("index.py", HANDLER % ("x" * number))
            await proxy.until("edge.zip: not taken over, the last good version goes on")
        assert len(set(archives.scratch().iterdir()) - before) == 3
        assert (await proxy.get("/made")).body == b"made by the package"
        (tmp_path / "plan.json").write_text(plan)
        await proxy.until("reloaded: plan.json")
        assert (await proxy.get("/made")).body == b"made by the xx"
        assert len(set(archives.scratch().iterdir()) - before) == 2


async def test_a_plan_that_is_cut_off_keeps_the_last_good_one(served, tmp_path):
    async with served as proxy:
        path = tmp_path / "plan.json"
        path.write_text(path.read_text()[:1000])
        await proxy.until("not JSON")
        assert (await proxy.get("/start")).body == b"the page"
