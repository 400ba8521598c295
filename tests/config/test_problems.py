import time
from pathlib import Path

import pytest

from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import MAX_PROBLEMS, MAX_STEPS, Circle, Problems, TooMany, Untold, did_you_mean
from edgeproxy.errors import ConfigError, Missing, Problem

A, B = Path("a"), Path("b")


def test_problems_are_raised_together_file_by_file_from_the_top_each_once():
    problems = Problems()
    problems.add(Problem("2", A, 9), Problem("3", B, 1), Problem("1", A, 2), Problem("2", A, 9))
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert [problem.message for problem in caught.value.problems] == ["1", "2", "3"]


def test_what_is_missing_is_asked_for_once_where_it_was_missed_first():
    problems = Problems()
    missing = Missing("imports", "shop", "VALUE")
    others = [missing._replace(section="resolve"), missing._replace(name="other")]
    problems.add(Problem("1", A, 2, missing=missing), Problem("2", B, 1, missing=missing._replace(value="x")))
    problems.add(*(Problem("3", A, 9, missing=each) for each in others))
    assert [(problem.message, problem.missing) for problem in problems.error().problems] == [
        ("1", missing), ("3", others[0]), ("3", others[1])
    ]  # fmt: skip


def test_nothing_is_raised_when_there_is_nothing():
    problems = Problems()
    problems.raise_any()
    assert not problems


def test_a_config_error_inside_the_block_is_gathered():
    problems = Problems()
    with problems.gathering():
        raise ConfigError(Problem("x"), Problem("y"))
    with pytest.raises(ConfigError, match="x; y"):
        problems.raise_any()


@pytest.mark.parametrize(
    ("name", "names", "hint"),
    [
        pytest.param("TargetOrginId", ["TargetOriginId", "PathPattern"], "did you mean TargetOriginId?", id="a near name"),
        pytest.param("targetoriginid", ["TargetOriginId"], "did you mean TargetOriginId?", id="another case"),
        pytest.param("zzz", ["b", "a"], "allowed: a, b", id="nothing near, few names"),
        pytest.param("zzz", [f"name{n}" for n in range(20)], "", id="nothing near, many names"),
        pytest.param("zzz", [], "", id="no names"),
    ],
)
def test_did_you_mean(name, names, hint):
    assert did_you_mean(name, names) == hint


def steps(circle: Circle, *names: str) -> None:
    if names:
        with circle.step(names[0], Node(None)):
            steps(circle, *names[1:])


def test_a_name_that_needs_itself_is_a_circle():
    circle = Circle()
    with pytest.raises(ConfigError, match="circular reference: b -> c -> b"):
        steps(circle, "a", "b", "c", "b")
    steps(circle, "b", "a")


def test_steps_are_bounded():
    names = [str(number) for number in range(MAX_STEPS + 1)]
    steps(Circle(), *names[1:])
    with pytest.raises(ConfigError, match=f"nested deeper than {MAX_STEPS}"):
        steps(Circle(), *names)


def test_more_problems_than_anyone_reads_end_the_reading():
    problems = Problems()

    def all_of_them():
        for number in range(10 * MAX_PROBLEMS):
            with problems.gathering():
                raise ConfigError(Problem(f"{number}", A, number))

    with pytest.raises(TooMany) as caught:
        all_of_them()
    with pytest.raises(ConfigError) as told:
        caught.value.problems.raise_any()
    assert len(told.value.problems) == MAX_PROBLEMS + 1
    assert told.value.problems[0].message == "0"
    assert told.value.problems[-1].message == "there are more than 200 problems: the others are not told"


def test_a_reading_that_is_only_tried_is_never_ended_by_its_problems():
    problems = Untold()
    assert not problems
    problems.add()
    for number in range(2 * MAX_PROBLEMS):
        problems.add(Problem(f"{number}"))
    assert [problem.message for problem in problems.error().problems] == ["0"]


def test_names_of_a_megabyte_and_very_many_are_not_compared():
    long = "a" * 1_000_000
    started = time.monotonic()
    assert did_you_mean(long, [long + "b"] * 20) == f"allowed: {long}b"
    assert did_you_mean("nane", ("name", *(f"x{number}" for number in range(200_000)))) == "did you mean name?"
    assert time.monotonic() - started < 2
