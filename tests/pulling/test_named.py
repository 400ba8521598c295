import json

import pytest
from botocore.response import StreamingBody
from kit_aws import (
    CACHING_OPTIMIZED,
    FUNCTION_ARN,
    LAMBDA_ARN,
    LONG_AGO,
    STORE,
    STORE_ARN,
    WITH_STORE,
    Aws,
    Broken,
    archive,
    cache_policy,
    function_answers,
    handler_answer,
    sha256,
)
from urllib3.exceptions import IncompleteRead

from edgeproxy.pulling.account import PullError
from edgeproxy.pulling.folder import Folder
from edgeproxy.pulling.named import Named
from edgeproxy.pulling.template import Template

CONFIG = {"Comment": "", "Runtime": "cloudfront-js-2.0"}


class Pull:
    """A pull under way for one thing; `written` is the folder in the end."""

    def __init__(self, tmp_path, answers, archives=None, stage="LIVE", **parts):
        self.aws, self.said, self.out = Aws(answers, archives, **parts), [], tmp_path / "out"
        self.template, self.folder = Template(), Folder(self.out)
        self.named = Named(self.aws.account, self.folder, self.template, stage, self.said.append)

    def __enter__(self):
        self.folder.__enter__()
        return self.named

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.folder.finish()
        self.folder.__exit__(kind, error, trace)

    @property
    def resources(self):
        return json.loads(self.template.text(""))["Resources"]

    @property
    def written(self):
        return {str(path.relative_to(self.out)): path.read_text() for path in sorted(self.out.rglob("*")) if path.is_file()}


def test_a_policy_of_ones_own_goes_into_the_template_and_a_managed_one_stays_an_id(tmp_path):
    pull = Pull(tmp_path, {"GetCachePolicy": cache_policy})
    with pull as named:
        assert named.policy("CachePolicy", "own") == {"Ref": "CachePolicyMine"}
        assert named.policy("CachePolicy", CACHING_OPTIMIZED) == CACHING_OPTIMIZED
    assert pull.said == ["cache policy mine"]
    assert pull.resources["CachePolicyMine"]["Properties"] == {
        "CachePolicyConfig": cache_policy("own")["CachePolicy"]["CachePolicyConfig"]
    }


def test_what_is_named_twice_is_asked_for_once(tmp_path):
    pull = Pull(tmp_path, {"GetCachePolicy": cache_policy})
    with pull as named:
        assert [named.once(named.policy, "CachePolicy", "own") for _ in "ab"] == [{"Ref": "CachePolicyMine"}] * 2
    assert pull.aws.asked == ["GetCachePolicy"]


def test_an_access_control_goes_into_the_template(tmp_path):
    config = {"Name": "oac", "SigningProtocol": "sigv4", "SigningBehavior": "never", "OriginAccessControlOriginType": "s3"}
    pull = Pull(
        tmp_path,
        {"GetOriginAccessControl": lambda Id: {"OriginAccessControl": {"Id": Id, "OriginAccessControlConfig": config}}},  # noqa: N803
    )
    with pull as named:
        assert named.access_control("E1OAC") == {"Ref": "AccessControlOac"}
    assert pull.resources["AccessControlOac"]["Properties"] == {"OriginAccessControlConfig": config}


@pytest.mark.parametrize("stage", ["LIVE", "DEVELOPMENT"])
def test_a_function_is_a_file_and_a_resource(tmp_path, stage):
    pull = Pull(tmp_path, function_answers(b"code"), stage=stage)
    with pull as named:
        assert named.function(FUNCTION_ARN) == {"Fn::GetAtt": ["FunctionRewrite", "FunctionARN"]}
        assert named.functions == {"rewrite": "functions/rewrite.js"}
    assert pull.written == {"functions/rewrite.js": f"code // {stage}"}
    properties = pull.resources["FunctionRewrite"]["Properties"]
    assert (properties["Name"], properties["FunctionConfig"]) == ("rewrite", CONFIG)


def test_code_that_does_not_come_to_its_end_leaves_nothing(tmp_path):
    body = StreamingBody(Broken(IncompleteRead(3, 7)), 10)
    pull = Pull(tmp_path, {**function_answers(), "GetFunction": lambda Name, Stage: {"FunctionCode": body}})  # noqa: N803
    with pytest.raises(PullError, match=r"^AWS cannot be asked: "), pull as named:
        named.function(FUNCTION_ARN)
    assert list(tmp_path.iterdir()) == []


