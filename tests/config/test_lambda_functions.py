import zipfile
from pathlib import Path

import pytest

from edgeproxy.config.code import LocalCode
from edgeproxy.config.lambda_functions import PACKAGE, local_lambda, read_lambda
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.problems import Problems
from edgeproxy.config.resource_values import LAMBDA, SAM_FUNCTION, Resource
from edgeproxy.config.section import Reading
from edgeproxy.errors import ConfigError

NODE = {"Runtime": "nodejs22.x", "Handler": "index.handler"}
INLINE = {**NODE, "Code": {"ZipFile": "x"}}


def read(kind: str, properties: dict, base: Path = Path(), metadata: dict | None = None, **code: str):
    entry = Resource("Fn", kind, plain(properties), plain(metadata) if metadata else None, None, Node(None))
    reading = Reading(Problems())
    local = LocalCode({name: Node(path) for name, path in code.items()}, base)
    found = read_lambda(entry, "fn", local, base, reading)
    reading.problems.raise_any()
    return found, reading


@pytest.fixture
def base(tmp_path: Path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.mjs").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "properties", "metadata"),
    [
        pytest.param(SAM_FUNCTION, {"CodeUri": "src"}, None, id="SAM's CodeUri"),
        pytest.param(SAM_FUNCTION, {"CodeUri": "./src/"}, None, id="CodeUri with dot and slash"),
        pytest.param(LAMBDA, {"Code": "src"}, None, id="Code as a path, before packaging"),
        pytest.param(LAMBDA, {"Code": {"S3Bucket": "b", "S3Key": "k"}}, {"aws:asset:path": "src"}, id="cdk's asset"),
    ],
)
def test_code_by_path(base, kind, properties, metadata):
    found, reading = read(kind, {**NODE, **properties}, base, metadata)
    assert (found.task_root, found.inline, found.runtime, found.handler) == (base / "src", None, "nodejs22.x", "index.handler")
    assert list(reading.sources) == [base / "src" / "index.mjs"]


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        pytest.param(LAMBDA, {"Code": {"ZipFile": "code"}}, id="ZipFile"),
        pytest.param(SAM_FUNCTION, {"InlineCode": "code"}, id="InlineCode"),
    ],
)
def test_inline_code(kind, properties):
    found, _ = read(kind, {**NODE, **properties, "Timeout": 30, "MemorySize": 256})
    assert (found.task_root, found.inline, found.timeout, found.memory) == (None, "code", 30, 256)


