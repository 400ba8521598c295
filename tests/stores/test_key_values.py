import json
import os

import pytest
from kit import Clock

from edgeproxy.errors import ConfigError
from edgeproxy.model import KeyValueStore
from edgeproxy.ports import DeskRefused
from edgeproxy.stores import key_value_file, key_values
from edgeproxy.stores.key_values import KeyValueStores


def write(path, at=None, **pairs):
    path.write_text(json.dumps({"data": [{"key": key, "value": value} for key, value in pairs.items()]}))
    if at is not None:
        os.utime(path, (at, at))
    return path


def content(path):
    return key_value_file.parse(key_value_file.load(path), path)


def store(path=None, keep=None, name="redirects"):
    return KeyValueStore(name, f"arn:{name}", path, keep)


def opened(*stores, clock=None):
    found = KeyValueStores(clock or Clock())
    found.take(found.read(stores))
    return found


def test_a_store_is_read_from_its_file(tmp_path):
    stores = opened(store(write(tmp_path / "a.json", old="new")), store(name="empty"))
    found = stores.snapshot("redirects")
    assert (found.get("old"), found.get("other"), len(found), found.created, found.updated) == ("new", None, 1, 1e6, 1e6)
    assert len(stores.snapshot("empty")) == 0
    assert stores.snapshot("nobody") is None
    assert [tuple(each) for each in stores.stores()] == [("empty", 0, 0), ("redirects", 1, 6)]
    assert stores.paths == {tmp_path / "a.json"}


