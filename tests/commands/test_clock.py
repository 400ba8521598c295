import asyncio
import re

import pytest
from click.testing import CliRunner
from kit_proxy import Running

from edgeproxy.cli import main
from edgeproxy.commands.clock import in_words

pytestmark = pytest.mark.usefixtures("runtime")


def run(*arguments):
    result = CliRunner().invoke(main, ["clock", *map(str, arguments)])
    return result.exit_code, result.output


async def clock(*arguments):
    return await asyncio.to_thread(run, *arguments)


async def test_what_is_stored_ages_with_the_clock(site):
    async with Running(site, admin_port=0) as running:
        assert [(await running.get("/index.html")).x_cache for _ in "12"] == ["Miss", "Hit"]
        await clock("advance", "23h")
        seen = await running.get("/index.html")
        assert seen.x_cache == "Hit"
        assert int(seen["Age"]) in range(23 * 3600, 23 * 3600 + 60)
        await clock("advance", "1h1s")
        assert (await running.get("/index.html")).x_cache == "RefreshHit", "a day is the default TTL"


async def test_it_is_shown_advanced_set_and_reset(site):
    async with Running(site, admin_port=0) as running:
        shown = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, (.*)\n")
        port = running.proxy.admin_port
        steps = [
            ((), "real time"),
            (("advance", "1h30m"), "1 hour 30 minutes ahead of real time"),
            (("advance", "--", "-2h"), "30 minutes behind real time"),
            (("advance", "1.5m", "--admin-port", port), "28 minutes 30 seconds behind real time"),
            (("--admin-port", port), "28 minutes 30 seconds behind real time"),
            (("--admin-port", port, "reset"), "real time"),
            (("advance", "2w1d"), "15 days ahead of real time"),
            (("reset",), "real time"),
        ]
        for arguments, words in steps:
            status, output = await clock(*arguments)
            assert (status, shown.fullmatch(output)[1]) == (0, words), arguments
        for moment in ("2030-01-31T12:00:00", "2030-01-31T12:00Z", "2030-01-31T13:00:00+01:00"):
            status, output = await clock("set", moment)
            assert (status, output[:20]) == (0, "2030-01-31T12:00:00Z")
        assert running.proxy.clock.now() == pytest.approx(1_896_091_200, abs=10)
        assert await clock("advance", "999999w") == (1, "Error: the clock cannot leave the years 1970 to 9999\n")


BAD = [
    *(["advance", text] for text in ("1", "h", "1y", "1h ", "1h-2m", "٣h", "", "1..5h", "1e3s", "9999999999999999s")),
    *(["set", text] for text in ("tomorrow", "12:00", "2026-13-01")),
    ["forward"],
    ["advance"],
    ["set"],
]


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_what_is_neither_a_duration_nor_a_moment_is_a_usage_error(arguments):
    assert run(*arguments)[0] == 2


WORDS = [
    pytest.param(0.0, "real time"),
    pytest.param(1.0, "1 second ahead of real time"),
    pytest.param(-0.25, "0.25 seconds behind real time"),
    pytest.param(3599.9999, "1 hour ahead of real time"),
    pytest.param(90061.2, "1 day 1 hour 1 minute 1 second ahead of real time"),
    pytest.param(-86400.0 * 7305, "7,305 days behind real time"),
    pytest.param(86400.0 * 2_900_000, "2,900,000 days ahead of real time"),
    pytest.param(1e-9, "0 seconds ahead of real time"),
]


@pytest.mark.parametrize(("offset", "words"), WORDS)
def test_an_offset_in_words(offset, words):
    assert in_words(offset) == words


def test_without_a_proxy_it_is_told_in_a_line():
    for arguments in ((), ("advance", "1h"), ("reset",)):
        assert run(*arguments) == (1, "Error: no proxy with an admin listener is running; start one with --admin-port 8081\n")


@pytest.mark.parametrize("arguments", [[], ["advance"], ["set"], ["reset"]])
def test_help_has_examples(arguments):
    status, output = run(*arguments, "--help")
    assert status == 0
    assert f"edgeproxy clock {arguments[0] if arguments else 'advance'}" in output
