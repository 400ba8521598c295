"""A handler has what its deployment package holds, and nothing of what lies above it or is installed here: the same for
`check`, `invoke` and `serve`."""

import json
import sys

import pytest
from kit_proxy import Running
from kit_runtime import write

from edgeproxy.model import LambdaFunction
from edgeproxy.runtimes.lambda_edge.check import check
from edgeproxy.testing import invoke_handler

OWN_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
NODE, NODE_24 = "nodejs22.x", "nodejs24.x"
PASSED = [None, None]
ANSWER = "{status: '204', statusDescription: %s}"
CJS = f"exports.handler = async () => ({ANSWER % 'String(value)'});"
ESM = f"export const handler = async () => ({ANSWER % 'String(value)'});"
PYTHON = "\ndef handler(event, context): return {'status': '204', 'statusDescription': str(value)}"
MODULE, COMMONJS = '{"type": "module"}', '{"type": "commonjs"}'
EVENT = {
    "Records": [{"cf": {"config": {"eventType": "viewer-request"}, "request": {"uri": "/", "method": "GET", "headers": {}}}}]
}
SDK = {
    "node_modules/@aws-sdk/client-s3/index.js": "exports.value = require('@smithy/core').value + require('tslib').value",
    "node_modules/@smithy/core/index.js": "exports.value = 3",
    "node_modules/tslib/index.js": "exports.value = 4",
}


def outcomes(tmp_path, runtime, files):
    """What `check` and `invoke` find wrong with the handler in `fn/edge` of a project, in a line each; its answer, if any."""
    write(tmp_path, {"event.json": json.dumps(EVENT), **files})
    function = LambdaFunction("Fn", runtime, "index.handler", tmp_path / "fn" / "edge", timeout=10)
    problem, invoked = check(function), invoke_handler.invoke(function, tmp_path / "event.json", 1)
    error, payload = invoked.verdict.error, invoked.shown.payload
    return [problem and problem.message, error and error.cause], payload and json.loads(payload)["statusDescription"]


def above(module):
    """A package in `node_modules` of the project, from which this is exported."""
    return {"node_modules/leftpad/index.js": module}


@pytest.mark.parametrize(
    ("runtime", "files", "answer"),
    [
        pytest.param(NODE, {"package.json": MODULE, "fn/edge/index.js": f"const value = 1; {CJS}"}, "1", id="CommonJS in a project of ES modules"),
        pytest.param(NODE_24, {"package.json": MODULE, "fn/edge/index.js": f"const value = 1; {CJS}"}, "1", id="CommonJS in a project of ES modules, Node.js 24"),
        pytest.param(NODE_24, {"package.json": COMMONJS, "fn/edge/index.js": f"const value = 1; {ESM}"}, "1", id="an ES module that Node.js 24 recognises, in a project of CommonJS"),
        pytest.param(NODE, {"package.json": MODULE, "fn/edge/index.mjs": f"import lib from './lib.js'; const {{value}} = lib; {ESM}", "fn/edge/lib.js": "exports.value = 1"}, "1", id="an ES module that imports CommonJS, in a project of ES modules"),
        pytest.param(NODE, {"package.json": COMMONJS, "fn/edge/package.json": MODULE, "fn/edge/index.js": f"const value = 1; {ESM}"}, "1", id="an ES module with a package.json of its own, in a project of CommonJS"),
        pytest.param(NODE, {**above("exports.value = 1"), "fn/edge/node_modules/leftpad/index.js": "exports.value = 2", "fn/edge/index.js": f"const {{value}} = require('leftpad'); {CJS}"}, "2", id="a package that is deployed"),
        pytest.param(NODE, {**SDK, "fn/edge/index.js": f"const {{value}} = require('@aws-sdk/client-s3'); {CJS}"}, "7", id="the AWS SDK of a project, which Lambda's Node.js brings"),
        pytest.param(NODE, {**SDK, "fn/edge/index.mjs": f"import sdk from '@aws-sdk/client-s3'; const {{value}} = sdk; {ESM}"}, "7", id="the AWS SDK of a project, in an ES module"),
        pytest.param(NODE, {**above(""), "fn/edge/index.js": f"const value = process.cwd() === __dirname && process.env.LAMBDA_TASK_ROOT === __dirname; {CJS}"}, "true", id="its code, its working directory and its task root are one place"),
        pytest.param(OWN_PYTHON, {"fn/edge/yaml.py": "value = 1", "fn/edge/index.py": f"from yaml import value{PYTHON}"}, "1", id="a Python module that is deployed"),
        pytest.param(OWN_PYTHON, {"fn/edge/index.py": f"import http.client, sqlite3; value = exit{PYTHON}"}, "Use exit() or Ctrl-D (i.e. EOF) to exit", id="what every Python has"),
    ],
)  # fmt: skip
def test_a_handler_has_what_is_deployed(tmp_path, runtime, files, answer):
    assert outcomes(tmp_path, runtime, files) == (PASSED, answer)


