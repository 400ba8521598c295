import pytest

from edgeproxy.exchange import Exchange
from edgeproxy.fidelity import BY_ID, BY_PROPERTY
from edgeproxy.messages import Headers, Request
from edgeproxy.model import NotHonoured
from edgeproxy.rules.freshness import Verdict
from edgeproxy.rules.seen import Witness
from edgeproxy.telemetry.strict import Strict


def exchange(*facts, target="/x"):
    path, mark, query = target.partition("?")
    closed = Exchange("GET", target, 0.0)
    for name, value in facts:
        closed.note(name, value)
    request = Request("GET", "https", "www.test", path, query if mark else None, Headers())
    closed.note("witness", Witness(request, Headers(), None, None))
    closed.status, closed.x_cache = 200, "Hit"
    closed.close(0.1)
    return closed


def strict():
    said = []
    return Strict(said.append), said


COLLAPSED = ("collapsed", "waited for another viewer's request")


def test_each_choice_is_said_once_and_counted():
    sink, said = strict()
    for target in ("/a?token=secret", "/b"):
        sink.accept(exchange(COLLAPSED, target=target))
    row = BY_ID["collapsed-age"]
    words = f"{row.question}: {row.here}".replace("`", "")
    (line,) = said
    assert line.startswith("GET /a?token=(hidden, ")
    assert line.endswith(f" relies on a choice: {words}  (fidelity: collapsed-age)")
    assert sink.failed
    assert sink.lines() == [
        "strict fidelity: 2 requests relied on 1 choice",
        f"       2  collapsed-age  {words}",
    ]


def test_a_run_without_any_is_faithful():
    sink, said = strict()
    assert not sink.failed
    sink.accept(exchange())
    assert (said, sink.failed) == ([], False)
    assert sink.lines() == ["strict fidelity: no request relied on a choice of edgeproxy's"]


def test_what_was_refused_while_it_was_read_has_no_witness():
    sink, said = strict()
    refused = Exchange("-", "-", 0.0)
    refused.status, refused.x_cache = 414, "Error"
    sink.accept(refused)
    assert "fidelity: refusals-by-size-page" in said[0]


def test_a_hostile_target_never_reaches_the_terminal():
    sink, said = strict()
    sink.accept(exchange(COLLAPSED, target="/\x1b[31m"))
    assert said[0].startswith("GET /\\x1b[31m relies")


def test_what_a_function_asked_for_without_effect_counts():
    sink, said = strict()
    sink.accept(exchange(("not honoured", "the function's originShield for its origin has no effect here")))
    assert "fidelity: origin-choice-without-effect" in said[0]


@pytest.mark.parametrize(
    ("property_", "counts"),
    [
        pytest.param("DistributionConfig.WebACLId", True, id="a web ACL"),
        pytest.param("cf.cwt of Rewrite", True, id="what a function uses"),
        pytest.param("DistributionConfig.HttpVersion", False, id="HTTP/2, which nearly every template sets"),
    ],
)
def test_properties_that_are_not_honoured_count_and_are_said_once(property_, counts):
    sink, said = strict()
    instead = BY_PROPERTY[property_].here if property_ in BY_PROPERTY else "throws"
    for _ in range(2):
        sink.declared([NotHonoured(property_, instead)])
    assert said == ([f"not honoured: {property_}: {instead}"] if counts else [])
    assert sink.failed is counts
    if counts:
        assert sink.lines() == ["strict fidelity: 1 property is not honoured", f"       –  {property_}: {instead}"]


def test_a_request_that_relied_on_two_choices_is_one_request_and_the_ids_stand_in_a_column():
    sink, _ = strict()
    sink.accept(exchange(COLLAPSED, ("ttl", Verdict(True, 0, "invalid Expires"))))
    first, *rows = sink.lines()
    assert first == "strict fidelity: 1 request relied on 2 choices"
    assert len({row.index(BY_ID[row.split()[1]].question.replace("`", "")) for row in rows}) == 1


def test_both_are_summed_up_in_a_line():
    sink, _ = strict()
    sink.accept(exchange(COLLAPSED))
    sink.declared([NotHonoured("a", "x"), NotHonoured("b", "y")])
    assert sink.lines()[0] == "strict fidelity: 1 request relied on 1 choice, 2 properties are not honoured"
