"""A WebSocket's handshake on the way of a request."""

from kit import House, Origins, PythonFunction, PythonHandler, behavior, distribution, respond

from edgeproxy.errors import OriginError
from edgeproxy.messages import Duplex, Headers, Response
from edgeproxy.model import CustomErrorResponse, PolicyHeader, ResponseHeadersPolicy

ACCEPT = ("Sec-WebSocket-Accept", "rJhKvuPKPWZ1KqPyvJ8XkPvWYzI=")
SWITCHED = Headers([("Connection", "Upgrade"), ("Upgrade", "websocket"), ACCEPT, ("Date", "Thu, 01 Jan 2026 00:00:00 GMT")])


class Socket(Origins):
    """An origin that opens every WebSocket it is asked for."""

    def __init__(self, **answers):
        super().__init__(**answers)
        self.otherwise = lambda request: (
            Response(101, SWITCHED, Duplex(None, b"", lambda: None)) if request.websocket else respond(200, b"plain")
        )


async def ask(house, target="/ws", *headers, **parts):
    return await house.passage("GET", target, *headers, websocket=True, **parts).run()


async def test_a_101_passes_with_its_headers_and_cloudfronts_own():
    house = House(origins=Socket())
    answer = await ask(house)
    assert (answer.status, answer.x_cache) == (101, "Miss")
    assert answer.headers.items == (ACCEPT, ("Date", "Thu, 01 Jan 2026 00:00:00 GMT"))
    assert [name for name, _ in answer.added] == ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"]
    assert isinstance(answer.body, Duplex)


async def test_neither_the_cache_nor_another_viewers_request_answers_a_handshake():
    house = House(origins=Socket())
    assert (await house.get("/ws")).body == b"plain"
    assert (await house.get("/ws")).x_cache == "Hit"
    for _ in range(2):
        assert (await ask(house)).status == 101
    assert [request.websocket for _, request in house.origins.asked] == [False, True, True]
    assert (await house.get("/ws")).x_cache == "Hit"


async def test_what_is_no_101_is_not_stored_either():
    house = House(origins=Origins(ws=respond()))
    for _ in range(2):
        answer = await ask(house)
        assert (answer.status, answer.x_cache) == (200, "Miss")
    assert len(house.origins.asked) == 2


async def test_behavior_protocol_and_methods_are_judged_as_for_any_request():
    house = House(distribution(default=behavior(viewer_protocol_policy="redirect-to-https")), origins=Socket())
    answer = await ask(house, scheme="http")
    assert (answer.status, answer.headers.get("location")) == (301, "https://dsite.cloudfront.net/ws")
    assert house.origins.asked == []


def viewer_request(output):
    code = PythonFunction("code", output)
    return House(distribution(default=behavior(functions={"viewer-request": code})), origins=Socket(), code=[code])


async def test_a_function_may_rewrite_a_handshake():
    house = viewer_request(lambda event: event[event.index('{"method"') : -1].replace("/ws", "/other"))
    assert (await ask(house)).status == 101
    assert house.origins.paths == ["/other"]


async def test_a_function_may_answer_a_handshake():
    house = viewer_request(lambda event: '{"statusCode": 401}')
    assert (await ask(house)).status == 401
    assert house.origins.asked == []


async def test_no_code_and_no_policy_changes_a_101():
    def never(*event):
        raise AssertionError("it ran")

    code = [PythonFunction("viewer", never), PythonHandler("origin", never)]
    default = behavior(
        functions={"viewer-response": code[0]},
        lambdas={"origin-response": code[1]},
        response_headers_policy=ResponseHeadersPolicy("policy", custom_headers=(PolicyHeader("X-A", "1", True),)),
    )
    answer = await ask(House(distribution(default=default), origins=Socket(), code=code))
    assert answer.status == 101
    assert "x-a" not in answer.headers


async def test_the_error_page_for_a_refused_handshake_is_asked_for_without_one():
    page = CustomErrorResponse(503, "/sorry", 200)
    house = House(distribution(custom_error_responses=(page,)), origins=Origins(ws=respond(503), sorry=respond(200, b"sorry")))
    assert (await ask(house)).status == 200
    assert [(request.path, request.websocket) for _, request in house.origins.asked] == [("/ws", True), ("/sorry", False)]


async def test_an_origin_that_is_down_is_a_page():
    house = House(origins=Origins(ws=OriginError(502, OriginError.CONNECT, "refused", "OriginConnectError")))
    assert (await ask(house)).status == 502
