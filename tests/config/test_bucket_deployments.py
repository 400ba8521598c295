from pathlib import Path

import kit_cdk
import pytest

from edgeproxy.config import bucket_deployments, load
from edgeproxy.errors import ConfigError
from edgeproxy.model import Directory


def app(folder: Path, *deployments, **buckets):
    """An app with one bucket origin; each deployment makes a resource of the app: `lambda assembly: resource`."""
    assembly = kit_cdk.Assembly(folder / "cdk.out")
    resources = {f"Deploy{number}": each(assembly) for number, each in enumerate(deployments)}
    web = kit_cdk.distribution(kit_cdk.bucket_origin(kit_cdk.DOMAIN))
    assembly.stack("Shop", {"Site397A1860": kit_cdk.SITE_BUCKET, "DistB3B78991": web, **buckets, **resources}).save()
    return folder


def into(bucket, *contents, suffix="", **more):
    return lambda assembly: kit_cdk.deployment(bucket, *(assembly.asset(each, suffix) for each in contents), **more)


SITE = {"Ref": "Site397A1860"}


def directory(folder: Path) -> Directory:
    (distribution,) = load(folder).distributions
    found = distribution.origins["ShopDistOrigin1A2B3C4D5"].place
    assert isinstance(found, Directory)
    return found


def place(folder: Path) -> Path:
    return directory(folder).path


def content(folder: Path) -> dict[str, str]:
    found = place(folder)
    return {path.relative_to(found).as_posix(): path.read_text() for path in found.rglob("*") if path.is_file()}


def problems(folder: Path):
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return [problem.message for problem in caught.value.problems]


PAGE, MORE = {"index.html": "page", "js/app.js": "app"}, {"index.html": "other", "logo.svg": "logo"}
CONTENTS = [
    pytest.param([into(SITE, PAGE)], PAGE, id="one folder"),
    pytest.param([into(SITE, PAGE, suffix=".zip")], PAGE, id="one archive"),
    pytest.param([into(SITE, PAGE, MORE)], {**PAGE, **MORE}, id="two sources of one deployment, the later one wins"),
    pytest.param([into(SITE, PAGE), into(SITE, MORE)], {**PAGE, **MORE}, id="two deployments into one bucket"),
    pytest.param(
        [into(SITE, PAGE, DestinationBucketKeyPrefix="web/static/")],
        {"web/static/index.html": "page", "web/static/js/app.js": "app"},
        id="a prefix",
    ),
    pytest.param([into(SITE, PAGE, DestinationBucketKeyPrefix="/")], PAGE, id="the prefix / is none"),
    pytest.param(
        [into(SITE, PAGE, Exclude=["*"], Include=["js/*"]), into(SITE, MORE, Exclude=["*.svg"])],
        {"js/app.js": "app", "index.html": "other"},
        id="filters: what is included wins over what is excluded",
    ),
    pytest.param(
        [into(SITE, {"config.json": '{"bucket": "<<marker:0xbaba:0>>"}'}, SourceMarkers=[{"<<marker:0xbaba:0>>": SITE}])],
        {"config.json": '{"bucket": "shop-site397a1860"}'},
        id="markers stand for what is known at deployment",
    ),
    pytest.param(
        [
            into(
                SITE,
                {"config.json": '{"a": "<<m>>"}'},
                SourceMarkers=[{"<<m>>": 'say "hi"'}],
                SourceMarkersConfig=[{"jsonEscape": True}],
            )
        ],
        {"config.json": '{"a": "say \\"hi\\""}'},
        id="a marker in JSON is escaped",
    ),
    pytest.param([into("another-bucket", MORE), into(SITE, PAGE)], PAGE, id="another bucket's deployment is not ours"),
    pytest.param(
        [into({"Ref": "Unknown"}, MORE), into(SITE, PAGE)], PAGE, id="a bucket whose name is not known is none of ours"
    ),
]


@pytest.mark.parametrize(("deployments", "expected"), CONTENTS)
def test_what_the_deployments_put_into_a_bucket(tmp_path: Path, deployments, expected):
    assert content(app(tmp_path, *deployments)) == expected


def test_one_folder_is_served_where_it_lies(tmp_path: Path):
    found = place(app(tmp_path, into(SITE, PAGE)))
    assert found.parent == tmp_path / "cdk.out"


def test_content_put_together_is_the_same_at_every_load(tmp_path: Path):
    folder = app(tmp_path, into(SITE, PAGE, MORE))
    first = place(folder)
    assert place(folder) == first
    app(folder, into(SITE, PAGE, {**MORE, "new.txt": "new"}))
    assert place(folder) != first


def test_an_archive_that_is_not_extracted_is_one_object(tmp_path: Path):
    found = place(app(tmp_path, into(SITE, PAGE, suffix=".zip", Extract=False)))
    (archive,) = (tmp_path / "cdk.out").glob("asset.*.zip")
    assert [path.name for path in found.iterdir()] == [archive.name]


