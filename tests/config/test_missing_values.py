import yaml

from edgeproxy.config import missing_values
from edgeproxy.config.problems import MAX_PROBLEMS
from edgeproxy.errors import ConfigError, Missing, Problem

A, B, C = (Missing("parameters", name, "VALUE") for name in "ABC")
BUCKET = Missing("origins", "b.s3.amazonaws.com", "./public")


def lack(missing, message="no value"):
    return Problem(message, missing=missing)


def asked(first, *later):
    """What is asked for when each reading finds these; and what the readings were told to suppose."""
    supposed = []

    def again(values):
        supposed.append({each.name for each in values})
        problems = later[len(supposed) - 1]
        if problems:
            raise ConfigError(*problems)

    return [
        each.missing or each.message for each in missing_values.with_all_others(ConfigError(*first), again).problems
    ], supposed


def test_what_is_missing_behind_what_is_missing_is_asked_for_too():
    assert asked([lack(A)], [lack(B)], [lack(C)], []) == ([A, B, C], [{"A"}, {"A", "B"}, {"A", "B", "C"}])


def test_problems_that_only_a_supposed_value_makes_are_not_told():
    found, _ = asked([lack(A), Problem("real")], [Problem("not real"), lack(BUCKET), lack(B)], [Problem("not real")])
    assert found == [A, "real", B]


def test_nothing_is_read_again_where_no_value_is_missing():
    assert asked([Problem("real"), lack(BUCKET)]) == (["real", BUCKET], [])


def test_a_project_that_goes_on_for_ever_is_left():
    found, supposed = asked([lack(A)], *([lack(Missing("imports", f"i{n}", "VALUE"))] for n in range(1000)))
    assert len(supposed) == missing_values.ROUNDS
    assert len(found) == missing_values.ROUNDS + 1


def test_more_problems_than_are_told_are_not_asked_further():
    found, supposed = asked([lack(A), *(Problem(f"p{n}") for n in range(MAX_PROBLEMS))], [lack(B)])
    assert (len(found), found[0], found[-1], supposed) == (
        MAX_PROBLEMS + 1,
        A,
        f"there are more than {MAX_PROBLEMS} problems: the others are not told",
        [],
    )


def test_the_lines_are_yaml_with_each_name_once():
    problems = [
        lack(Missing("resolve", "ssm:/shop/host", "VALUE")),
        lack(BUCKET),
        lack(A),
        lack(A, "elsewhere"),
        lack(Missing("imports", "shop: {Api}", "VALUE")),
        lack(Missing("key_groups", "0b-2", "path/to/public_key.pem", "KEY-ID")),
        lack(Missing("environment", "X", "VALUE")),
        Problem("another"),
    ]
    text = missing_values.lines(problems)
    assert yaml.safe_load(text) == {
        "parameters": {"A": "VALUE"},
        "imports": {"shop: {Api}": "VALUE"},
        "resolve": {"ssm:/shop/host": "VALUE"},
        "origins": {"b.s3.amazonaws.com": "./public"},
        "key_groups": {"0b-2": {"KEY-ID": "path/to/public_key.pem"}},
    }
    assert list(yaml.safe_load(text)) == ["parameters", "imports", "resolve", "origins", "key_groups"]


def test_one_line_is_said_by_its_problem():
    assert missing_values.lines([lack(A), lack(A, "elsewhere"), Problem("another")]) == ""
