import json
from dataclasses import replace

import aiohttp
import pytest
from kit import ALL_METHODS, House, PythonFunction, behavior, distribution, policy, respond

from edgeproxy.errors import OriginError
from edgeproxy.fidelity import BY_ID
from edgeproxy.given_viewer import GivenViewer
from edgeproxy.inspector import admin, explain_pages, token
from edgeproxy.inspector.explain_pages import ExplainPages
from edgeproxy.messages import BodyBroken, Headers, Response, Stream
from edgeproxy.model import Selection
from edgeproxy.served import Switches


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


class Viewers:
    """What the viewer listener serves from, around a house of fakes; keeps the closed exchanges."""

    def __init__(self, *distributions, **parts):
        self.house = House(*distributions, **parts)
        self.snapshot, self.ports = self.house.snapshot, self.house.ports
        self.scheme, self.switches, self.address = "https", Switches(), "localhost:8080"
        self.viewer = GivenViewer({"country": "DE", "city": "Berlin"})
        self.sink = self
        self.accepted = []

    def accept(self, exchange):
        assert exchange.closed
        self.accepted.append(exchange)


class Asking:
    """An admin listener with the page of explanations, and someone who asks it."""

    def __init__(self, viewers):
        self.viewers = viewers

    async def __aenter__(self):
        self.admin = await admin.listen(ExplainPages(self.viewers).routes(), 0)
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error):
        await self.session.close()
        await self.admin.close()

    async def ask(self, question, *, authorized=True):
        data = question if isinstance(question, bytes) else json.dumps(question).encode()
        headers = {"Authorization": f"Bearer {token.read(self.admin.port)}"} if authorized else {}
        url = f"http://127.0.0.1:{self.admin.port}/explanations"
        async with self.session.post(url, data=data, headers=headers) as response:
            return response.status, json.loads(await response.read())

    async def story(self, target="/a", **question):
        status, found = await self.ask({"target": target, **question})
        assert status == 200, found
        return found


def asking(*distributions, **answers):
    viewers = Viewers(*distributions)
    viewers.house.origins.answers.update({f"/{name}": answer for name, answer in {"a": respond(), **answers}.items()})
    return Asking(viewers)


async def test_a_miss_fills_the_cache_and_the_next_one_is_a_hit():
    async with asking() as page:
        first, second = await page.story(), await page.story()
        assert [story["cache"]["outcome"] for story in (first, second)] == ["miss", "hit"]
        assert first["next"] == "Hit, for 60 s (Default TTL 60)"
        assert first["key"]["id"] == second["key"]["id"]
        assert first["answer"]["body_bytes"] == 5


async def test_the_choices_that_an_answer_rests_on_are_told():
    async with asking() as page:
        assert (await page.story())["chosen"] == []
        (told,) = (await page.story(headers=[["If-Match", '"0"']]))["chosen"]
        row = BY_ID["if-match-on-a-hit"]
        assert told == {"id": row.id, "question": row.question, "here": row.here, "switch": row.switch}
        assert page.viewers.accepted[-1].get("witness").request.headers.get("if-match") == '"0"'


async def test_the_request_is_counted_like_a_viewers():
    async with asking() as page:
        await page.story("/a?b=1")
        (exchange,) = page.viewers.accepted
        assert (exchange.method, exchange.target, exchange.status, exchange.x_cache) == ("GET", "/a?b=1", 200, "Miss")
        assert exchange.sent == 5


async def test_method_host_and_headers_are_the_viewers():
    one = distribution(default=behavior(allowed_methods=ALL_METHODS), aliases=("www.shop.test",))
    async with asking(one) as page:
        found = await page.story("/a", method="POST", host="www.shop.test", headers=[["X-City", "München"]])
        assert found["request"]["host"] == "www.shop.test"
        assert found["request"]["headers"] == [["Host", "www.shop.test"], ["X-City", "München"]]
        assert found["cache"] == {**found["cache"], "outcome": "uncached", "why": "POST is not cached"}


