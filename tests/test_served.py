import re
from itertools import islice

from kit import House

from edgeproxy.exchange import Exchange
from edgeproxy.messages import EMPTY, Bytes, Stream
from edgeproxy.rules.quotas import Refusal
from edgeproxy.served import REQUEST_IDS, refusal_answer, without_content


def test_request_ids_have_the_form_of_cloudfronts():
    ids = list(islice(REQUEST_IDS, 1000))
    assert len(set(ids)) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{53}[AQgw]==", each) for each in ids)


def test_a_refused_request_gets_the_page_and_its_cause_is_noted():
    exchange = Exchange("GET", "/", 0.0)
    answer = refusal_answer(Refusal(494, "too large", True), exchange, House().ports)
    assert (answer.status, answer.x_cache, exchange.get("error")) == (494, "Error", "too large")
    assert dict(answer.added)["X-Cache"] == "Error from cloudfront"


async def test_content_that_is_left_out_is_still_let_go_of():
    closed = []

    class Source:
        async def close(self):
            closed.append(True)

    left = without_content(Stream(EMPTY.chunks(), 9, Source()))
    assert (left.length, [chunk async for chunk in left.chunks()]) == (0, [])
    await left.close()
    assert closed == [True]
    assert without_content(Bytes(b"x")) is EMPTY
