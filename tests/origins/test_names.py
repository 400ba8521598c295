import socket

import pytest

from edgeproxy.origins.names import Resolver


@pytest.mark.parametrize(
    ("family", "addresses"),
    [
        pytest.param(socket.AF_UNSPEC, ["127.0.0.1", "::1"], id="both"),
        pytest.param(socket.AF_INET, ["127.0.0.1"], id="IPv4 alone"),
        pytest.param(socket.AF_INET6, ["::1"], id="IPv6 alone"),
    ],
)
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "app.localhost", "a.b.localhost"])
async def test_names_of_this_machine_ask_nobody(name, family, addresses):
    resolver = Resolver()
    found = await resolver.resolve(name, 3000, family)
    assert [(each["host"], each["port"]) for each in found] == [(address, 3000) for address in addresses]
    await resolver.close()


async def test_any_other_name_is_looked_up():
    resolver = Resolver()
    with pytest.raises(socket.gaierror):
        await resolver.resolve("localhost.invalid", 3000)
    await resolver.close()
