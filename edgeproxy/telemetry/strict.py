"""`serve --strict-fidelity`: which answers rest on choices of ours, each choice told once, all of them counted in the end.

What the configuration sets and this version does not honour counts too, but for what is so common that it is only mentioned.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from edgeproxy.exchange import Exchange
from edgeproxy.fidelity import BY_ID, BY_PROPERTY
from edgeproxy.model import NotHonoured
from edgeproxy.rules import chosen, masking
from edgeproxy.rules.seen import NOBODY, Witness
from edgeproxy.telemetry.request_line import shown

WITHOUT_EFFECT = "origin-choice-without-effect"
"""The row of what a function asked for its origin that has no effect here."""


class Strict:
    """`ports.Sink` that says on which choices a request relies, and knows in the end whether any did."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._touched: Counter[str] = Counter()
        self._requests = 0
        """How many relied on a choice."""
        self._properties: dict[str, str] = {}

    def declared(self, items: Iterable[NotHonoured]) -> None:
        """Takes what a configuration that is served sets and is not honoured; each is said once."""
        for item in items:
            row = BY_PROPERTY.get(item.property)
            if item.property not in self._properties and not (row is not None and row.quiet):
                self._properties[item.property] = item.instead
                self._say(f"not honoured: {item.property}: {item.instead}")

    def accept(self, exchange: Exchange) -> None:
        found = exchange.get("witness")
        ids = chosen.touched(exchange, found if isinstance(found, Witness) else NOBODY)
        ids += [WITHOUT_EFFECT] if exchange.get("not honoured") is not None else []
        self._requests += bool(ids)
        for id_ in ids:
            self._touched[id_] += 1
            if self._touched[id_] == 1:
                target = shown(masking.target(exchange.target))
                self._say(f"{exchange.method} {target} relies on a choice: {_words(id_)}  (fidelity: {id_})")

    @property
    def failed(self) -> bool:
        """Was there anything that CloudFront may do otherwise?"""
        return bool(self._touched or self._properties)

    def lines(self) -> list[str]:
        """The summary: a line for each choice, with how many requests relied on it, and for each property."""
        if not self.failed:
            return ["strict fidelity: no request relied on a choice of edgeproxy's"]
        width = max(map(len, self._touched), default=0)
        touched = [f"  {count:>6}  {id_:{width}}  {_words(id_)}" for id_, count in self._touched.most_common()]
        properties = [f"       –  {name}: {instead}" for name, instead in self._properties.items()]
        return [f"strict fidelity: {self._counted()}", *touched, *properties]

    def _counted(self) -> str:
        requests, choices, properties = self._requests, len(self._touched), len(self._properties)
        relied = f"{requests} request{'' if requests == 1 else 's'} relied on {choices} choice{'' if choices == 1 else 's'}"
        honoured = f"{properties} propert{'y is' if properties == 1 else 'ies are'} not honoured"
        return ", ".join([*([relied] if choices else []), *([honoured] if properties else [])])


def _words(id_: str) -> str:
    """A row as a terminal shows it."""
    return f"{BY_ID[id_].question}: {BY_ID[id_].here}".replace("`", "")
