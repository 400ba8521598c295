import json

from kit import House, behavior, distribution, policy, respond

from edgeproxy.exchange import Exchange, FunctionRun, Lookup, Parts
from edgeproxy.inspector import story
from edgeproxy.messages import EMPTY, Headers, Request, Upstream
from edgeproxy.model import Selection
from edgeproxy.rules import masking
from edgeproxy.rules.freshness import Verdict
from edgeproxy.served import Answer

SITE = distribution(
    default=behavior(
        cache=policy(query_strings=Selection("all"), cookies=Selection("all"), headers=Selection("whitelist", ("X-Api-Key",)))
    )
)
SECRETS = ("t0ken-aa", "c00kie-bb", "k3y-cc", "s3t-dd")


def told(*facts, target="/a?x=1", headers=(), answer=None, size=5, known=True):
    house = House(SITE)
    path, mark, query = target.partition("?")
    request = Request("GET", "https", "localhost", path, query if mark else None, Headers([("Host", "localhost"), *headers]))
    exchange = Exchange("GET", target, 0.0)
    for name, value in facts:
        exchange.note(name, value)
    exchange.close(0.0125)
    plan = house.snapshot.distributions[0]
    chosen = (plan, plan.behaviors[-1]) if known else (None, None)
    answer = answer or Answer(200, "", Headers([("ETag", '"1"')]), (("X-Cache", "Hit from cloudfront"),), EMPTY, "Hit")
    return story.tell(story.Told(request, exchange, answer, size, True, *chosen))


HIT = (("key", "Site\n/a?x=1\nGET"), ("lookup", Lookup("fresh", 108.0, 100.0, 160.0, "max-age=60")))


def test_a_story_tells_everything():
    run = FunctionRun("viewer-request", "Rewrite", "function", 0.03, utilization=7)
    found = told(*HIT, ("function", run), ("console.log", ("Rewrite", "hello")))
    assert found["request"] == {"method": "GET", "host": "localhost", "target": "/a?x=1", "headers": [["Host", "localhost"]]}
    assert found["distribution"] == "Site"
    assert found["behavior"] == {"path_pattern": "*", "cache_policy": "cache policy test", "target_origin_id": "app"}
    assert [(part["kind"], part["name"], part["value"]) for part in found["key"]["parts"]] == [
        ("distribution", "", "Site"),
        ("path", "", "/a"),
        ("query", "x", "1"),
        ("method", "", "GET"),
    ]
    assert found["cache"] == {
        "outcome": "hit",
        "why": "stored 8 s ago",
        "found": "fresh",
        "age": 8.0,
        "ttl_left": 52.0,
        "ttl_from": "max-age=60",
        "stored": False,
        "not_stored": None,
    }
    assert found["next"] == "Hit, for 52 s (max-age=60)"
    assert found["functions"][0]["name"] == "Rewrite"
    assert found["functions"][0]["utilization"] == 7
    assert found["console"] == [{"function": "Rewrite", "line": "hello"}]
    assert found["answer"] == {
        "status": 200,
        "x_cache": "Hit",
        "headers": [["ETag", '"1"'], ["X-Cache", "Hit from cloudfront"]],
        "body_bytes": 5,
        "body_whole": True,
        "milliseconds": 12.5,
    }


def test_what_the_origin_side_noted_is_told():
    found = told(
        *HIT[:1],
        ("lookup", Lookup("nothing stored", 108.0)),
        ("origin", "app"),
        ("failover", "app gave 503, other is asked"),
        ("origin", "other"),
        ("upstream", Upstream("other", 0.0, 1.5, 12.0)),
        ("ttl", Verdict(True, 60.0, "max-age=60")),
        ("not honoured", "the function's originOverrides for its origin has no effect here"),
        ("custom error response", "404 -> /404.html as 200"),
        ("error", "no such page"),
    )
    assert found["origins"] == ["app", "other"]
    assert found["upstream"] == [{"origin": "other", "dns": 0.0, "connect": 1.5, "first_byte": 12.0}]
    assert found["failover"] == ["app gave 503, other is asked"]
    assert found["custom_error_response"] == ["404 -> /404.html as 200"]
    assert found["error"] == ["no such page"]
    assert len(found["not_honoured"]) == 1
    assert found["cache"]["stored"]


def test_a_handler_has_the_parts_of_its_time():
    run = FunctionRun("origin-request", "Auth", "lambda", 30.0, None, None, Parts(1.0, 20.0, 8.0), 5.0)
    (function,) = told(*HIT, ("function", run))["functions"]
    assert function["parts"] == {"queue": 1.0, "init": 20.0, "handler": 8.0}
    assert function["over_budget"]


def test_a_request_that_was_refused_early_has_neither_behavior_nor_key():
    found = told(("error", "no k3y-cc here"), known=False, headers=[("X-Api-Key", "k3y-cc")])
    assert found["cache"]["why"] == f"no {masking.hidden('k3y-cc')} here"
    assert (found["distribution"], found["behavior"], found["key"]) == (None, None, None)
    assert found["cache"]["outcome"] == "error"


def test_keys_are_compared_by_their_id_and_by_nothing_that_is_hidden():
    keys = [f"Site\n/a\nGET\ncookie: session={value}" for value in ("1", "1", "2")]
    ids = [told(("key", key), HIT[1])["key"]["id"] for key in keys]
    assert ids[0] == ids[1] != ids[2]


def test_utf_8_is_read_as_such():
    headers = [("X-City", "München".encode().decode("latin-1")), ("X-Raw", "\xff")]
    assert told(*HIT, headers=headers)["request"]["headers"][1:] == [["X-City", "München"], ["X-Raw", "\xff"]]


async def test_no_secret_of_the_request_or_the_answer_is_told():
    house = House(SITE)
    token, cookie, api_key, session = SECRETS
    house.origins.answers["/a"] = respond(200, b"x", ("Set-Cookie", f"s={session}; Path=/"))
    headers = [("Cookie", f"a={cookie}"), ("X-Api-Key", api_key)]
    passage = house.passage("GET", f"/a?token={token}&x=1", *headers)
    request = passage.request
    answer = await passage.run()
    house.exchange.note("console.log", ("F", f"{cookie} and {token}"))
    house.exchange.note("error", f"failed for {api_key}")
    house.exchange.note("function", FunctionRun("viewer-request", "F", "function", 1.0, f"Error: {token}"))
    house.exchange.close(0)
    found = story.tell(story.Told(request, house.exchange, answer, 1, True, passage.distribution, passage.plan))
    text = json.dumps(found)
    assert [secret for secret in SECRETS if secret in text] == []
    parts = {part["name"]: part["value"] for part in found["key"]["parts"]}
    assert parts["token"] == masking.hidden(token)
    assert parts["a"] == masking.hidden(cookie)
    assert parts["x-api-key"] == masking.hidden(api_key)
    assert parts["x"] == "1"
