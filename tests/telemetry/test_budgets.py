from edgeproxy.exchange import Exchange, FunctionRun, Parts
from edgeproxy.telemetry.budgets import Budgets


def exchange(*runs):
    made = Exchange("GET", "/", 0.0)
    for run in runs:
        made.note("function", run)
    return made


def run(name, milliseconds, budget=20.0, init=0.0, hook="viewer-request"):
    return FunctionRun(hook, name, "lambda", milliseconds, None, None, Parts(0, init, 0), budget)


def test_what_went_over_its_budget_is_counted_and_told():
    budgets = Budgets()
    budgets.accept(exchange(run("auth", 25), run("log", 1)))
    budgets.accept(exchange(run("auth", 5), run("auth", 100, hook="origin-request")))
    budgets.accept(exchange(run("free", 1000, budget=None), FunctionRun("viewer-request", "f", "function", 9)))
    assert budgets.lines() == [
        "auth at origin-request: 1 of 1 over the budget of 20 ms, longest 100.0 ms",
        "auth at viewer-request: 1 of 2 over the budget of 20 ms, longest 25.0 ms",
    ]


def test_a_cold_start_does_not_count():
    budgets = Budgets()
    budgets.accept(exchange(run("auth", 100, init=90)))
    assert budgets.lines() == []
    assert budgets.counts["auth", "viewer-request"].longest == 10
