import pytest


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    """Tokens lie in a folder of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
