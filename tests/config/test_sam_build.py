import kit_sam
import pytest

from edgeproxy.config import load
from edgeproxy.config.sam_build import Builds
from edgeproxy.errors import ConfigError


@pytest.fixture
def app(tmp_path):
    return kit_sam.project(tmp_path)


def test_what_was_built_is_read_in_place_of_the_template(app):
    built = kit_sam.build(app)
    builds = Builds({})
    assert builds.instead_of(app / "template.yaml") == built
    assert (builds.found, len(builds.remarks)) == ([built], 1)
    watched = {path.relative_to(app).as_posix() for path in builds.sources}
    assert watched == {
        "template.yaml",
        "edge/app.py",
        "app/app.py",
        ".aws-sam",
        ".aws-sam/build",
        ".aws-sam/build/template.yaml",
    }


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        pytest.param("template.yaml", False, id="the source is asked for"),
        pytest.param("other.yaml", True, id="a template that sam does not find by itself may not be the one that was built"),
        pytest.param("template.json", True, id="a template that is not there"),
    ],
)
def test_what_is_read_itself(app, name, wanted):
    kit_sam.build(app)
    (app / "other.yaml").write_text(kit_sam.TEMPLATE)
    builds = Builds({}, wanted)
    assert builds.instead_of(app / name) == app / name
    assert (builds.found, builds.remarks, builds.sources) == ([], [], {})


def test_without_a_build_the_template_is_read(app):
    assert Builds({}).instead_of(app / "template.yaml") == app / "template.yaml"
    kit_sam.begin_build(app)
    assert Builds({}).instead_of(app / "template.yaml") == app / "template.yaml", "a first build failed, or is at work"


def test_a_build_that_was_there_is_waited_for(app):
    built = kit_sam.build(app)
    kit_sam.begin_build(app)
    with pytest.raises(ConfigError, match="is gone") as caught:
        load(app, built=[built])
    assert caught.value.passing
    (app / "edgeproxy.yaml").write_text("distribution: template.yaml\n")
    with pytest.raises(ConfigError, match="is gone") as caught:
        load(app, built=[built])
    assert caught.value.passing


@pytest.mark.parametrize("name", ["template.yaml", "edge/app.py"])
def test_a_source_that_was_saved_after_the_build_is_named(app, name):
    built = kit_sam.build(app)
    for each in ("template.yaml", "edge/app.py", "app/app.py"):
        kit_sam.saved_after(app / each, built, -5)
    assert len(load(app).remarks) == 1
    kit_sam.saved_after(app / name, built)
    assert load(app).remarks[1:] == (f"caution: {name} is newer than .aws-sam/build: run sam build",)


def test_a_file_that_cannot_be_looked_at_hides_no_other(app):
    built = kit_sam.build(app)
    for each in ("template.yaml", "edge/app.py", "app/app.py"):
        kit_sam.saved_after(app / each, built, -5)
    (app / "edge" / ".#app.py").symlink_to("me@host.1234:1")
    kit_sam.saved_after(app / "edge/app.py", built)
    assert load(app).remarks[1:] == ("caution: edge/app.py is newer than .aws-sam/build: run sam build",)


MANY = "Resources: {" + ", ".join(f"R{number}: {{}}" for number in range(250)) + "}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Resources: {", id="half"),
        pytest.param("[]", id="a list"),
        pytest.param("", id="empty"),
        pytest.param("Resources: []", id="no mapping"),
        pytest.param(MANY, id="more problems than are told"),
    ],
)
def test_a_source_that_cannot_be_read_does_not_matter_to_its_build(app, text):
    kit_sam.build(app)
    (app / "template.yaml").write_text(text)
    assert load(app).distributions[0].name == "Site"


@pytest.mark.parametrize(
    ("properties", "watched"),
    [
        pytest.param("Handler: app.handler", True, id="the template's folder, when CodeUri is missing"),
        pytest.param("CodeUri: s3://b/k", False, id="code in S3"),
        pytest.param("InlineCode: x", False, id="code in the template"),
        pytest.param("CodeUri: {Bucket: b, Key: k}", False, id="code in S3 as a mapping"),
        pytest.param('CodeUri: "a\\0b"', False, id="a path that no file can have"),
        pytest.param("CodeUri: nowhere", False, id="a folder that is not there"),
    ],
)
def test_which_code_is_watched(app, properties, watched):
    kit_sam.build(app)
    (app / "template.yaml").write_text(f"Resources: {{Fn: {{Type: AWS::Serverless::Function, Properties: {{{properties}}}}}}}")
    builds = Builds({})
    builds.instead_of(app / "template.yaml")
    assert (app / "edge" / "app.py" in builds.sources) == watched
    assert app / ".aws-sam" / "build.toml" not in builds.sources
