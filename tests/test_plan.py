from dataclasses import replace

import pytest
from kit import HERE, PythonFunction, PythonHandler, behavior, distribution

from edgeproxy.hooks import Hook
from edgeproxy.messages import Headers
from edgeproxy.model import Configuration, Origin, Settings, Url
from edgeproxy.plan import compile as compile_plan


def compiled(*distributions, code=(), settings=None):
    loaded = {part.name: part for part in code}
    return compile_plan(
        Configuration(distributions, settings or Settings()),
        lambda function: loaded[function.name],
        lambda function: loaded[function.name],
    )


def test_the_default_behavior_is_the_last():
    plan = compiled(distribution(behavior("/a"), behavior("/b"))).distributions[0]
    assert [behavior.behavior.path_pattern for behavior in plan.behaviors] == ["/a", "/b", "*"]
    assert len(plan.patterns.regexes) == 2


def test_each_hook_gets_its_running_code():
    function, handler = PythonFunction("f", None), PythonHandler("h", None)
    at_hooks = behavior(functions={"viewer-request": function}, lambdas={"origin-response": handler})
    plan = compiled(distribution(default=at_hooks), code=[function, handler]).distributions[0].behaviors[-1]
    assert plan.functions == {Hook.VIEWER_REQUEST: function}
    assert plan.lambdas[Hook.ORIGIN_RESPONSE].handler is handler


def test_the_choice_by_host_is_compiled_in():
    snapshot = compiled(distribution(name="Shop"), distribution(name="Blog"), settings=Settings(default="Blog"))
    assert snapshot.choose("localhost").distribution == 1
    assert snapshot.choose("dshop.cloudfront.net").distribution == 0
    assert snapshot.choose("evil.test") is None


def test_cached_objects_of_two_distributions_never_meet():
    prefixes = {plan.cache_prefix for plan in compiled(distribution(name="Shop"), distribution(name="Blog")).distributions}
    assert len(prefixes) == 2


DEV = Origin("app", "app.test", place=Url("http", "localhost", 5173, dev=True))


@pytest.mark.parametrize(
    ("origin", "cacheable", "cookies", "reason"),
    [
        pytest.param(DEV, False, "z=1; a", "app is a dev server (dev: true)", id="a dev server"),
        pytest.param(replace(DEV, place=HERE), True, None, "caching is disabled", id="any other"),
    ],
)
def test_a_behavior_that_leads_to_a_dev_server_stores_nothing_and_sends_everything(origin, cacheable, cookies, reason):
    plan = compiled(distribution(default=behavior(compress=True), origins={"app": origin})).distributions[0].behaviors[-1]
    assert plan.key.cacheable is plan.ttls.cacheable is cacheable
    assert plan.forwarding.cookies(Headers([("Cookie", "z=1; a")])) == cookies
    assert plan.uncached == reason