@pytest.mark.parametrize("runtime", [OWN_PYTHON, "python3.13"])
@pytest.mark.parametrize("module", ["boto3", "botocore.session", "s3transfer", "jmespath", "dateutil.parser", "urllib3", "six"])
def test_what_lambdas_python_brings_is_found_where_it_is_installed(tmp_path, module, runtime):
    pytest.importorskip(module)
    assert outcomes(tmp_path, runtime, {"fn/edge/index.py": f"import {module}; value = 1{PYTHON}"}) == (PASSED, "1")


SYNTAX, IMPORT = "Runtime.UserCodeSyntaxError: ", "Runtime.ImportModuleError: "
STATEMENT = "SyntaxError: Cannot use import statement outside a module"


@pytest.mark.parametrize(
    ("runtime", "files", "problem", "cause"),
    [
        pytest.param(NODE, {"package.json": MODULE, "fn/edge/index.js": f"import 'fs'; const value = 1; {ESM}"}, SYNTAX + STATEMENT, SYNTAX + STATEMENT, id="an ES module by the package.json of the project"),
        pytest.param(NODE, {**above(""), "fn/edge/index.js": f"const value = 1;\nrequire('leftpad'); {CJS}"}, None, f"{IMPORT}Error: Cannot find module 'leftpad' Require stack: - {{folder}}/index.js", id="a package of the project"),
        pytest.param(NODE, {**above(""), "fn/edge/index.mjs": f"import 'leftpad'; const value = 1; {ESM}"}, None, "Error: Cannot find package 'leftpad' imported from {folder}/index.mjs", id="a package of the project, in an ES module"),
        pytest.param(NODE, {"package.json": "{}", "fn/lib.js": "", "fn/edge/index.js": f"const value = 1;\nrequire('../lib'); {CJS}"}, None, f"{IMPORT}Error: Cannot find module '../lib' Require stack: - {{folder}}/index.js", id="a file beside its folder"),
        pytest.param(NODE, {"package.json": "{}", "fn/lib.js": "", "fn/edge/index.mjs": f"import '../lib.js'; const value = 1; {ESM}"}, None, "Error: Cannot find module '{project}/fn/lib.js' imported from {folder}/index.mjs", id="a file beside its folder, in an ES module"),
        pytest.param(OWN_PYTHON, {"fn/edge/index.py": f"import yaml; value = 1{PYTHON}"}, f"{IMPORT}No module named 'yaml'", f"{IMPORT}Unable to import module 'index': No module named 'yaml'", id="a Python package that is installed beside edgeproxy"),
    ],
)  # fmt: skip
def test_a_handler_has_nothing_else(tmp_path, runtime, files, problem, cause):
    (found, failure), answer = outcomes(tmp_path, runtime, files)
    assert (found, answer) == (problem, None)
    assert failure.startswith(cause.format(project=tmp_path, folder=tmp_path / "fn" / "edge"))


@pytest.mark.parametrize(
    ("name", "code"), [("index.js", f"require('leftpad'); {CJS}"), ("index.mjs", f"import 'leftpad'; {ESM}")]
)
def test_what_is_not_deployed_is_named(tmp_path, name, code):
    (_, cause), _ = outcomes(tmp_path, NODE, {**above(""), f"fn/edge/{name}": code})
    assert cause.endswith(f"; {tmp_path}/node_modules/leftpad lies outside the function's folder and is not deployed with it")


def test_the_links_of_a_package_manager_are_followed(tmp_path):
    files = {
        "fn/edge/node_modules/.pnpm/a@1/node_modules/a/index.js": "exports.value = require('b').value",
        "fn/edge/node_modules/.pnpm/b@1/node_modules/b/index.js": "exports.value = 1",
        "fn/edge/index.js": f"const {{value}} = require('a'); {CJS}",
    }
    write(tmp_path, files)
    packages = tmp_path / "fn" / "edge" / "node_modules"
    (packages / "a").symlink_to(".pnpm/a@1/node_modules/a")
    (packages / ".pnpm" / "a@1" / "node_modules" / "b").symlink_to("../../b@1/node_modules/b")
    assert outcomes(tmp_path, NODE, {"package.json": MODULE}) == (PASSED, "1")


async def test_what_is_told_names_the_users_own_files(tmp_path, project):
    code = "console.log(__filename);\nexports.handler = async () => { console.log(new Error('seen').stack); throw new Error('no'); };"
    write(tmp_path, {"package.json": MODULE, "fn/edge/index.js": code})
    properties = {"Runtime": NODE, "Handler": "index.handler", "Code": "fn/edge", "Role": "arn:aws:iam::123456789012:role/r"}
    resources = {
        "Fn": {"Type": "AWS::Lambda::Function", "Properties": properties},
        "FnVersion": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
    }
    association = {"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": "FnVersion"}}
    async with Running(project(behavior={"LambdaFunctionAssociations": [association]}, resources=resources)) as proxy:
        assert (await proxy.get("/page")).status == 503
    told = proxy.said
    assert any(line.endswith(f" {tmp_path}/fn/edge/index.js") for line in told)
    assert any(f"at exports.handler ({tmp_path}/fn/edge/index.js:2:" in line for line in told)
    assert "Error: no (index.js:2)" in proxy.terminal
    assert "edgeproxy-lambda-" not in proxy.terminal + "".join(told)
