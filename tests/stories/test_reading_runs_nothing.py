"""Reading a project, whatever its kind: no address is contacted, no process started but `node --check`, none of its code run."""

import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import kit_cdk
import kit_terraform
import pytest
from kit_archives import archive

from edgeproxy import project
from edgeproxy.runtimes.lambda_edge import interpreters

ROOT = Path(__file__).parent.parent.parent
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind", "os.system", "os.exec", "os.fork", "os.posix_spawn",
             "os.startfile", "pty.spawn", "urllib.Request", "ftplib.connect", "http.client.connect", "ctypes.dlopen", "pickle.find_class")  # fmt: skip
TRAP_PY = "import pathlib\npathlib.Path({!r}).write_text('ran')\ndef handler(event, context): return event\n"
TRAP_JS = "require('fs').writeFileSync({!r}, 'ran'); exports.handler = async (event) => event;\n"

seen: list[tuple[str, object]] = []
watching: list[Path] = []
"""The project while one is read."""


def note(event, arguments):
    if not watching:
        return
    project = str(watching[-1])
    if event in FORBIDDEN:
        seen.append((event, arguments))
    elif event == "subprocess.Popen":
        seen.append((event, [os.fspath(word) for word in arguments[1]]))
    elif event == "exec" and str(getattr(arguments[0], "co_filename", "")).startswith(project):
        seen.append((event, arguments[0].co_filename))
    elif event == "import" and str(arguments[1] or "").startswith(project):
        seen.append((event, arguments[1]))
    elif event == "open" and str(arguments[0]).startswith(project) and set(arguments[1] or "") & set("wax+"):
        seen.append(("written", arguments[0]))


sys.addaudithook(note)


@contextmanager
def watched(folder):
    """Notes what is done while a project is read; gives the list."""
    seen.clear()
    watching.append(folder.resolve())
    try:
        yield seen
    finally:
        watching.pop()


