from edgeproxy.exchange import Exchange, FunctionRun


def test_facts_are_appended_and_returned():
    exchange = Exchange("GET", "/", 1.0)
    run = FunctionRun("viewer-request", "f", "function", 0.1)
    assert exchange.note("function", run) is run
    exchange.note("function", run._replace(name="g"))
    assert [fact.name for fact in exchange.all("function")] == ["f", "g"]
    assert exchange.get("function").name == "g"
    assert exchange.get("nothing") is None


def test_closing_measures_in_milliseconds():
    exchange = Exchange("GET", "/", 1.0)
    assert not exchange.closed
    exchange.close(1.25)
    assert exchange.closed
    assert exchange.milliseconds == 250.0