def test_code_in_the_settings_is_a_directory_or_the_handlers_file(base):
    properties = {**NODE, "Code": {"S3Bucket": "b", "S3Key": "k"}}
    assert read(LAMBDA, properties, base, Fn="src")[0].task_root == base / "src"
    assert read(LAMBDA, properties, base, fn="src/index.mjs")[0].task_root == base / "src"


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        pytest.param(LAMBDA, {"Code": {"S3Bucket": "b", "S3Key": "k"}}, id="Code in S3"),
        pytest.param(SAM_FUNCTION, {"CodeUri": "s3://b/k"}, id="CodeUri in S3"),
        pytest.param(SAM_FUNCTION, {"CodeUri": {"Bucket": "b", "Key": "k"}}, id="CodeUri as bucket and key"),
    ],
)
def test_code_that_is_elsewhere_is_a_problem_that_prints_the_line_to_add(kind, properties):
    with pytest.raises(ConfigError) as caught:
        read(kind, {**NODE, **properties})
    assert caught.value.problems[0].hint == "add to edgeproxy.yaml:  functions: {Fn: path/to/code}"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        pytest.param({"Environment": {"Variables": {"A": "b"}}}, "environment variables", id="LE-52 environment variables"),
        pytest.param({"Environment": {"Variables": {"DEBUG": "0"}}}, "environment variables", id="LE-52 a variable that is 0"),
        pytest.param({"Environment": {"Variables": {"DEBUG": "false"}}}, "environment variables", id="LE-52 one that is false"),
        pytest.param({"Environment": {"Variables": {"DEBUG": ""}}}, "environment variables", id="LE-52 one that is empty"),
        pytest.param({"VpcConfig": {"SubnetIds": ["s"]}}, "a VPC", id="LE-52 a VPC"),
        pytest.param({"Layers": ["arn"]}, "layers", id="LE-52 layers"),
        pytest.param({"Architectures": ["arm64"]}, "arm64", id="LE-52 arm64"),
        pytest.param({"PackageType": "Image"}, "container images", id="LE-52 a container image"),
        pytest.param({"DeadLetterConfig": {"TargetArn": "a"}}, "a dead letter queue", id="LE-52 a dead letter queue"),
        pytest.param({"TracingConfig": {"Mode": "Active"}}, "TracingConfig", id="LE-52 X-Ray"),
        pytest.param({"EphemeralStorage": {"Size": 1024}}, "EphemeralStorage", id="LE-52 more than 512 MB of /tmp"),
        pytest.param({"KmsKeyArn": "arn"}, "a customer managed key", id="LE-52 a customer managed key"),
        pytest.param({"Runtime": "java21"}, "Lambda@Edge does not run java21", id="LE-52 another runtime"),
        pytest.param({"Timeout": 31}, "Timeout is 31 s", id="LE-52 more than 30 s"),
        pytest.param({"MemorySize": 64}, "MemorySize must be a number from 128", id="LE-52 less than 128 MB"),
        pytest.param({"Handlr": "x"}, "LambdaFunction has no property Handlr", id="an unknown property"),
    ],
)
def test_what_lambda_at_edge_refuses(properties, message):
    with pytest.raises(ConfigError, match=message):
        read(LAMBDA, {**INLINE, **properties})


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"Environment": {"Variables": {}}}, id="no environment variables"),
        pytest.param({"Layers": []}, id="no layers"),
        pytest.param({"Architectures": ["x86_64"]}, id="x86_64"),
        pytest.param({"TracingConfig": {"Mode": "PassThrough"}}, id="tracing that passes through"),
        pytest.param({"ReservedConcurrentExecutions": 5}, id="reserved concurrency"),
        pytest.param({"EphemeralStorage": {"Size": 512}}, id="512 MB of /tmp"),
    ],
)
def test_what_lambda_at_edge_takes(properties):
    assert read(LAMBDA, {**INLINE, **properties})[0].name == "fn"


def test_code_and_overlay_are_given_by_a_construct_path_too(base):
    entry = Resource("Auth1A2B", LAMBDA, plain(INLINE), plain({"aws:cdk:path": "S/Auth/Resource"}), None, Node(None))
    local = LocalCode({"S/Auth": Node("src")}, base, overlays={"S/Auth": (("VERSION", "1"),)})
    found = read_lambda(entry, "auth", local, base, Reading(Problems()))
    assert (found.task_root, found.overlay) == (base / "src", (("VERSION", "1"),))
    problems = Problems()
    local.check_names(problems)
    assert not problems


def test_a_missing_directory_is_a_problem():
    with pytest.raises(ConfigError, match="there is no file or directory"):
        read(SAM_FUNCTION, {**NODE, "CodeUri": "nowhere"})


@pytest.mark.parametrize(
    ("files", "given", "runtime", "handler"),
    [
        pytest.param(["index.mjs"], ".", "nodejs22.x", "index.handler", id="a directory with index.mjs"),
        pytest.param(
            ["lambda_function.py"],
            ".",
            "python3.13",
            "lambda_function.lambda_handler",
            id="a directory with lambda_function.py",
        ),
        pytest.param(["auth.js"], "auth.js", "nodejs22.x", "auth.handler", id="a JavaScript file"),
        pytest.param(["auth.py"], "auth.py", "python3.13", "auth.lambda_handler", id="a Python file"),
    ],
)
def test_a_function_that_only_the_settings_know(tmp_path: Path, files, given, runtime, handler):
    for name in files:
        (tmp_path / name).touch()
    found = local_lambda("auth", LocalCode({"auth": Node(given)}, tmp_path), Reading(Problems()))
    assert found is not None
    assert (found.name, found.runtime, found.handler, found.task_root) == ("auth", runtime, handler, tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [(".", "has none of index.mjs"), ("auth.rb", "neither Python nor JavaScript")],
)
def test_what_cannot_be_a_handler(tmp_path: Path, name, message):
    (tmp_path / "auth.rb").touch()
    with pytest.raises(ConfigError, match=message):
        local_lambda("auth", LocalCode({"auth": Node(name)}, tmp_path), Reading(Problems()))