def keys(KvsARN, MaxResults, NextToken="0"):  # noqa: N803
    assert (KvsARN, MaxResults) == (STORE_ARN, 50)
    number = int(NextToken)
    more = {"NextToken": str(number + 1)} if number < 2 else {}
    return {"Items": [{"Key": f"/{number}", "Value": f"ü{number}"}], **more}


def test_the_pairs_of_a_functions_store_come_page_by_page(tmp_path):
    pull = Pull(tmp_path, {**function_answers(**WITH_STORE), "ListKeys": keys})
    with pull as named:
        named.function(FUNCTION_ARN)
        assert named.stores == {STORE: f"key_value_stores/{STORE}.json"}
        assert named.notices == []
    pairs = json.loads(pull.written[f"key_value_stores/{STORE}.json"])
    assert pairs == {"data": [{"key": f"/{number}", "value": f"ü{number}"} for number in range(3)]}
    assert f"key value store {STORE} (3 keys)" in pull.said


def test_without_awscrt_a_store_is_empty_and_it_is_said(tmp_path):
    pull = Pull(tmp_path, {**function_answers(**WITH_STORE), "ListKeys": keys}, signs_for_stores=False)
    with pull as named:
        named.function(FUNCTION_ARN)
        assert named.notices == [
            f"key value store {STORE} is empty here, its keys are read with awscrt: pip install 'botocore[crt]' "
            f"and pull again, or put its pairs into key_value_stores/{STORE}.json"
        ]
    assert json.loads(pull.written[f"key_value_stores/{STORE}.json"]) == {"data": []}


def test_a_key_group_keeps_its_id_and_its_keys_theirs(tmp_path):
    def group(Id):  # noqa: N803
        config = {"Name": "readers", "Items": ["K1", "K2"]}
        return {"KeyGroup": {"Id": Id, "LastModifiedTime": LONG_AGO, "KeyGroupConfig": config}}

    def key(Id):  # noqa: N803
        config = {"CallerReference": "r", "Name": "n", "EncodedKey": f"PEM of {Id}"}
        return {"PublicKey": {"Id": Id, "CreatedTime": LONG_AGO, "PublicKeyConfig": config}}

    pull = Pull(tmp_path, {"GetKeyGroup": group, "GetPublicKey": key})
    with pull as named:
        assert [named.key_group("group-1"), named.key_group("group-2")] == ["group-1", "group-2"]
        files = {"K1": "keys/K1.pem", "K2": "keys/K2.pem"}
        assert named.key_groups == {"group-1": files, "group-2": files}
    assert pull.written == {"keys/K1.pem": "PEM of K1", "keys/K2.pem": "PEM of K2"}
    assert pull.aws.asked.count("GetPublicKey") == 2


def test_one_id_of_two_kinds_is_two_things(tmp_path):
    config = {"CallerReference": "r", "Name": "n", "EncodedKey": "PEM"}
    key = {"PublicKey": {"Id": "own", "CreatedTime": LONG_AGO, "PublicKeyConfig": config}}
    pull = Pull(tmp_path, {"GetCachePolicy": cache_policy, "GetPublicKey": lambda Id: key})  # noqa: N803
    with pull as named:
        assert named.once(named.policy, "CachePolicy", "own") == {"Ref": "CachePolicyMine"}
        assert named.once(named._key, "own") == "keys/own.pem"


def versions(*, data=None, **parts):
    archives, answers = {}, {}
    for version in ("7", "8"):
        code = data or archive(index__py=f"version = {version}")
        answers[version], found = handler_answer("edge", version, code, **parts)
        archives |= found
    return {"GetFunction": lambda FunctionName, Qualifier: answers[Qualifier]}, archives  # noqa: N803


def test_a_handlers_version_is_a_folder_and_a_resource(tmp_path):
    pull = Pull(tmp_path, *versions())
    with pull as named:
        assert named.handler(f"{LAMBDA_ARN}:7") == f"{LAMBDA_ARN}:7"
    assert pull.written == {"lambdas/edge/index.py": "version = 7"}
    assert pull.resources["LambdaEdge"]["Properties"] == {
        "FunctionName": "edge",
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Timeout": 5,
        "MemorySize": 128,
        "Code": "lambdas/edge",
    }


