from pathlib import Path

import pytest

from edgeproxy.config.assets import Assets
from edgeproxy.config.nodes import plain
from edgeproxy.errors import ConfigError


def manifest(**files):
    """Each file: name -> path, or (path, key)."""
    entries = {}
    for name, (where, *keys) in files.items():
        destinations = {str(index): {"bucketName": "b", "objectKey": key} for index, key in enumerate(keys)}
        entries[name] = {"source": {"path": where, "packaging": "zip"}, "destinations": destinations}
    return plain({"version": "48.0.0", "files": entries})


@pytest.fixture
def out(tmp_path: Path):
    folder = tmp_path / "cdk.out"
    (folder / "asset.abc").mkdir(parents=True)
    (folder / "pairs.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_an_asset_is_found_by_its_object_keys_and_by_its_hash(out: Path):
    assets = Assets(out, {})
    assets.add(manifest(abc=("asset.abc", "abc.zip", "prefix/abc.zip"), d=("pairs.json",)), out)
    assert assets.find("abc.zip") == assets.find("prefix/abc.zip") == out / "asset.abc"
    assert assets.find("d.json") == out / "pairs.json"
    assert assets.find("other.zip") is None


def test_a_file_of_an_asset_is_watched(out: Path):
    sources: dict[Path, None] = {}
    assets = Assets(out, sources)
    assets.add(manifest(abc=("asset.abc", "abc.zip"), d=("pairs.json", "d.json")), out)
    assert assets.file("d.json") == out / "pairs.json"
    assert assets.file("abc.zip") is None
    assert list(sources) == [out / "pairs.json"]


def test_an_asset_without_a_source_path_is_made_by_a_command_that_is_not_run(out: Path):
    assets = Assets(out, {})
    assets.add(plain({"files": {"x": {"source": {"executable": ["touch", str(out / "ran")]}, "destinations": {}}}}), out)
    assert assets.find("x.zip") is None
    assert not (out / "ran").exists()


OUTSIDE = [
    pytest.param("../secret.txt", "is outside the cloud assembly", id="a path that climbs out"),
    pytest.param("asset.abc/../../secret.txt", "is outside the cloud assembly", id="one that climbs out later"),
    pytest.param("/etc/hosts", "is outside the cloud assembly", id="an absolute path"),
    pytest.param("link", "is outside the cloud assembly", id="a link that leads out"),
    pytest.param("loop", "cannot be read", id="a link to itself"),
    pytest.param("asset.gone", "there is no file or directory", id="what is missing"),
    pytest.param("a\0b", "not a path", id="what is no path"),
]


@pytest.mark.parametrize(("where", "message"), OUTSIDE)
def test_nothing_outside_the_assembly_is_read(out: Path, where, message):
    (out / "link").symlink_to("../secret.txt")
    (out / "loop").symlink_to("loop")
    assets = Assets(out, {})
    assets.add(manifest(abc=(where, "abc.zip")), out)
    with pytest.raises(ConfigError, match=message) as caught:
        assets.find("abc.zip")
    assert [problem.message.count("\n") for problem in caught.value.problems] == [0]


def test_a_nested_assembly_names_the_assets_of_the_outer_one(out: Path):
    (out / "assembly-Prod").mkdir()
    assets = Assets(out, {})
    assets.add(manifest(abc=("../asset.abc", "abc.zip")), out / "assembly-Prod")
    assert assets.find("abc.zip") == out / "asset.abc"