def test_a_function_behind_a_url_may_have_what_one_at_the_edge_may_not():
    properties = {**INLINE, "Timeout": 300, "Environment": {"Variables": {"STAGE": "dev", "N": 1}}, "Layers": ["arn"]}
    entry = Resource("Fn", LAMBDA, plain(properties), None, None, Node(None))
    reading = Reading(Problems())
    found = read_lambda(entry, "fn", LocalCode({}, Path()), Path(), reading, at_the_edge=False)
    reading.problems.raise_any()
    assert (found.timeout, found.variables, found.replicated) == (300, (("STAGE", "dev"), ("N", "1")), False)


def test_a_reserved_concurrency_is_kept():
    found, _ = read(LAMBDA, {**INLINE, "ReservedConcurrentExecutions": 2})
    assert found.reserved_concurrency == 2


@pytest.fixture
def typescript(tmp_path: Path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.ts").touch()
    return tmp_path


def test_typescript_is_told_with_the_build_output_that_is_there(typescript):
    built = typescript / "src" / "build" / "index.js"
    built.parent.mkdir()
    built.touch()
    with pytest.raises(ConfigError, match=r"index\.ts is TypeScript") as caught:
        read(LAMBDA, {**NODE, "Code": "src"}, typescript)
    assert caught.value.problems[0].hint.endswith(f"functions: {{Fn: {built}}}")


def test_typescript_of_a_sam_project_is_to_be_built(typescript):
    with pytest.raises(ConfigError, match=r"index\.ts is TypeScript") as caught:
        read(SAM_FUNCTION, {**NODE, "CodeUri": "src"}, typescript, {"BuildMethod": "esbuild"})
    assert caught.value.problems[0].hint.startswith("run sam build: ")


def test_code_of_a_sam_function_without_code_uri_is_in_the_templates_folder(base):
    assert read(SAM_FUNCTION, NODE, base / "src")[0].task_root == base / "src"


@pytest.mark.parametrize("kind", [LAMBDA, SAM_FUNCTION])
def test_a_container_image_is_refused_in_both_kinds(kind):
    with pytest.raises(ConfigError) as caught:
        read(kind, {"PackageType": "Image"})
    assert caught.value.problems[0].message == "the code of Fn is not on this machine"


def test_typescript_that_is_compiled_beside_itself_is_fine(typescript):
    (typescript / "src" / "index.js").touch()
    assert read(LAMBDA, {**NODE, "Code": "src"}, typescript)[0].handler == "index.handler"


def test_typescript_that_the_settings_name(typescript):
    code = LocalCode({"Fn": Node("src/index.ts")}, typescript)
    with pytest.raises(ConfigError, match=r"index\.ts is TypeScript") as caught:
        local_lambda("Fn", code, Reading(Problems()))
    assert caught.value.problems[0].hint.endswith(f"functions: {{Fn: {typescript / 'src' / 'dist' / 'index.js'}}}")


def test_code_in_a_package_that_the_metadata_names(base):
    with zipfile.ZipFile(base / "edge.zip", "w") as package:
        package.write(base / "src" / "index.mjs", "index.mjs")
    found, reading = read(LAMBDA, {**NODE, "Code": {}}, base, {PACKAGE: "edge.zip"})
    assert [each.name for each in found.task_root.iterdir()] == ["index.mjs"]
    assert base / "edge.zip" in reading.sources