def test_every_broken_file_is_told_and_nothing_is_taken(tmp_path):
    stores = opened(store(write(tmp_path / "a.json", a="1")))
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{")
    broken = [store(tmp_path / "a.json"), store(tmp_path / "b.json", name="b")]
    with pytest.raises(ConfigError) as caught:
        stores.read(broken)
    assert [problem.path.name for problem in caught.value.problems] == ["a.json", "b.json"]
    assert stores.get("redirects", "a") == "1"
    assert [problem.path.name for each in broken for problem in key_values.check(each)] == ["a.json", "b.json"]


def test_a_snapshot_never_changes_and_the_next_one_has_the_change():
    clock = Clock()
    stores = opened(store(), clock=clock)
    before = stores.snapshot("redirects")
    clock.time += 5
    assert stores.put("redirects", "k", "v") == ("redirects", 1, 2)
    after = stores.snapshot("redirects")
    assert (before.get("k"), before.updated, after.get("k"), after.updated, after.created) == (None, 1e6, "v", 1e6 + 5, 1e6)
    assert stores.delete("redirects", "k") == ("redirects", 0, 0)
    assert after.get("k") == "v"


def test_a_missing_key_is_deleted_without_a_change():
    stores = opened(store())
    before = stores.snapshot("redirects")
    assert stores.delete("redirects", "k") == ("redirects", 0, 0)
    assert stores.snapshot("redirects") is before


REFUSED = [
    pytest.param("redirects", "", "v", "ValidationException", "must not be empty", id="an empty key"),
    pytest.param("redirects", "k" * 513, "v", "ValidationException", "at most 512 bytes", id="a key of 513 bytes"),
    pytest.param("redirects", "k", "v" * 1025, "ValidationException", "at most 1,024 bytes", id="a value of 1,025 bytes"),
    pytest.param("redirect", "k", "v", "ResourceNotFoundException", "did you mean redirects?", id="a store nearly so named"),
]


@pytest.mark.parametrize(("name", "key", "value", "kind", "message"), REFUSED)
def test_what_a_put_is_refused_for(name, key, value, kind, message):
    with pytest.raises(DeskRefused, match=message.replace("?", r"\?")) as caught:
        opened(store()).put(name, key, value)
    assert caught.value.kind == kind


def test_an_unknown_key_suggests_a_near_one(tmp_path):
    stores = opened(store(write(tmp_path / "a.json", colour="red")))
    with pytest.raises(DeskRefused, match=r"redirects has no key color; did you mean colour\?") as caught:
        stores.get("redirects", "color")
    assert caught.value.kind == "ResourceNotFoundException"


def test_a_store_holds_5_mb_and_not_a_byte_more():
    value = "v" * 1024
    pairs = {f"{number:0>512}": value for number in range(5 * 1024 * 1024 // 1536)}
    stores = opened(store())
    stores._snapshots["redirects"] = key_values.snapshot(pairs, 0, 0)
    left = 5 * 1024 * 1024 - len(pairs) * 1536
    with pytest.raises(DeskRefused, match="more than the 5 MB") as caught:
        stores.put("redirects", "k", "v" * left)
    assert caught.value.kind == "ServiceQuotaExceededException"
    assert stores.put("redirects", "k", "v" * (left - 1)).size == 5 * 1024 * 1024
    assert stores.put("redirects", "k", "").size == 5 * 1024 * 1024 - left + 1, "what is replaced does not count"


def test_a_changed_file_replaces_the_store_and_an_unchanged_one_leaves_run_time_changes(tmp_path):
    clock = Clock()
    declared = store(write(tmp_path / "a.json", a="1"))
    stores = opened(declared, clock=clock)
    stores.put("redirects", "b", "2")
    assert stores.take(stores.read([declared])) == []
    assert dict(stores.pairs("redirects")) == {"a": "1", "b": "2"}
    clock.time += 7
    write(tmp_path / "a.json", c="3")
    assert stores.take(stores.read([declared])) == ["redirects"]
    found = stores.snapshot("redirects")
    assert (dict(found.pairs), found.created, found.updated) == ({"c": "3"}, 1e6, 1e6 + 7)


def test_a_store_that_is_no_longer_declared_is_gone():
    stores = opened(store(), store(name="other"))
    stores.take(stores.read([store()]))
    assert stores.snapshot("other") is None
    assert [each.name for each in stores.stores()] == ["redirects"]


def test_changes_are_kept_for_the_next_start(tmp_path):
    declared = store(write(tmp_path / "a.json", 1000, a="1"), tmp_path / "kept.json")
    stores = opened(declared)
    stores.put("redirects", "b", "2")
    assert content(tmp_path / "kept.json") == {"a": "1", "b": "2"}
    assert stores.take(stores.read([declared])) == [], "what we wrote ourselves is no change"
    assert dict(opened(declared).pairs("redirects")) == {"a": "1", "b": "2"}
    assert content(tmp_path / "a.json") == {"a": "1"}


def test_of_the_file_and_what_was_kept_the_younger_is_the_store(tmp_path):
    declared = store(write(tmp_path / "a.json", 2000, a="1"), write(tmp_path / "kept.json", 1000, b="2"))
    assert dict(opened(declared).pairs("redirects")) == {"a": "1"}
    os.utime(tmp_path / "kept.json", (3000, 3000))
    assert dict(opened(declared).pairs("redirects")) == {"b": "2"}


def test_changes_may_be_kept_in_the_file_itself(tmp_path):
    path = write(tmp_path / "a.json", a="1")
    declared = store(path, path)
    stores = opened(declared)
    stores.delete("redirects", "a")
    assert content(path) == {}
    assert stores.take(stores.read([declared])) == []


def test_a_change_that_cannot_be_kept_is_not_made(tmp_path):
    (tmp_path / "folder").mkdir()
    stores = opened(store(keep=tmp_path / "folder" / "kept.json"))
    (tmp_path / "folder").rmdir()
    with pytest.raises(DeskRefused, match=r"not changed: .* cannot be written") as caught:
        stores.put("redirects", "k", "v")
    assert caught.value.kind == "InternalServerException"
    assert len(stores.snapshot("redirects")) == 0


def test_a_kept_file_stays_within_what_can_be_read_again(tmp_path):
    stores = opened(store(keep=tmp_path / "kept.json"))
    stores._snapshots["redirects"] = key_values.snapshot({str(number): "" for number in range(250_000)}, 0, 0)
    with pytest.raises(DeskRefused, match="larger than the 5 MB") as caught:
        stores.put("redirects", "k", "v")
    assert caught.value.kind == "ServiceQuotaExceededException"
    assert not (tmp_path / "kept.json").exists()


def declared(*pairs):
    return KeyValueStore("redirects", "arn", pairs=pairs)


def test_a_store_without_a_file_begins_with_its_pairs_until_they_are_others():
    desk = opened(declared(("a", "1"), ("b", "")))
    assert dict(desk.snapshot("redirects").pairs) == {"a": "1", "b": ""}
    desk.take(desk.read([declared(("a", "2"))]))
    assert dict(desk.snapshot("redirects").pairs) == {"a": "2"}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        pytest.param([("", "1")], "key value store redirects: a key must not be empty", id="no key"),
        pytest.param([("k", "x" * 1025)], "key value store redirects: a value has at most", id="a value too long"),
        pytest.param(
            [(f"{n}", "x" * 1024) for n in range(6000)], "key value store redirects: its pairs are more", id="too many"
        ),
    ],
)
def test_pairs_that_cloudfront_would_not_take(pairs, message):
    (found,) = key_values.check(declared(*pairs))
    assert found.message.startswith(message)
