from pathlib import Path

import pytest

from edgeproxy.config import code
from edgeproxy.config.code import LocalCode
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.errors import ConfigError


def test_code_is_found_by_the_first_name_that_is_given(tmp_path: Path):
    (tmp_path / "a.js").touch()
    local = LocalCode({"Logical": Node("a.js")}, tmp_path)
    found = local.find(("name", "Logical"))
    assert found is not None
    assert found[0] == tmp_path / "a.js"
    assert local.find(("other",)) is None


def test_code_that_is_not_there_is_a_problem_where_it_is_given(tmp_path: Path):
    local = LocalCode({"F": Node("gone.js", Path("edgeproxy.yaml"), 4, 14)}, tmp_path)
    with pytest.raises(ConfigError) as caught:
        local.find(("F",))
    (problem,) = caught.value.problems
    assert problem.line == 4
    assert problem.message == f"there is no file or directory {tmp_path / 'gone.js'}"


def test_an_archive_is_refused(tmp_path: Path):
    (tmp_path / "f.zip").touch()
    with pytest.raises(ConfigError, match="is an archive"):
        code.existing(tmp_path, "f.zip", Node(None))


def test_a_name_that_no_function_has_is_a_problem():
    local, problems = LocalCode({"Rewrit": Node("a.js")}, Path()), Problems()
    local.find(("Rewrite",))
    local.check_names(problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert caught.value.problems[0].hint == "did you mean Rewrite?"


def test_watched_files_leave_out_what_package_managers_put_there(tmp_path: Path):
    for name in ("index.mjs", "lib/a.mjs", "node_modules/x/i.js", "__pycache__/a.pyc", ".git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(code.files(tmp_path)) == [tmp_path / "index.mjs", tmp_path / "lib/a.mjs"]


def test_watched_files_are_bounded(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(code.MAX_FILES // 2 + 50):
            (tmp_path / folder / f"{number}").touch()
    assert len(list(code.files(tmp_path))) == code.MAX_FILES


@pytest.mark.parametrize(
    ("overlays", "problem"),
    [
        pytest.param({"Auth": (("a", "b"),)}, None, id="a handler's"),
        pytest.param(
            {"Rewrite": (("a", "b"),)},
            ("Rewrite is a CloudFront Function, which has no files", "overlay is for handlers"),
            id="a function's",
        ),
        pytest.param({"Aut": (("a", "b"),)}, ("no function is named Aut", "did you mean Auth?"), id="nobody's"),
    ],
)
def test_an_overlay_is_for_a_handler(overlays, problem):
    local, problems = LocalCode({}, Path(), {}, overlays), Problems()
    local.find(("Auth",)), local.find(("Rewrite",))
    taken = local.overlay(("Auth",))
    local.check_names(problems)
    assert taken == overlays.get("Auth", ())
    if problem is None:
        assert not problems
    else:
        with pytest.raises(ConfigError) as caught:
            problems.raise_any()
        assert [(each.message, each.hint) for each in caught.value.problems] == [problem]
