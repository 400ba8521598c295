"""A server that speaks raw bytes, and the client that asks it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple

import pytest

from edgeproxy.origins.custom import CustomOrigins


class Line(NamedTuple):
    """One connection as the origin has it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def hang_up(self) -> None:
        self.writer.transport.abort()


Talk = Callable[[Line], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A server whose every connection is `talk`; yields its port, raises what went wrong in it."""
    tasks: set[asyncio.Task[None]] = set()
    wrong: list[BaseException] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(Line(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except BaseException as error:
            wrong.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
    if wrong:
        raise wrong[0]


@pytest.fixture
def served() -> Callable[..., AbstractAsyncContextManager[int]]:
    """`async with served(talk) as port`: every connection is one call of `talk`."""
    return serving


@pytest.fixture
def always() -> Callable[..., Talk]:
    """`always(answer, heads)` talks like an origin that answers every request with the same bytes and keeps the heads it got."""

    def made(answer: bytes, heads: list[bytes] | None = None) -> Talk:
        async def talk(line: Line) -> None:
            while True:
                head = await line.head()
                if heads is not None:
                    heads.append(head)
                await line.say(answer)

        return talk

    return made


@pytest.fixture
async def origins() -> AsyncIterator[CustomOrigins]:
    custom = CustomOrigins()
    yield custom
    await custom.close()