def a_template(folder):
    """Handlers in both languages, inline code too, and a function; each leaves a file when it runs."""
    ran = str(folder / "ran")
    (folder / "py").mkdir(parents=True)
    (folder / "py" / "index.py").write_text(TRAP_PY.format(ran) + "import beside\nimport requests_of_theirs\n")
    (folder / "py" / "beside.py").write_text(TRAP_PY.format(ran))
    (folder / "py" / "requests_of_theirs").mkdir()
    (folder / "py" / "requests_of_theirs" / "__init__.py").write_text(TRAP_PY.format(ran))
    (folder / "py" / "sitecustomize.py").write_text(TRAP_PY.format(ran))
    (folder / "js").mkdir()
    (folder / "js" / "index.js").write_text(TRAP_JS.format(ran))
    (folder / "js" / "package.json").write_text(
        json.dumps({"scripts": {"preinstall": f"touch {ran}"}, "imports": {"#x": "./x.js"}})
    )
    (folder / "js" / ".npmrc").write_text(f"node-options=--require {folder}/js/index.js\n")
    handlers = {
        "Py": {"Runtime": "python3.13", "Handler": "index.handler", "Code": "py"},
        "Js": {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": "js"},
        "Inline": {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": TRAP_PY.format(ran)}},
        "InlineJs": {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": TRAP_JS.format(ran)}},
    }
    resources = {
        "Site": {"Type": "AWS::S3::Bucket"},
        "Rewrite": {"Type": "AWS::CloudFront::Function", "Properties": {
            "Name": "rewrite", "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": "throw new Error('ran'); function handler(event) { return event.request; }",
        }},
    }  # fmt: skip
    behaviors = []
    for name, properties in handlers.items():
        resources[name] = {"Type": "AWS::Lambda::Function", "Properties": {"Role": "r", **properties}}
        resources[f"{name}V"] = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": name}}}
        association = {"EventType": "origin-request", "LambdaFunctionARN": {"Ref": f"{name}V"}}
        behaviors.append(behavior(PathPattern=f"/{name}", LambdaFunctionAssociations=[association]))
    rewrite = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}}
    origin = {"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    app = {"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}
    config = {
        "Enabled": True,
        "Origins": [origin, app],
        "CacheBehaviors": behaviors,
        "DefaultCacheBehavior": behavior(FunctionAssociations=[rewrite]),
    }
    resources["Web"] = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    (folder / "public").mkdir()
    settings = "distribution: template.json\norigins: {site: ./public, app: 'http://app.internal:3000'}\nlambda_edge: {aws: {profile: p}}\n"
    (folder / "edgeproxy.yaml").write_text(settings)
    return folder


def behavior(**more):
    policy = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    return {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": policy, **more}


def an_assembly(folder):
    ran = str(folder / "ran")
    out = kit_cdk.shop(folder / "cdk.out", handler=TRAP_JS.format(ran)).save()
    (folder / "cdk.json").write_text(json.dumps({"app": f"touch {ran}", "build": f"touch {ran}"}))
    for manifest in out.glob("*.assets.json"):
        content = json.loads(manifest.read_text())
        content["files"]["x"] = {"source": {"executable": ["touch", ran]}, "destinations": {"a": {"objectKey": "x"}}}
        content["dockerImages"] = {"y": {"source": {"executable": ["touch", ran]}, "destinations": {}}}
        manifest.write_text(json.dumps(content))
    return folder


def a_terraform_state(folder):
    folder.mkdir(parents=True)
    (folder / "edge.zip").write_bytes(archive(("index.py", TRAP_PY.format(str(folder / "ran")))))
    arn = f"arn:aws:lambda:us-east-1:{kit_terraform.ACCOUNT}:function:edge"
    association = {"event_type": "origin-request", "lambda_arn": f"{arn}:1", "include_body": False}
    values = kit_terraform.distribution(
        default_cache_behavior=[kit_terraform.behavior(lambda_function_association=[association])],
        origin=[kit_terraform.custom_origin(origin_id="site")],
    )
    edge_ = {"function_name": "edge", "handler": "index.handler", "runtime": "python3.13", "filename": "edge.zip", "qualified_arn": f"{arn}:1", "arn": arn}  # fmt: skip
    state = kit_terraform.state(
        kit_terraform.resource("aws_cloudfront_distribution.web", values),
        kit_terraform.resource("aws_lambda_function.edge", edge_),
    )
    (folder / "state.json").write_text(json.dumps(state))
    return folder / "state.json"


def an_example(name):
    def made(folder):
        shutil.copytree(ROOT / "functions", folder / "functions")
        shutil.copytree(ROOT / "configs" / name, folder / "configs" / name)
        return folder / "configs" / name

    return pytest.param(made, id=f"configs/{name}")


KINDS = [
    pytest.param(a_template, id="a template"),
    pytest.param(an_assembly, id="a cloud assembly"),
    pytest.param(a_terraform_state, id="a Terraform state"),
    *(an_example(path.name) for path in sorted((ROOT / "configs").iterdir()) if path.is_dir()),
]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("inside", [False, True], ids=["from elsewhere", "from inside the project"])
def test_a_project_is_read_and_nothing_of_it_run(tmp_path, monkeypatch, make, inside):
    folder = tmp_path / "project"
    target = make(folder)
    if inside:
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend("")
    modules = set(sys.modules)
    with watched(folder) as events:
        configuration, _ = project.check(project.Source(target, {}, {}))
    assert configuration is not None
    started = [words for what, words in events if what == "subprocess.Popen"]
    assert all((words[1:2] == ["-e"] and words[2] == interpreters.PROBE) or words[-2] == "--check" for words in started), (
        started
    )
    assert [event for event in events if event[0] != "subprocess.Popen"] == []
    assert not (folder / "ran").exists()
    assert not [
        name for name in set(sys.modules) - modules if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder))
    ]


def test_loading_starts_no_process_at_all(tmp_path):
    target = a_template(tmp_path / "project")
    with watched(target) as events:
        project.Source(target, {}, {}).load()
    assert events == []


def test_what_is_forbidden_would_be_seen(tmp_path):
    (tmp_path / "theirs.py").write_text("x = 1\n")
    with watched(tmp_path) as events:
        os.system("true")
        exec(compile("x = 1", str(tmp_path / "theirs.py"), "exec"))
        (tmp_path / "made").write_text("x")
    assert [what for what, _ in events] == ["os.system", "exec", "written"]
