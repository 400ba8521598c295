"""Whose keys sign: those of a profile of this machine's AWS configuration, or the pair that the settings hold.

botocore reads them as AWS's own tools do (SSO, assumed roles, credential_process) and is loaded when first asked for.
Chosen: a profile alone is asked, never the environment, a container's or a machine's role; when the AWS files change, they are
read again; who waits longer than PATIENCE has none.
"""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from edgeproxy.model import SignAs

PATIENCE = 20.0
"""Seconds that a request waits for credentials that are being renewed."""
NOT_THE_PROFILES = ("container-role", "iam-role")


class NoCredentials(Exception):
    """There are none; the text says why, in one line."""


class Credentials:
    """The credentials of one identity, renewed when they must be."""

    def __init__(self, sign_as: SignAs) -> None:
        self._sign_as = sign_as
        self._found: Any = None
        self._read: list[tuple[Path, int]] = []
        """The AWS files and when they were changed, as they were read."""
        self._loading: asyncio.Future[Any] | None = None

    async def get(self) -> Any:
        """botocore's frozen credentials, good now. Raises NoCredentials."""
        if self._at_hand():
            return self._found.get_frozen_credentials()
        if self._loading is None or self._loading.done():
            self._loading = _in_a_thread(self._load)
        try:
            async with asyncio.timeout(PATIENCE):
                # Who stops waiting does not stop it for the others.
                return await asyncio.shield(self._loading)
        except TimeoutError:
            raise NoCredentials(f"no credentials within {PATIENCE:g} s") from None

    def _at_hand(self) -> bool:
        if self._found is None or any(_changed(path) != changed for path, changed in self._read):
            return False
        refreshable = getattr(self._found, "refresh_needed", None)
        return refreshable is None or not refreshable()

    def _load(self) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._found is None or any(_changed(path) != changed for path, changed in self._read):
                self._found = self._find()
            return self._found.get_frozen_credentials()
        except (BotoCoreError, ClientError, OSError, RuntimeError, ValueError) as error:
            raise NoCredentials(" ".join(str(error).split())) from error

    def _find(self) -> Any:
        from botocore import credentials, session

        who = self._sign_as
        if who.profile is None:
            return credentials.Credentials(who.access_key_id, who.secret_access_key)
        profile = session.Session(profile=who.profile)
        files = [Path(profile.get_config_variable(name)).expanduser() for name in ("credentials_file", "config_file")]
        self._read = [(path, _changed(path)) for path in files]
        resolver = profile.get_component("credential_provider")
        for provider in NOT_THE_PROFILES:
            resolver.remove(provider)
        found = resolver.load_credentials()
        if found is None:
            raise NoCredentials(f"the profile {who.profile} has no credentials")
        return found


def _changed(path: Path) -> int:
    """When a file was changed (ns); 0 when there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _in_a_thread(work: Any) -> "asyncio.Future[Any]":
    """Runs in a thread of its own: name lookups need the loop's, and a hanging program must not hold up the proxy's end."""
    result: Future[Any] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name="credentials", daemon=True).start()
    return asyncio.wrap_future(result)