def test_two_versions_of_a_handler_are_two_functions(tmp_path):
    pull = Pull(tmp_path, *versions())
    with pull as named:
        assert [named.handler(f"{LAMBDA_ARN}:{version}") for version in "78"] == [f"{LAMBDA_ARN}:7", f"{LAMBDA_ARN}-8:8"]
    assert pull.written == {"lambdas/edge/index.py": "version = 7", "lambdas/edge-8/index.py": "version = 8"}
    assert pull.resources["LambdaEdge8"]["Properties"]["FunctionName"] == "edge-8"


OTHER_ACCOUNT = LAMBDA_ARN.replace(":111122223333:", ":444455556666:")
ALIKE = [
    pytest.param([f"{LAMBDA_ARN}:1", f"{LAMBDA_ARN}:2", f"{LAMBDA_ARN}-2:1"],
                 [f"{LAMBDA_ARN}:1", f"{LAMBDA_ARN}-2:2", f"{LAMBDA_ARN}-2-1:1"], id="a function called like another's version"),
    pytest.param([f"{LAMBDA_ARN}-2:1", f"{LAMBDA_ARN}:1", f"{LAMBDA_ARN}:2"],
                 [f"{LAMBDA_ARN}-2:1", f"{LAMBDA_ARN}:1", f"{LAMBDA_ARN}-2-2:2"], id="the same, the other way round"),
    pytest.param([f"{LAMBDA_ARN}:1", f"{OTHER_ACCOUNT}:1"],
                 [f"{LAMBDA_ARN}:1", f"{OTHER_ACCOUNT}-1:1"], id="a function of the same name in another account"),
]  # fmt: skip


@pytest.mark.parametrize(("arns", "found"), ALIKE)
def test_each_handler_has_a_name_of_its_own(tmp_path, arns, found):
    answer, archives = handler_answer("edge", "1", archive(index__py="x = 1"))
    pull = Pull(tmp_path, {"GetFunction": lambda FunctionName, Qualifier: answer}, archives)  # noqa: N803
    with pull as named:
        assert [named.handler(arn) for arn in arns] == found
    names = [each["Properties"]["FunctionName"] for each in pull.resources.values()]
    assert [arn.split(":")[-2] for arn in found] == names
    assert {f"lambdas/{name}/index.py" for name in names} == pull.written.keys()


def test_a_handlers_code_that_cannot_be_used_is_told_with_its_name(tmp_path):
    pull = Pull(tmp_path, *versions(data=b"no archive"))
    with pytest.raises(PullError, match=r"^Lambda@Edge function edge: the code cannot be unpacked: "), pull as named:
        named.handler(f"{LAMBDA_ARN}:7")
    pull = Pull(tmp_path, *versions(CodeSha256=sha256(b"other")))
    with pytest.raises(PullError, match=r"^Lambda@Edge function edge: .* its SHA-256 is another"), pull as named:
        named.handler(f"{LAMBDA_ARN}:7")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arn", [LAMBDA_ARN, f"{LAMBDA_ARN}:$LATEST", f"{LAMBDA_ARN}:7".replace("us-east-1", "eu-west-1")])
def test_only_a_version_in_us_east_1_is_asked_for(tmp_path, arn):
    pull = Pull(tmp_path, {})
    with pytest.raises(PullError, match=r"is not a version of a Lambda function in us-east-1$"), pull as named:
        named.handler(arn)
    assert pull.aws.asked == []


@pytest.mark.parametrize("name", ["../../evil", "a/b", "", "a.b", "x" * 200])
def test_a_name_that_would_be_another_file_is_refused(tmp_path, name):
    pull = Pull(tmp_path, {})
    with pytest.raises(PullError, match=r"is not a name that AWS gives$"), pull as named:
        named.function(f"arn:aws:cloudfront::111122223333:function/{name}")
    with pytest.raises(PullError, match=r"is not a name that AWS gives$"), pull as named:
        named.key_group(name)
    assert pull.aws.asked == []
