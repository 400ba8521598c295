from kit import House, Origins, distribution, respond

from edgeproxy.model import Origin


async def test_the_origin_is_asked_with_conditions_only_for_a_stale_success():
    origins = Origins(x=respond(404, b"gone", ("ETag", '"e"')))
    house = House(origins=origins)
    await house.get("/x")
    house.clock.time += 11
    await house.get("/x")
    assert [request.headers.get("if-none-match") for _, request in origins.asked] == [None, None]


async def test_origin_path_and_custom_headers_are_put_on_last():
    origin = Origin(
        "app",
        "app.test",
        origin_path="/prod",
        custom_headers=(("X-Secret", "s"),),
        place=House().snapshot.distributions[0].distribution.origins["app"].place,
    )
    house = House(distribution(origins={"app": origin}))
    await house.get("/x")
    assert house.origins.paths == ["/prod/x"]
    assert house.origins.asked[0][1].headers.get("x-secret") == "s"


async def test_cf_33_what_the_origin_is_sent_without_a_request_policy():
    """CF-33"""
    house = House()
    await house.get("/x", ("User-Agent", "curl"), ("Cookie", "a=1"), ("Accept-Language", "de"), ("Referer", "r"))
    headers = house.origins.asked[0][1].headers
    assert headers.get("user-agent") == "Amazon CloudFront"
    assert headers.get("host") == "app.test"
    assert headers.get("x-forwarded-for") == "198.51.100.7"
    assert headers.get("via").endswith(".cloudfront.net (CloudFront)")
    assert not {"cookie", "accept-language", "referer"} & set(headers.names())


async def test_what_went_to_the_origin_and_what_came_back_is_noted_as_it_was():
    house = House(origins=Origins(x=respond(200, b"x", ("Age", "7"), ("Connection", "close"))))
    await house.get("/x", ("X-Forwarded-For", "1.1.1.1"))
    said = house.exchange.get("said")
    assert (said.status, said.headers.get("age"), said.headers.get("connection")) == (200, "7", "close")
    assert said.sent is house.origins.asked[0][1].headers
    await house.get("/x")
    assert house.exchange.get("said") is None
