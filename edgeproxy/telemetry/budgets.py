"""How often Lambda@Edge functions took longer than their latency budgets: counted per function and hook, told in the end."""

from collections import defaultdict
from dataclasses import dataclass

from edgeproxy.exchange import Exchange, FunctionRun


@dataclass(slots=True)
class Count:
    """Of one function at one hook; milliseconds."""

    budget: float
    runs: int = 0
    over: int = 0
    longest: float = 0.0


class Budgets:
    """`ports.Sink` that counts the runs that have a budget."""

    def __init__(self) -> None:
        self.counts: defaultdict[tuple[str, str], Count] = defaultdict(lambda: Count(0))

    def accept(self, exchange: Exchange) -> None:
        for name, run in exchange.facts:
            if name == "function" and isinstance(run, FunctionRun) and run.budget is not None:
                self._count(run, run.budget)

    def _count(self, run: FunctionRun, budget: float) -> None:
        count = self.counts[run.name, run.hook]
        count.budget = budget
        count.runs += 1
        count.over += run.over_budget
        count.longest = max(count.longest, run.charged)

    def lines(self) -> list[str]:
        """One line a function and hook that went over its budget."""
        over = [(where, count) for where, count in sorted(self.counts.items()) if count.over]
        return [
            f"{name} at {hook}: {count.over} of {count.runs} over the budget of {count.budget:g} ms"
            f", longest {count.longest:.1f} ms"
            for (name, hook), count in over
        ]
