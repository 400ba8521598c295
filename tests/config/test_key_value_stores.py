import json
from pathlib import Path

import pytest

from edgeproxy.config import load
from edgeproxy.config.key_value_stores import GivenStore, LocalStores
from edgeproxy.config.nodes import Node
from edgeproxy.config.problems import Problems
from edgeproxy.errors import ConfigError

STORE = {"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": "redirects"}}
IMPORT = {"SourceType": "S3", "SourceArn": "arn:aws:s3:::bucket/pairs.json"}
FUNCTION = "function handler(event) { return event.request; }"
ELSEWHERE = "arn:aws:cloudfront::123456789012:key-value-store/01234567-89ab-cdef-0123-456789abcdef"
NO_FILE = "distribution: template.json\norigins: {o: 'http://127.0.0.1:1'}\n"


def template(store=STORE, arns=({"Fn::GetAtt": ["Redirects", "Arn"]},), runtime="cloudfront-js-2.0", function_arn=None):
    config = {"Comment": "", "Runtime": runtime, "KeyValueStoreAssociations": [{"KeyValueStoreARN": arn} for arn in arns]}
    behavior = {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    arn = function_arn or {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}
    behavior["FunctionAssociations"] = [{"EventType": "viewer-request", "FunctionARN": arn}]
    origin = {"Id": "o", "DomainName": "o.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    rewrite = {"Name": "rewrite", "FunctionConfig": config, "FunctionCode": FUNCTION}
    return {
        "Resources": {
            **({"Redirects": store} if store else {}),
            "Rewrite": {"Type": "AWS::CloudFront::Function", "Properties": rewrite},
            "Web": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {"DistributionConfig": {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": behavior}},
            },
        }
    }


def read(folder: Path, settings="", **parts):
    (folder / "pairs.json").write_text('{"data": []}')
    (folder / "template.json").write_text(json.dumps(template(**parts), indent=1))
    (folder / "edgeproxy.yaml").write_text(NO_FILE + settings)
    found = load(folder)
    (function,) = found.distributions[0].default_cache_behavior.functions.values()
    return found, function.key_value_store


def importing(**more):
    return {**STORE, "Properties": {**STORE["Properties"], "ImportSource": {**IMPORT, **more}}}


def test_a_store_that_imports_nothing_begins_empty(tmp_path):
    found, name = read(tmp_path)
    (store,) = found.key_value_stores
    assert (name, store.name, store.path, store.keep) == ("redirects", "redirects", None, None)
    assert store.arn.startswith("arn:aws:cloudfront::123456789012:key-value-store/")
    assert found.distributions[0].not_honoured == ()


@pytest.mark.parametrize("name", [pytest.param("Redirects", id="by logical id"), pytest.param("redirects", id="by name")])
def test_the_settings_name_the_file_of_a_store(tmp_path, name):
    found, _ = read(tmp_path, f"key_value_stores: {{{name}: pairs.json}}\n", store=importing())
    (store,) = found.key_value_stores
    assert (store.path, store.keep) == (tmp_path / "pairs.json", None)
    assert tmp_path / "pairs.json" in found.sources


def test_changes_are_kept_where_the_settings_say(tmp_path):
    found, _ = read(tmp_path, "key_value_stores: {redirects: {path: pairs.json, keep: kept.json}}\n")
    (store,) = found.key_value_stores
    assert (store.path, store.keep) == (tmp_path / "pairs.json", tmp_path / "kept.json")
    assert tmp_path / "kept.json" not in found.sources


def test_a_store_that_is_only_an_arn_has_its_file_under_its_id(tmp_path):
    found, name = read(tmp_path, f"key_value_stores: {{{ELSEWHERE[-36:]}: pairs.json}}\n", store=None, arns=[ELSEWHERE])
    (store,) = found.key_value_stores
    assert (name, store.name, store.arn, store.path) == (ELSEWHERE[-36:], ELSEWHERE[-36:], ELSEWHERE, tmp_path / "pairs.json")


ARN = "arn:aws:cloudfront::123456789012:function/Only"


def test_a_function_that_is_only_an_arn_reads_the_only_store_of_the_settings(tmp_path):
    (tmp_path / "only.js").write_text(FUNCTION)
    settings = "functions: {Only: only.js}\nkey_value_stores: {flags: pairs.json}\n"
    found, name = read(tmp_path, settings, store=None, arns=[], function_arn=ARN)
    assert name == "flags"
    assert [store.name for store in found.key_value_stores] == ["flags"]


def test_with_several_stores_a_function_that_is_only_an_arn_reads_none(tmp_path):
    (tmp_path / "only.js").write_text(FUNCTION)
    settings = "functions: {Only: only.js}\nkey_value_stores: {Redirects: pairs.json, flags: pairs.json}\n"
    with pytest.raises(ConfigError, match="no key value store is named flags"):
        read(tmp_path, settings, arns=[], function_arn=ARN)


WRONG = [
    pytest.param(
        {"store": importing()}, "", "the pairs of redirects are in S3, not on this machine",
        "add to edgeproxy.yaml:  key_value_stores: {redirects: path/to/pairs.json}", id="an import without a local file",
    ),
    pytest.param({"store": importing(SourceType="FTP")}, "key_value_stores: {redirects: pairs.json}", 'SourceType is "FTP"', "allowed: S3", id="an import from elsewhere"),
    pytest.param({"arns": [ELSEWHERE], "store": None}, "", "are not on this machine", f"add to edgeproxy.yaml:  key_value_stores: {{\"{ELSEWHERE[-36:]}\": path/to/pairs.json}}", id="an ARN from elsewhere"),
    pytest.param({"arns": [{"Ref": "Redirects"}]}, "", "redirects is not the ARN of a key value store", "arn:aws:cloudfront::ACCOUNT:key-value-store/ID; in a template: !GetAtt NAME.Arn", id="a name instead of an ARN"),
    pytest.param({"runtime": "cloudfront-js-1.0"}, "", "cloudfront-js-1.0 cannot read a key value store", "a function that has a key value store runs on cloudfront-js-2.0", id="runtime 1.0"),
    pytest.param({"arns": [{"Fn::GetAtt": ["Redirects", "Arn"]}, ELSEWHERE]}, "", "2 key value stores of a function", "CloudFront allows 1", id="two stores of a function"),
    pytest.param({"store": {**STORE, "Properties": {"Name": "a b"}}}, "", '"a b" is not a key value store\'s name', "1 to 64 letters, digits, - and _", id="a name"),
    pytest.param({"store": {**STORE, "Properties": {**STORE["Properties"], "Nam": "x"}}}, "", "KeyValueStore has no property Nam", "did you mean Name?", id="an unknown property"),
    pytest.param({}, "key_value_stores: {redirect: pairs.json}", "no key value store is named redirect", "did you mean redirects?", id="a store that nobody has"),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "settings", "message", "hint"), WRONG)
def test_each_problem_has_its_place_and_a_way_out(tmp_path, parts, settings, message, hint):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, settings, **parts)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.hint == hint
    assert problem.line > 0


def test_two_stores_of_one_name_cannot_be(tmp_path):
    document = template()
    document["Resources"]["Again"] = STORE
    (tmp_path / "template.json").write_text(json.dumps(document))
    (tmp_path / "edgeproxy.yaml").write_text(NO_FILE)
    with pytest.raises(ConfigError, match="EntityAlreadyExists: another key value store is named redirects"):
        load(tmp_path)


def test_the_first_of_its_names_that_is_given_is_a_stores():
    given = {name: GivenStore(Path(name), None, Node(None)) for name in ("a", "b")}
    local, problems = LocalStores(given), Problems()
    assert local.meet(("x", "b", "a"), "store", "arn").path == Path("b")
    assert local.meet(("y",), "other", "arn") is None
    assert local.sources.keys() == {Path("b")}
    local.check_names(problems)
    with pytest.raises(ConfigError, match="no key value store is named a"):
        problems.raise_any()
    assert local.only() is None
