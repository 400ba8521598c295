import json

import pytest
from kit_aws import app, bucket, config

from edgeproxy.pulling.template import Template, looks_secret


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        pytest.param("X-Origin-Verify", "abc", True, id="a name that speaks of verifying"),
        pytest.param("x-api-key", "abc", True, id="a key"),
        pytest.param("Authorization", "Basic YWxpY2U6cw==", True, id="credentials"),
        pytest.param("X-Custom", "9f86d081884c7d659a2feaa0c55ad015", True, id="a value that no one would type"),
        pytest.param(
            "X-Custom", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.Et9HFtf9R3GEMA0IICOfFMVXY7kkTX1wr4qCyIf58U", True, id="a token"
        ),
        pytest.param("X-Custom", "0b7a9c52-6f0e-4e7e-9d0c-3d7f2a1b4c5d", True, id="a UUID"),
        pytest.param("X-Custom", "", False, id="nothing"),
        pytest.param("X-Stage", "production", False, id="a word"),
        pytest.param("X-Forwarded-Host", "shop2.eu-central-1.example.com", False, id="a host name"),
        pytest.param("X-Auth-Server", "https://login.example.com/oauth2", False, id="a URL, whatever the header"),
        pytest.param("X-Note", "this is from cloudfront, version 2", False, id="a sentence"),
    ],
)
def test_a_value_looks_secret_or_not(name, value, secret):
    assert looks_secret(name, value) is secret


def test_each_secret_becomes_a_parameter_of_its_own():
    headers = ("X-Secret", "one"), ("X-Stage", "dev"), ("x.secret", "two")
    found = config(origins=[bucket(), app(*headers), app(("X-Secret", "three"), own_id="app!")])
    template = Template()
    template.hide_secrets(found)
    template.add("CloudFront::Distribution", "E1", {"DistributionConfig": found}, Metadata={"a": "b"})
    text = template.text("what it is")
    assert [each.parameter for each in template.secrets] == ["AppXSecret", "AppXSecret2", "AppXSecret3"]
    assert [each.variable for each in template.secrets] == ["APP_X_SECRET", "APP_X_SECRET_2", "APP_X_SECRET_3"]
    assert template.secrets[0].what == "custom header X-Secret of origin app"
    written = json.loads(text)
    assert written["Parameters"]["AppXSecret2"] == {
        "Type": "String",
        "NoEcho": True,
        "Description": "custom header x.secret of origin app",
    }
    origins = written["Resources"]["E1"]["Properties"]["DistributionConfig"]["Origins"]["Items"]
    values = [header["HeaderValue"] for origin in origins for header in origin["CustomHeaders"].get("Items", [])]
    assert values == [{"Ref": "AppXSecret"}, "dev", {"Ref": "AppXSecret2"}, {"Ref": "AppXSecret3"}]
    assert not any(word in text for word in ('"one"', '"two"', '"three"'))


def test_resources_have_names_of_letters_and_digits_each_its_own():
    template = Template()
    names = [template.add("CloudFront::Function", name, {}) for name in ("Function-a-b", "Function-a_b", "FunctionAB", "!")]
    assert names == ["FunctionAB", "FunctionAB2", "FunctionAB3", "Resource"]
    written = json.loads(template.text("d"))
    assert list(written) == ["Description", "Resources"]
    assert written["Resources"]["Resource"] == {"Type": "AWS::CloudFront::Function", "Properties": {}}


@pytest.mark.parametrize(
    ("own_id", "variable"),
    [
        pytest.param("app", "APP_X_SECRET", id="a name"),
        pytest.param("1-app.example.com/x", "_1_APP_EXAMPLE_COM_X_X_SECRET", id="a digit comes first"),
        pytest.param("é", "X_SECRET", id="letters that a shell does not take"),
    ],
)
def test_a_secrets_variable_is_one_that_a_shell_can_set(own_id, variable):
    template = Template()
    template.hide_secrets(config(origins=[app(("X-Secret", "one"), own_id=own_id)]))
    assert [each.variable for each in template.secrets] == [variable]
