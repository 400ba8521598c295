import pytest

from edgeproxy.hooks import RIGHTS, Hook


def test_every_hook_has_its_row():
    assert set(RIGHTS) == set(Hook)


ROWS = [
    pytest.param(Hook.VIEWER_REQUEST, "host", True, id="LE-7 Host is read-only at viewer-request"),
    pytest.param(Hook.ORIGIN_REQUEST, "host", False, id="LE-8 Host may be changed at origin-request"),
    pytest.param(Hook.ORIGIN_REQUEST, "accept-encoding", True, id="LE-10 Accept-Encoding is read-only at origin-request"),
    pytest.param(Hook.VIEWER_RESPONSE, "content-encoding", True, id="LE-45 Content-Encoding is read-only at viewer-response"),
]


@pytest.mark.parametrize(("hook", "name", "read_only"), ROWS)
def test_read_only_headers_of_handlers(hook, name, read_only):
    assert (name in RIGHTS[hook].lambda_read_only) is read_only


def test_a_function_may_set_content_length_at_viewer_response():
    assert "content-length" not in RIGHTS[Hook.VIEWER_RESPONSE].function_read_only, "CFF-33"


def test_functions_run_at_the_viewer_hooks_only():
    assert {hook for hook in Hook if RIGHTS[hook].functions} == {Hook.VIEWER_REQUEST, Hook.VIEWER_RESPONSE}


def test_read_only_names_are_lower_case():
    for rights in RIGHTS.values():
        assert all(name == name.lower() for name in rights.function_read_only | rights.lambda_read_only)