async def test_without_the_cache_the_origin_is_asked_and_nothing_stored():
    async with asking() as page:
        await page.story()
        found = await page.story("/a", cache=False)
        assert found["cache"]["why"] == "the cache is switched off"
        assert (await page.story("/b", cache=False))["key"] is None
        assert (await page.story("/b"))["cache"]["outcome"] == "miss"


SCHEMES = [
    pytest.param(8443, {"scheme": "http"}, 301, id="http is http where there is an HTTPS listener"),
    pytest.param(8443, {"scheme": "https"}, 200, id="https is https there"),
    pytest.param(8443, {}, 200, id="a question that names none is HTTPS there"),
    pytest.param(None, {"scheme": "http"}, 200, id="without an HTTPS listener plain HTTP plays it"),
]


@pytest.mark.parametrize(("https_port", "question", "status"), SCHEMES)
async def test_the_scheme_counts_where_there_is_an_https_listener(https_port, question, status):
    async with asking(distribution(default=behavior(viewer_protocol_policy="redirect-to-https"))) as page:
        page.viewers.switches = Switches(https_port=https_port)
        page.viewers.scheme = "https" if https_port is None else "http"
        assert (await page.story(**question))["answer"]["status"] == status


COUNTRY = "CloudFront-Viewer-Country"
BY_COUNTRY = distribution(default=behavior(cache=policy(headers=Selection("whitelist", (COUNTRY,)))))


async def test_the_viewer_is_the_one_that_is_given_or_one_of_its_own():
    async with asking(BY_COUNTRY) as page:
        for viewer, value in (({}, "DE"), ({"country": "FR"}, "FR"), ({"country": None}, None), ({}, "DE")):
            parts = {part["name"]: part for part in (await page.story("/a", viewer=viewer))["key"]["parts"]}
            if value is None:
                assert COUNTRY.lower() not in parts
            else:
                shown = parts[COUNTRY.lower()]
                assert (shown["value"], shown["source"]) == (value, "cache policy test: headers, from viewer.country")
        asked = [request.headers.get(COUNTRY.lower()) for _, request in page.viewers.house.origins.asked]
        assert asked == ["DE", "FR", None]
        assert page.viewers.viewer.changes == {}


async def test_what_the_question_states_of_its_viewer_does_not_count():
    async with asking(BY_COUNTRY) as page:
        await page.story("/a", headers=[[COUNTRY, "XX"]])
        assert page.viewers.house.origins.asked[0][1].headers.get_all(COUNTRY.lower()) == ["DE"]


async def test_a_reload_reaches_the_next_explanation():
    async with asking() as page:
        page.viewers.snapshot = House(distribution(default=behavior(cache=policy(0, 5)))).snapshot
        assert (await page.story())["next"] == "Hit, for 5 s (Default TTL 5)"


async def test_a_function_that_answers_is_told():
    code = PythonFunction("Gate", lambda event: json.dumps({"statusCode": 302, "headers": {"location": {"value": "/b"}}}))
    viewers = Viewers(distribution(default=behavior(functions={"viewer-request": code})), code=[code])
    async with Asking(viewers) as page:
        found = await page.story()
        assert found["cache"] == {**found["cache"], "outcome": "answered", "why": "Gate answered at viewer-request"}
        assert found["answer"]["status"] == 302


async def test_a_failing_origin_is_told_with_its_cause():
    error = OriginError(502, OriginError.CONNECT, "connection refused", "OriginConnectError")
    async with asking(a=error) as page:
        found = await page.story()
        assert found["answer"]["status"] == 502
        assert found["error"] == ["connection refused"]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        pytest.param({"target": "/a" * 4200}, 414, id="a long URL"),
        pytest.param({"target": "/a#b"}, 400, id="a fragment"),
        pytest.param({"target": "a"}, 400, id="no path"),
        pytest.param({"target": "/a", "method": "CONNECT"}, 400, id="CONNECT"),
        pytest.param({"target": "/a", "headers": [["X", "v" * 33_000]]}, 494, id="a head of 33 KB"),
        pytest.param({"target": "/a", "host": "nobody.test"}, 403, id="a Host that nobody answers to"),
    ],
)
async def test_what_the_viewer_listener_refuses_is_refused(question, status):
    async with asking() as page:
        found = await page.story(**question)
        assert found["answer"]["status"] == status
        assert found["cache"]["outcome"] == "error"
        assert len(page.viewers.accepted) == 1


