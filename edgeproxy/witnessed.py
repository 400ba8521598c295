"""A passage that keeps what was asked and answered, for those who ask afterwards which choices of ours the answer rests on."""

from edgeproxy.mapped_passage import MappedPassage
from edgeproxy.served import Answer, witness


class WitnessedPassage(MappedPassage):
    """Notes the `Witness` of its answer. A proxy that nobody asks runs plain passages, at no cost."""

    __slots__ = ()

    async def run(self) -> Answer:
        request = self.request
        answer = await super().run()
        self.exchange.note("witness", witness(request, answer, self.distribution, self.plan))
        return answer
