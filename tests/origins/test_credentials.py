import asyncio
import os
import sys
import threading

import pytest

from edgeproxy.model import SignAs
from edgeproxy.origins import credentials
from edgeproxy.origins.credentials import Credentials, NoCredentials


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """Writes ~/.aws/config and ~/.aws/credentials of a machine whose environment holds keys of its own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    # Who asked a container's or a machine's role would be found out: nobody listens there.
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1/")
    files = {"config": tmp_path / "config", "credentials": tmp_path / "credentials"}
    monkeypatch.setenv("AWS_CONFIG_FILE", str(files["config"]))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files["credentials"]))

    def write(stamp=1_000_000_000, **content):
        for name, text in content.items():
            files[name].write_text(text)
            os.utime(files[name], (stamp, stamp))

    return write


async def got(sign_as):
    found = await Credentials(sign_as).get()
    return found.access_key, found.secret_key, found.token


async def refused(sign_as):
    with pytest.raises(NoCredentials) as caught:
        await Credentials(sign_as).get()
    return str(caught.value)


def process(tmp_path, code):
    """A config file whose profile `p` asks a program."""
    program = tmp_path / "program.py"
    program.write_text(code)
    return f"[profile p]\ncredential_process = {sys.executable} {program}\n"


def printing(expires):
    return f"""
import json, pathlib
runs = pathlib.Path(__file__).with_suffix(".runs")
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
print(json.dumps({{"Version": 1, "AccessKeyId": f"run-{{len(runs.read_text())}}", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": {expires!r}}}))
"""


async def test_a_pair_of_keys_is_itself(aws):
    assert await got(SignAs(None, "a", "b")) == ("a", "b", None)


async def test_a_profile_of_the_files(aws):
    aws(credentials="[p]\naws_access_key_id = a\naws_secret_access_key = b\naws_session_token = c\n")
    assert await got(SignAs("p")) == ("a", "b", "c")


async def test_a_profile_that_asks_a_program(aws, tmp_path):
    aws(config=process(tmp_path, printing("2999-01-01T00:00:00Z")))
    credentials = Credentials(SignAs("p"))
    assert [(await credentials.get()).access_key for _ in range(3)] == ["run-1"] * 3


async def test_credentials_about_to_expire_are_renewed_for_each_request(aws, tmp_path):
    from datetime import UTC, datetime, timedelta

    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    aws(config=process(tmp_path, printing(soon)))
    credentials = Credentials(SignAs("p"))
    assert len({(await credentials.get()).access_key for _ in range(3)}) == 3


async def test_a_profile_is_read_again_when_its_file_changes(aws):
    keys = "[p]\naws_access_key_id = {}\naws_secret_access_key = b\n"
    aws(credentials=keys.format("old"))
    credentials = Credentials(SignAs("p"))
    assert (await credentials.get()).access_key == "old"
    aws(1_000_000_001, credentials=keys.format("new"))
    assert (await credentials.get()).access_key == "new"


async def test_a_failure_is_not_remembered(aws):
    credentials = Credentials(SignAs("p"))
    with pytest.raises(NoCredentials, match=r"config profile \(p\) could not be found"):
        await credentials.get()
    aws(credentials="[p]\naws_access_key_id = a\naws_secret_access_key = b\n")
    assert (await credentials.get()).access_key == "a"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param({}, "The config profile (p) could not be found", id="no such profile"),
        pytest.param(
            {"config": "[profile p]\nregion = x\n"}, "the profile p has no credentials", id="the profile alone is asked"
        ),
        pytest.param({"credentials": "[p]\naws_access_key_id = a\n"}, "Partial credentials found in", id="half a pair"),
        pytest.param({"config": "[profile p\n"}, "Unable to parse config file", id="a broken file"),
        pytest.param(
            {"config": "[profile p]\nrole_arn = arn:aws:iam::1:role/r\n"},
            "missing: source_profile or credential_source",
            id="half a role",
        ),
    ],
)
async def test_why_there_are_none(aws, content, cause):
    aws(**content)
    said = await refused(SignAs("p"))
    assert cause in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param("import sys; sys.exit('token\\nexpired')", "token expired", id="it fails, in two lines"),
        pytest.param("print('no JSON')", "Expecting value", id="it prints nonsense"),
        pytest.param(printing("2000-01-01T00:00:00Z"), "still expired", id="what it prints has expired"),
    ],
)
async def test_a_program_that_gives_none(aws, tmp_path, code, cause):
    aws(config=process(tmp_path, code))
    said = await refused(SignAs("p"))
    assert cause in said
    assert "\n" not in said


async def test_who_waits_too_long_has_none_and_the_next_one_gets_them(monkeypatch):
    go_on, loads = threading.Event(), []

    class Slow(Credentials):
        def _load(self):
            loads.append(1)
            assert go_on.wait(10)
            return "loaded"

    slow = Slow(SignAs("p"))
    monkeypatch.setattr(credentials, "PATIENCE", 0.01)
    with pytest.raises(NoCredentials, match=r"no credentials within 0\.01 s"):
        await slow.get()
    monkeypatch.setattr(credentials, "PATIENCE", 10)
    waiting = [asyncio.ensure_future(slow.get()) for _ in range(3)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*waiting) == ["loaded"] * 3
    assert len(loads) == 1
