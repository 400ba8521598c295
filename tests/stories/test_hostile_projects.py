"""A project that somebody else wrote: whatever stands in its files, `check` and a reload end soon, with clear lines.

Cloud assemblies and packages: `test_hostile_assemblies.py`; what reading must not do: `test_reading_runs_nothing.py`.
"""

import json
import os
import time

import kit_terraform
import pytest
from click.testing import CliRunner

from edgeproxy.cli import main

MANAGED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SECONDS = 10
"""For any file at all, on a busy machine; most take some milliseconds."""


BEHAVIOR = {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": MANAGED}
USED = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["F", "FunctionARN"]}}


def template(resources=None, *, more=None, **config):
    origin = {
        "Id": "site",
        "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": BEHAVIOR, **config}
    web = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    return {**(more or {}), "Resources": {"Site": {"Type": "AWS::S3::Bucket"}, **(resources or {}), "Web": web}}


def nested(levels, leaf, make):
    for _ in range(levels):
        leaf = make(leaf)
    return leaf


def in_sub(inner):
    return {"Fn::Sub": ["${a}${a}${a}", {"a": inner}]}


def in_join(inner):
    return {"Fn::Join": ["", [inner, inner]]}


def function(name, code="function handler(event) { return event.request; }"):
    properties = {"Name": name, "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"}, "FunctionCode": code}
    return {"Type": "AWS::CloudFront::Function", "Properties": properties}


TEXT = {"Parameters": {"Text": {"Type": "String", "Default": "x" * 500_000}}}
MILLION = "x" * 1_000_000
COMMENTS = {
    f"Control{n}": {
        "Type": "AWS::CloudFront::KeyValueStore",
        "Properties": {"Name": f"s{n}", "Comment": {"Fn::Sub": f"${{Text}}{n}"}},
    }
    for n in range(100)
}
ALIASES = "x0: &x0 [1, 2]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 40))
MERGES = "Resources: &r {}\n" + "".join(f"m{n}: &m{n} {{<<: [{', '.join(['*r'] * 100)}], a: 1}}\n" for n in range(3000))
PAIRED = [{"origin_id": "o", "domain_name": "x.example.com"} for _ in range(5000)]
PLAN = kit_terraform.plan(
    kit_terraform.resource("aws_cloudfront_distribution.web", kit_terraform.planned_distribution(origin=PAIRED)),
    configuration={
        "resources": [
            kit_terraform.block(
                "aws_cloudfront_distribution.web", {"origin": [{"origin_id": kit_terraform.constant("o")}] * 5000}
            )
        ]
    },
)