BAD = [
    pytest.param(
        [into(SITE, PAGE, DestinationBucketKeyPrefix="../../etc")],
        ["DestinationBucketKeyPrefix is '../../etc'"],
        id="a prefix that climbs out",
    ),
    pytest.param(
        [lambda assembly: kit_cdk.deployment(SITE, "0" * 64)],
        [f"the source {'0' * 64}.zip is not an asset of this cloud assembly"],
        id="a source that is no asset",
    ),
    pytest.param(
        [into(SITE, {"../evil.txt": "x"}, suffix=".zip")],
        ["a path that leads out of it"],
        id="an archive with a path that climbs out",
    ),
    pytest.param([], ["bucket shop-site397a1860.s3.eu-west-1.amazonaws.com has no place on this machine"], id="no deployment"),
]


@pytest.mark.parametrize(("deployments", "messages"), BAD)
def test_a_deployment_that_cannot_be_read_is_one_line(tmp_path: Path, deployments, messages):
    found = problems(app(tmp_path, *deployments))
    assert len(found) == len(messages)
    assert all(message in each for message, each in zip(messages, found, strict=True))


def test_a_missing_folder_matters_only_where_the_settings_give_no_place(tmp_path: Path):
    folder = app(tmp_path, into(SITE, PAGE))
    (asset,) = (tmp_path / "cdk.out").glob("asset.*")
    asset.rename(tmp_path / "moved")
    (found,) = problems(folder)
    assert found == f"there is no file or directory {asset}"
    (tmp_path / "edgeproxy.yaml").write_text("distribution: cdk.out\norigins: {Shop/Site: moved}\n")
    assert place(folder) == tmp_path / "moved"


FRESH, FOREVER = "no-cache", "public, max-age=31536000, immutable"
CACHE_FRESH, CACHE_FOREVER = (("Cache-Control", FRESH),), (("Cache-Control", FOREVER),)


def stored(value):
    return {"cache-control": value}


METADATA = [
    pytest.param([into(SITE, PAGE)], {}, id="none"),
    pytest.param([into(SITE, PAGE, SystemMetadata=stored(FRESH))], {"": CACHE_FRESH}, id="of a folder that is served where it lies"),
    pytest.param(
        [
            into(SITE, PAGE, Exclude=["*.html"], SystemMetadata=stored(FOREVER)),
            into(SITE, PAGE, Exclude=["*"], Include=["*.html"], SystemMetadata=stored(FRESH)),
        ],
        {"js/app.js": CACHE_FOREVER, "index.html": CACHE_FRESH},
        id="two deployments told apart by their filters",
    ),
    pytest.param(
        [
            into(SITE, PAGE, DestinationBucketKeyPrefix="assets", SystemMetadata=stored(FOREVER)),
            into(SITE, PAGE, SystemMetadata=stored(FRESH)),
        ],
        {
            "assets/index.html": CACHE_FOREVER,
            "assets/js/app.js": CACHE_FOREVER,
            "index.html": CACHE_FRESH,
            "js/app.js": CACHE_FRESH,
        },
        id="two deployments told apart by their prefix",
    ),
    pytest.param(
        [into(SITE, PAGE, SystemMetadata=stored(FOREVER)), into(SITE, MORE)],
        {"js/app.js": CACHE_FOREVER},
        id="the last one that puts an object decides, also when it stores nothing with it",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("deployments", "expected"), METADATA)
def test_what_is_stored_with_each_object(tmp_path: Path, deployments, expected):
    assert directory(app(tmp_path, *deployments)).metadata == expected


def named(*metadata):
    return [lambda assembly, each=each: {**into(SITE, PAGE)(assembly), "Metadata": each} for each in metadata]


CALLED = [
    pytest.param([into(SITE, PAGE)], "Deploy0", id="its logical id"),
    pytest.param(named(kit_cdk.path("Shop/Deploy/CustomResource/Default")), "Shop/Deploy", id="its construct path"),
    pytest.param(named(kit_cdk.path("Shop/Deploy/CustomResource-512MiB/Default")), "Shop/Deploy", id="with a memory limit"),
    pytest.param(
        named(kit_cdk.path("Shop/Pages/CustomResource/Default"), kit_cdk.path("Shop/Assets/CustomResource/Default")),
        "Shop/Pages and 1 more",
        id="several",
    ),
]


@pytest.mark.parametrize(("deployments", "called"), CALLED)
def test_how_the_content_of_a_bucket_is_called(tmp_path: Path, deployments, called):
    assert directory(app(tmp_path, *deployments)).deployed_by == called


def test_metadata_that_is_not_sent_is_told(tmp_path: Path):
    def told(metadata):
        (distribution,) = load(app(tmp_path, into(SITE, PAGE, SystemMetadata=metadata))).distributions
        return [item.property for item in distribution.not_honoured if item.property.startswith("Custom::")]

    assert told({**stored(FRESH), "storage-class": "STANDARD_IA"}) == []
    assert told({**stored(FRESH), "website-redirect": "/new"}) == ["Custom::CDKBucketDeployment.SystemMetadata"]


def test_what_markers_would_make_too_large_is_never_made(tmp_path: Path):
    source, target = tmp_path / "a.html", tmp_path / "b" / "a.html"
    source.write_text("aaaa")
    assert bucket_deployments._put(source, target, {"a": "bb"}, 8) == 8
    assert target.read_text() == "bbbbbbbb"
    assert bucket_deployments._put(source, target, {"a": "bb", "b": "cc"}, 15) == 16
    assert not target.exists()
    assert bucket_deployments._put(source, target, {}, 3) == 4
    assert not target.exists()