@pytest.mark.parametrize(
    "question",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="no target"),
        pytest.param({"target": 1}, id="a target that is a number"),
        pytest.param({"target": "/a b"}, id="a space in the target"),
        pytest.param({"target": "/é"}, id="a target that is not ASCII"),
        pytest.param({"target": "/", "body": "x"}, id="a property too many"),
        pytest.param({"target": "/", "method": "GET /"}, id="a method that is no token"),
        pytest.param({"target": "/", "scheme": "ftp"}, id="another scheme"),
        pytest.param({"target": "/", "cache": 1}, id="a cache that is a number"),
        pytest.param({"target": "/", "host": "a\r\nb"}, id="a line break in the host"),
        pytest.param({"target": "/", "headers": {"a": "b"}}, id="headers that are no list"),
        pytest.param({"target": "/", "headers": [["a"]]}, id="a header without a value"),
        pytest.param({"target": "/", "headers": [["a b", ""]]}, id="a header name that is no token"),
        pytest.param({"target": "/", "headers": [["a", "b\nc: d"]]}, id="a line break in a header"),
        pytest.param({"target": "/", "headers": [["Host", "b"]]}, id="a second Host"),
        pytest.param({"target": "/", "headers": [["a", ""]] * 600}, id="600 headers"),
        pytest.param({"target": "/", "viewer": {"country": "fr"}}, id="a country that is none"),
        pytest.param({"target": "/", "viewer": ["country"]}, id="a viewer that is a list"),
        pytest.param(b"{", id="no JSON"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_and_nothing_is_asked(question):
    async with asking() as page:
        status, found = await page.ask(question)
        assert (status, found["error"]) == (400, "ValidationException")
        assert page.viewers.accepted == []


async def test_it_needs_the_token():
    async with asking() as page:
        assert (await page.ask({"target": "/a"}, authorized=False))[0] == 401
        assert page.viewers.accepted == []


class Endless:
    """A body that never ends; knows whether it was let go of."""

    def __init__(self, chunk=b"x" * 65_536, broken=False):
        self.chunk, self.broken, self.closed = chunk, broken, False

    async def chunks(self):
        while True:
            yield self.chunk
            if self.broken:
                raise BodyBroken("the peer closed")

    async def close(self):
        self.closed = True

    def answer(self, request):
        return Response(200, Headers(), Stream(self.chunks(), None, self))


DISABLED = distribution(default=behavior(cache=policy(0, 0, 0, query_strings=Selection("none"))))


async def test_of_an_endless_body_some_megabytes_are_read():
    body = Endless()
    async with asking(DISABLED, a=body.answer) as page:
        found = await page.story()
        assert not found["answer"]["body_whole"]
        assert explain_pages.MAX_BODY < found["answer"]["body_bytes"] <= explain_pages.MAX_BODY + len(body.chunk)
        assert body.closed


async def test_a_body_that_breaks_off_is_told():
    async with asking(DISABLED, a=Endless(broken=True).answer) as page:
        found = await page.story()
        assert found["error"] == ["the answer broke off: the peer closed"]
        assert not found["answer"]["body_whole"]


async def test_a_head_has_no_body():
    async with asking() as page:
        assert (await page.story("/a", method="HEAD"))["answer"]["body_bytes"] == 0


async def test_a_question_without_a_host_comes_by_the_address_that_viewers_use():
    default = behavior(cache=policy(headers=Selection("whitelist", ("Host",))))
    viewers = Viewers(replace(distribution(default=default), declared=False))
    async with Asking(viewers) as asker:
        assert (await asker.story())["request"]["host"] == "localhost:8080"
        assert viewers.house.origins.asked[0][1].host == "localhost:8080"