# name of the file, content, what is said of it.
FILES = [
    pytest.param("template.json", b"", "not JSON: Expecting value", id="nothing"),
    pytest.param("template.json", b"\x7fELF\x02\x01\x01\x00\x80\xff" * 100, "the file is not UTF-8", id="a program"),
    pytest.param("template.yaml", b"\x00\x01\x02\x03" * 100, "not YAML:", id="binary in YAML"),
    pytest.param("template.json", json.dumps(template()).encode("utf-16"), "the file is not UTF-8", id="UTF-16"),
    pytest.param("template.json", b"\xed\xa0\x80", "the file is not UTF-8", id="a surrogate as it stands"),
    pytest.param("template.json", template(Comment="\ud800"), "half a surrogate pair is no character", id="an escaped surrogate"),
    pytest.param("template.json", b"[" * 100_000, "nested deeper than 100 levels", id="100,000 brackets in JSON"),
    pytest.param("template.json", b'{"Resources":' * 100_000, "nested deeper than 100 levels", id="100,000 braces in JSON"),
    pytest.param("template.yaml", b"[" * 100_000, "nested deeper than 100 levels", id="100,000 brackets in YAML"),
    pytest.param("template.yaml", b"- " * 100_000, "nested deeper than 100 levels", id="100,000 dashes in YAML"),
    pytest.param("template.yaml", b"? " * 100_000, "a key must be text", id="100,000 question marks in YAML"),
    pytest.param("template.yaml", ALIASES, "more than 200000 values, counting *x", id="aliases of aliases"),
    pytest.param("template.yaml", "Resources: &a {x: *a}\n", "*a refers to nothing that is complete here", id="an alias of itself"),
    pytest.param("template.yaml", MERGES, "more than 200000 values", id="merge keys of merge keys"),
    pytest.param("template.yaml", "Resources: !!python/object/apply:os.system [touch ran]\n", "makes no AWS::Cl", id="a Python tag"),
    pytest.param("template.yaml", "Resources: !Exec touch\n", "!Exec is not an intrinsic function", id="an unknown tag"),
    pytest.param("template.yaml", "Resources: {}\n---\nResources: {}\n", "a second YAML document begins here", id="two documents"),
    pytest.param("template.yaml", "Resources:\n  A: {Type: x}\n  A: {Type: y}\n", "A stands here twice (first in line 2)", id="a key twice in YAML"),
    pytest.param("template.json", b'{"Resources": {"A": {},\n "A": {}}}', "A stands here twice (first in line 1)", id="a key twice in JSON"),
    pytest.param("template.json", b'{"Resources": {"\\u0041": {},\n "A": {}}}', "A stands here twice", id="a key twice, once escaped"),
    pytest.param("template.json", b'{"Resources": NaN}', "NaN is not JSON", id="NaN"),
    pytest.param("template.json", b'{"Resources": ' + b"9" * 5000 + b"}", "not JSON: Exceeds the limit", id="a number of 5,000 digits"),
    pytest.param("template.json", template(Comment=MILLION * 5), "the file is larger than 4 MiB", id="5 MB"),
    pytest.param("template.json", template(Comment=nested(30, {"Ref": "Nope"}, in_sub)), "no parameter or resource Nope", id="Sub in Sub in Sub"),
    pytest.param("template.json", template(Comment=nested(40, {"Fn::Sub": "${Text}"}, lambda each: {"Fn::Sub": ["${a}${a}", {"a": each}]}), more=TEXT),
                 "nested deeper than 100 levels", id="Sub in Sub past the depth"),
    pytest.param("template.json", template(Comment=nested(10, {"Ref": "Text"}, in_join), more=TEXT), "Fn::Join gives more than 1048576 characters", id="Join that doubles"),
    pytest.param("template.json", template(Comment={"Fn::Sub": "${Text}" * 100_000}, more=TEXT), "Fn::Sub gives more than 1048576 characters", id="a Sub of 50 GB"),
    pytest.param("template.json", template(COMMENTS, more=TEXT), "the functions of this file give more than 33554432 characters", id="many large texts"),
    pytest.param("template.json", template(Comment={"Fn::Split": ["x", {"Ref": "Text"}]}, more=TEXT), "more than 10000 parts", id="a Split into half a million"),
    pytest.param("template.json", template(Comment={"Ref": "List"}, more={"Parameters": {"List": {"Type": "CommaDelimitedList", "Default": "," * 20_000}}}),
                 "parameter List is a list of more than 10000 items", id="a list of 20,000"),
    pytest.param("template.json", template(Comment={"Fn::If": ["A", "a", "b"]}, more={"Conditions": {"A": {"Condition": "B"}, "B": {"Condition": "A"}}}),
                 "circular reference: A -> B -> A", id="conditions in a circle"),
    pytest.param("template.json", template({"A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "B"}}},
                                            "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "A"}}}}, Comment={"Ref": "A"}),
                 "circular reference: A -> B -> A", id="resources in a circle"),
    pytest.param("template.json", template(CacheBehaviors=[{"a": 1}] * 60_000), "CacheBehaviors has 60000 items", id="60,000 behaviors"),
    pytest.param("template.json", template({f"F{n}": function({"Ref": f"Nope{n}"}) for n in range(8000)}),
                 "there are more than 200 problems: the others are not told", id="8,000 problems"),
    pytest.param("template.json", template({"a" * 1_500_000: {"Type": "x"}}, Comment={"Ref": "a" * 1_400_000}), "no parameter or resource aaaa", id="two names of a megabyte"),
    pytest.param("template.json", template(Comment="secret" * 300_000), "1800000 characters of a comment", id="a line that is looked through for secrets"),
    pytest.param("template.json", template({"__proto__": function("__proto__"), "Other": function("a..b"), "constructor": function("x" * 300)}),
                 '"a..b" is not a function\'s name', id="names that are more than names"),
    pytest.param("template.json", template({"\x1b]0;x\x07\u202e": {"Type": "\x1b[2J"}}, Comment={"Ref": "\x1b[31m\u202e\u2066"}), "no parameter or resource", id="what steers a terminal"),
    pytest.param("template.json", template({"F": function("F", "a" + "+a" * 500_000)}, DefaultCacheBehavior={**BEHAVIOR, "FunctionAssociations": [USED]}),
                 "1000001 bytes of a function's code", id="a function of a megabyte"),
    pytest.param("template.json", PLAN, "Origins has 5000 items", id="Terraform blocks that all look alike"),
    pytest.param("template.json", {**kit_terraform.state(), "values": {"root_module": {"child_modules": [{"address": f"module.m{n}"} for n in range(60_000)]}}},
                 "no aws_cloudfront_distribution is in this file", id="60,000 Terraform modules"),
    pytest.param("template.json", kit_terraform.state(*[kit_terraform.resource("aws_cloudfront_distribution.web", kit_terraform.distribution())] * 2),
                 "two resources have the address aws_cloudfront_distribution.web", id="one Terraform address twice"),
    pytest.param("edgeproxy.yaml", "distribution: public/page\n", "or a settings file is a mapping", id="a settings file that means content"),
    pytest.param("edgeproxy.yaml", f"distribution: {'x' * 300}\n", "not a path: xxx", id="a path that no file can have"),
    pytest.param("edgeproxy.yaml", 'distribution: "a\\0b"\n', "not a path: a b", id="NUL in a path"),
    pytest.param("edgeproxy.yaml", "distribution: .\norigins: {site: ./public}\n", "is a directory", id="a folder where a file is expected"),
    pytest.param("edgeproxy.yaml", "distribution: edgeproxy.yaml\n", "neither a template (Resources), a", id="a settings file that names itself"),
]  # fmt: skip


def put(folder, name, content):
    """Writes a file of the project; one called template.yaml is named in the settings."""
    data = (
        content
        if isinstance(content, bytes)
        else content.encode()
        if isinstance(content, str)
        else json.dumps(content).encode()
    )
    (folder / name).write_bytes(data)
    if name.startswith("template"):
        (folder / "edgeproxy.yaml").write_text(f"distribution: {name}\norigins: {{site: ./public}}\n")


def checked(*arguments):
    """Exit code and output of `check`; it is quick, shows no traceback and steers no terminal."""
    started = time.monotonic()
    result = CliRunner().invoke(main, ["check", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert all(char.isprintable() or char == "\n" for char in result.output)
    assert len(result.output) < 200_000
    assert time.monotonic() - started < SECONDS
    return result.exit_code, result.output


@pytest.mark.parametrize(("name", "content", "words"), FILES)
def test_a_file_that_is_meant_to_hurt_is_a_line(project, name, content, words):
    folder = project()
    put(folder, name, content)
    code, said = checked(folder)
    assert (code, words in said) == (1, True), said[:2000]
    assert not (folder / "ran").exists()


async def test_a_file_that_is_meant_to_hurt_is_not_taken_over(running, project):
    folder = project()
    async with running(folder) as proxy:
        for case in FILES:
            name, content, _ = case.values
            proxy.said.clear()
            put(folder, name, content)
            await proxy.until("not taken over, the last good version goes on")
            assert (await proxy.get("/page")).body == b"the origin's content"
            assert "Traceback" not in proxy.terminal
            assert all(char.isprintable() or char == "\n" for char in "".join(proxy.said))
        project()
        proxy.said.clear()
        (folder / "template.json").write_text(json.dumps(template()))
        await proxy.until("reloaded: ")


FINE = [
    pytest.param(b"\xef\xbb\xbf" + json.dumps(template(), indent=1).encode(), id="a byte order mark"),
    pytest.param(json.dumps(template(), indent=1).replace("\n", "\r\n").encode(), id="CRLF"),
    pytest.param(json.dumps(template(Comment=nested(30, "", in_sub))).encode(), id="Sub in Sub in Sub, three times each"),
]


@pytest.mark.parametrize("content", FINE)
def test_what_looks_odd_and_is_fine(project, content):
    folder = project()
    (folder / "template.json").write_bytes(content)
    code, said = checked(folder)
    assert (code, said.splitlines()[-1]) == (0, "no problems found")


@pytest.mark.parametrize("size", [pytest.param(1_000_000, id="1 MB"), pytest.param(4_000_000, id="4 MB")])
@pytest.mark.parametrize("format_", ["json", "yaml"])
def test_a_large_template_is_read(project, record_property, size, format_):
    folder = project()
    # As the CDK writes them: policies and buckets of some 900 bytes.
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::x/*"},
        "Sid": "x" * 600,
    }
    many = {f"Policy{n}": {"Type": "AWS::IAM::Policy", "Properties": {"Statement": [statement]}} for n in range(size // 900)}
    text = json.dumps(template(many), indent=1)
    assert size * 0.9 < len(text) < size * 1.02
    put(folder, f"template.{format_}", text)
    started = time.monotonic()
    assert checked(folder)[0] == 0
    seconds = time.monotonic() - started
    record_property("seconds", seconds)
    print(f"{size / 1e6:g} MB of {format_.upper()}: {seconds:.2f} s")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a FIFO", "a folder"])
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("distribution: other\n", id="template"),
        pytest.param("distribution: template.json\nfunctions: {f: other}\n", id="code"),
        pytest.param("distribution: template.json\nkey_value_stores: {s: other}\n", id="key value store"),
        pytest.param("distribution: template.json\nkey_groups: {g: {K2: other}}\n", id="public key"),
        pytest.param("distribution: template.json\nviewer: {certificate: other, private_key: other}\n", id="certificate"),
        pytest.param("distribution: template.json\norigins: {site: {url: 'https://127.0.0.1:1', tls: {ca: other}}}\n", id="authority"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_not_waited_for(project, make, settings):
    folder = project()
    make(folder / "other")
    (folder / "edgeproxy.yaml").write_text(settings)
    code, said = checked(folder)
    assert (code, "other" in said or "no function is named f" in said) == (1, True), said


def test_a_kept_store_that_is_a_fifo_is_not_waited_for(project):
    store = {"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": "Pairs"}}
    folder = project(resources={"Pairs": store})
    os.mkfifo(folder / "kept.json")
    settings = "distribution: template.json\norigins: {site: ./public}\nkey_value_stores: {Pairs: {keep: kept.json}}\n"
    (folder / "edgeproxy.yaml").write_text(settings)
    code, said = checked(folder)
    assert (code, "kept.json: error: it is not a file" in said) == (1, True), said


@pytest.mark.parametrize("name", ["x" * 300, "a\udcffb.json", "\x1b]0;title\x07.json", "\u202egpj.json"])
def test_a_target_with_a_name_of_its_own(tmp_path, name):
    if len(name) < 100:
        (tmp_path / name).write_text("{,}")
    code, _ = checked(tmp_path / name)
    assert code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["template.json", "."])
def test_what_nobody_may_read(project, name):
    folder = project()
    (folder / name).chmod(0)
    try:
        code, said = checked(folder)
    finally:
        (folder / name).chmod(0o700)
    assert (code, "cannot be read" in said) == (1, True), said


def test_names_that_steer_a_terminal_are_shown_harmlessly_in_the_start_table(project):
    folder = project(Aliases=["a.example.com"], Comment="\x1b[2J")
    odd = folder / "pub\x1b[31mlic\u202e"
    odd.mkdir()
    settings = {"distribution": "template.json", "origins": {"site": odd.name}}
    (folder / "edgeproxy.yaml").write_text(json.dumps(settings))
    code, said = checked(folder)
    assert (code, "pub\\u001b[31mlic\\u202e" in said) == (0, True), said


async def test_a_name_that_steers_a_terminal_is_said_harmlessly_by_a_reload(running, project):
    folder = project()
    odd = folder / "t\x1b]0;x\x07\u202e.json"
    (folder / "template.json").rename(odd)
    (folder / "edgeproxy.yaml").write_text(json.dumps({"distribution": odd.name, "origins": {"site": "./public"}}))
    async with running(folder) as proxy:
        odd.write_text("{,}")
        await proxy.until("t\\u001b]0;x\\u0007\\u202e.json: not taken over")
        odd.write_text(json.dumps(template()))
        await proxy.until("reloaded: t\\u001b]0;x\\u0007\\u202e.json")


def test_a_function_that_is_too_large_is_not_compiled_as_well(project):
    folder = project()
    code = "(" * 20_000
    behavior = {**BEHAVIOR, "FunctionAssociations": [USED]}
    (folder / "template.json").write_text(json.dumps(template({"F": function("F", code)}, DefaultCacheBehavior=behavior)))
    said = checked(folder)[1]
    assert ("20000 bytes of a function's code" in said, said.splitlines()[-1]) == (True, "1 problem found")
