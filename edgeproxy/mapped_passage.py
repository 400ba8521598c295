"""A passage whose answer keeps a viewer at the local address by which it came (`viewer: {map_back: true}`)."""

from edgeproxy.pipeline import Passage
from edgeproxy.rules import mapped_back
from edgeproxy.served import Answer


class MappedPassage(Passage):
    """Maps the finished answer back. Where nothing is to be mapped, a proxy runs plain passages, at no cost."""

    __slots__ = ()

    async def run(self) -> Answer:
        host = self.request.host
        answer = await super().run()
        names = None if self.distribution is None else self.distribution.mapped_back
        if names is None or self.local is None:
            return answer
        came = mapped_back.CameBy(host, self.local, self.request.scheme, self.switches.https_port)
        headers = mapped_back.apply(names, answer.headers, came)
        return answer if headers is answer.headers else answer._replace(headers=headers)
