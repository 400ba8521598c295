import asyncio

import pytest
from click.testing import CliRunner
from kit_proxy import Running

from edgeproxy.cli import main
from edgeproxy.commands.viewer import NOTHING, in_words

pytestmark = pytest.mark.usefixtures("runtime")


def run(*arguments):
    result = CliRunner().invoke(main, ["viewer", *map(str, arguments)])
    return result.exit_code, result.output


async def viewer(*arguments):
    return await asyncio.to_thread(run, *arguments)


async def test_values_are_shown_changed_and_reset(site):
    async with Running(site, admin_port=0) as running:
        port = running.proxy.admin_port
        both = "country  FR      set while running\ndevice   mobile  set while running\n"
        steps = [
            ((), f"{NOTHING}\n"),
            (("country=FR", "device=mobile"), both),
            (("--admin-port", port), both),
            (("city=a=b", "device="), "country  FR      set while running\ncity     a=b     set while running\n"
                                      "device   (none)  set while running\n"),
            (("reset", "--admin-port", port), f"{NOTHING}\n"),
        ]  # fmt: skip
        for arguments, output in steps:
            assert await viewer(*arguments) == (0, output), arguments


async def test_what_the_proxy_refuses_is_said_in_a_line(site):
    async with Running(site, admin_port=0):
        assert await viewer("country=fr") == (1, "Error: country is 'fr': did you mean FR?\n")
        assert await viewer("contry=FR") == (1, "Error: a viewer has no 'contry': did you mean country?\n")


@pytest.mark.parametrize("arguments", [["country"], ["=FR"], ["reset", "country=FR"], ["forget"], ["", ""]], ids=" ".join)
def test_what_is_no_pair_is_a_usage_error(arguments):
    assert run(*arguments)[0] == 2


def test_values_of_the_settings_are_told_from_others_and_are_safe_for_a_terminal():
    shown = {"values": {"country": "DE", "city": "\x1b[2JBonn"}, "changed": ["country", "region"]}
    words = in_words(shown).splitlines()
    assert (
        words[0] == "country  DE" + " " * (len(words[0]) - len("country  DE") - len("set while running")) + "set while running"
    )
    assert words[1].endswith("Bonn  settings")
    assert "\x1b" not in words[1]
    assert words[2].split() == ["region", "(none)", "set", "while", "running"]


def test_without_a_proxy_it_is_told_in_a_line():
    for arguments in ((), ("country=FR",), ("reset",)):
        assert run(*arguments) == (1, "Error: no proxy with an admin listener is running; start one with --admin-port 8081\n")


def test_help_has_examples():
    status, output = run("--help")
    assert status == 0
    assert "edgeproxy viewer country=FR device=mobile" in output
