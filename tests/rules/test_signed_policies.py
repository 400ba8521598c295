import json

import pytest

from edgeproxy.rules.signed_policies import MalformedPolicy, Policy, canned, custom

case = pytest.param
NOW = 1_000.0


def statement(**parts):
    return {"Statement": [{"Condition": {"DateLessThan": {"AWS:EpochTime": 2000}}, **parts}]}


def condition(**parts):
    return statement(Condition={"DateLessThan": {"AWS:EpochTime": 2000}, **parts})


URLS = [
    case("*", "https://a.example/b?c=1", True, id="everything"),
    case("https://a.example/b", "https://a.example/b", True, id="the very URL"),
    case("https://a.example/b", "http://a.example/b", False, id="another scheme"),
    case("https://a.example/b", "https://b.example/b", False, id="another host"),
    case("https://a.example/b", "https://a.example/b?c=1", False, id="a query that was not signed"),
    case("https://a.example/b?c=1", "https://a.example/b?c=1", True, id="the very query"),
    case("https://a.example/b?c=*", "https://a.example/b?c=1&d=2", True, id="a star in the query"),
    case("https://a.example/b?c=1", "https://a.example/bxc=1", False, id="the first question mark divides"),
    case("https://a.example/b*", "https://a.example/b/c", True, id="a trailing star in the path"),
    case("https://a.example/b*", "https://a.example/b/c?d=1", True, id="a trailing star in the path covers any query"),
    case("https://a.example/*.jpg", "https://a.example/x/y.jpg", True, id="a star within the path"),
    case("https://a.example/*.jpg", "https://a.example/x.jpg?a", False, id="which covers no query"),
    case("https://a.example/*", "https://b.a.example/", False, id="a star stays in its section"),
    case("https://*.example/x", "https://a.b.example/x", True, id="a star in the domain"),
    case("https://*.example/x", "https://a/.example/x", False, id="which does not reach into the path"),
    case("https://a.example*", "https://a.example/b?c", True, id="a trailing star in the domain covers path and query"),
    case("https://a.example", "https://a.example/", True, id="no path is the root"),
    case("https://a.example", "https://a.example/b", False, id="and nothing else"),
    case("*://a.example/b", "http://a.example/b", True, id="any protocol"),
    case("http*://a.example/b", "https://a.example/b", True, id="http or https"),
    case("*a.example/b", "https://www.a.example/b", True, id="a leading star is any protocol"),
    case("*/b/*", "http://c.example/b/d?e", True, id="any protocol and host"),
    case("https://a.example/b", "https://a.example/B", False, id="case counts"),
    case("a.example/b", "https://a.example/b", False, id="no protocol and no star"),
    case("https://a.example/.", "https://a.example/x", False, id="a dot is a dot"),
]


@pytest.mark.parametrize(("resource", "url", "covered"), URLS)
def test_resources(resource, url, covered):
    assert (Policy(resource, 2000).denies(url, "127.0.0.1", NOW) is None) is covered


@pytest.mark.parametrize(
    ("policy", "now", "client_ip", "why"),
    [
        case(Policy(None, 2000), 1999.9, "::1", None, id="before its end"),
        case(Policy(None, 2000), 2000, "::1", "expired", id="at its end"),
        case(custom(json.dumps(statement(Condition={"DateLessThan": {"AWS:EpochTime": 9223372036854775807}})).encode()), 4e9, "::1", None, id="before the last second of all"),
        case(custom(json.dumps(condition(IpAddress={"AWS:SourceIp": "192.0.2.1/32"})).encode()), 1, "192.0.2.2", "is not in", id="next to one address"),
        case(Policy(None, 2000, 1000), 999.9, "::1", "valid after 1000", id="before its first second"),
        case(Policy(None, 2000, 1000), 1000, "::1", "valid after 1000", id="on its first second"),
        case(Policy(None, 2000, 1000), 1000.5, "::1", None, id="after its beginning"),
        case(custom(json.dumps(condition(IpAddress={"AWS:SourceIp": "192.0.2.0/24"})).encode()), 1, "192.0.2.9", None, id="an address of the network"),
        case(custom(json.dumps(condition(IpAddress={"AWS:SourceIp": "192.0.2.0/24"})).encode()), 1, "192.0.3.9", "is not in", id="another address"),
        case(custom(json.dumps(condition(IpAddress={"AWS:SourceIp": "192.0.2.1"})).encode()), 1, "192.0.2.1", None, id="one address"),
        case(custom(json.dumps(condition(IpAddress={"AWS:SourceIp": "0.0.0.0/0"})).encode()), 1, "2001:db8::1", "is not in", id="IPv6"),
    ],
)  # fmt: skip
def test_conditions(policy, now, client_ip, why):
    denied = policy.denies("https://a.example/", client_ip, now)
    assert denied is None if why is None else why in denied


def test_the_canned_policy_is_the_text_that_is_signed():
    text, policy = canned("https://a.example/b?c=1", "2000")
    assert text == b'{"Statement":[{"Resource":"https://a.example/b?c=1","Condition":{"DateLessThan":{"AWS:EpochTime":2000}}}]}'
    assert policy == Policy(None, 2000)


@pytest.mark.parametrize("expires", ["", "x", "-1", "1.5", "1700000000000", "١٢٣", " 12"])
def test_an_expires_that_is_no_time_in_seconds(expires):
    with pytest.raises(MalformedPolicy, match="not Unix seconds"):
        canned("https://a.example/", expires)


@pytest.mark.parametrize(
    "text",
    [
        case(b"", id="nothing"),
        case(b"\xff", id="no text"),
        case(b"[" * 5000, id="a tower of brackets"),
        case(b"[]", id="a list"),
        case(json.dumps({"Statement": []}).encode(), id="no statement"),
        case(json.dumps({"Statement": statement()["Statement"] * 2}).encode(), id="two statements"),
        case(json.dumps({"Statement": [{"Resource": "*"}]}).encode(), id="no condition"),
        case(json.dumps(statement(Condition={})).encode(), id="no end"),
        case(json.dumps(statement(Condition={"DateLessThan": {"AWS:EpochTime": "2000"}})).encode(), id="a time in quotes"),
        case(json.dumps(statement(Condition={"DateLessThan": {"AWS:EpochTime": True}})).encode(), id="no number"),
        case(json.dumps(statement(Condition={"DateLessThan": {"AWS:EpochTime": 2**63}})).encode(), id="a time too late"),
        case(json.dumps(condition(DateGreaterThan={})).encode(), id="no beginning"),
        case(json.dumps(condition(IpAddress={"AWS:SourceIp": "x"})).encode(), id="no address"),
        case(json.dumps(condition(IpAddress={"AWS:SourceIp": "::1"})).encode(), id="an IPv6 address"),
        case(json.dumps(condition(StringLike={"aws:Referer": "x"})).encode(), id="a condition that is not known"),
        case(json.dumps(statement(Resource=["*"])).encode(), id="a list of resources"),
        case(json.dumps(statement(Effect="Allow")).encode(), id="a member that is not known"),
    ],
)
def test_malformed_policies(text):
    with pytest.raises(MalformedPolicy):
        custom(text)


def test_a_whole_custom_policy():
    parts = {"DateGreaterThan": {"AWS:EpochTime": 1}, "IpAddress": {"AWS:SourceIp": "192.0.2.0/24"}}
    policy = custom(json.dumps(statement(Resource="*", **condition(**parts)["Statement"][0])).encode())
    assert (policy.resource, policy.before, policy.after, str(policy.addresses)) == ("*", 2000, 1, "192.0.2.0/24")
