import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from kit_aws import app, bucket

from edgeproxy.pulling import settings
from edgeproxy.pulling.template import Secret
from edgeproxy.yaml_text import quoted


def written(origins=(), functions=None, stores=None, key_groups=None, secrets=(), title="t", profile="default"):
    return settings.text(title, list(origins), functions or {}, stores or {}, key_groups or {}, list(secrets), profile)


def test_the_whole_text():
    text = written(
        [bucket(), app()],
        {"rewrite": "functions/rewrite.js"},
        {"0a-1": "key_value_stores/0a-1.json"},
        {"0b-2": {"K1": "keys/K1.pem"}},
        [Secret("AppXSecret", "custom header X-Secret of origin app", "APP_X_SECRET")],
        title="CloudFront distribution E1",
        profile="shop",
    )
    assert (
        text
        == """\
# CloudFront distribution E1
distribution: template.json

# Where each origin lives on this machine: a folder for a bucket, a URL for an app. Take the # of a line away, and say where.
origins:
  # site: ./public  # site-bucket.s3.eu-central-1.amazonaws.com
  # site: {url: "https://site-bucket.s3.eu-central-1.amazonaws.com", sign_as: shop}  # the bucket itself, with your AWS credentials
  # app: http://127.0.0.1:3000  # app.example.com

# Deployed origins that may be asked as they are:
# allow_origins: [app.example.com]

# Values that looked secret and were not written: variables of the environment.
parameters:
  AppXSecret: ${env:APP_X_SECRET}  # custom header X-Secret of origin app

functions:
  rewrite: functions/rewrite.js

key_value_stores:
  "0a-1": key_value_stores/0a-1.json

key_groups:
  "0b-2": {K1: keys/K1.pem}
"""
    )


def test_lines_become_settings_when_their_mark_is_taken_away():
    text = written([bucket("a b: c"), app(own_id="on")], profile="pro file")
    lines = [line.replace("# ", "", 1) if line.startswith(("  # ", "# allow")) else line for line in text.splitlines()]
    lines = [line for line in lines if "sign_as" not in line]
    assert yaml.safe_load("\n".join(lines)) == {
        "distribution": "template.json",
        "origins": {"a b: c": "./public", "on": "http://127.0.0.1:3000"},
        "allow_origins": ["app.example.com"],
    }


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_any_text_stays_one_key_and_never_ends_a_comment(name):
    assert yaml.safe_load(f"{quoted(name)}: 1") == {name: 1}
    text = written(
        [bucket(name, name), app(own_id=name, domain=name)], {name: name}, secrets=[Secret("P", name, "P")], title=name
    )
    assert yaml.safe_load(text) == {
        "distribution": "template.json",
        "origins": None,
        "parameters": {"P": "${env:P}"},
        "functions": {name: name},
    }


@pytest.mark.parametrize(("origin", "expected"), [(bucket(), True), (app(), False)], ids=["a bucket", "an app"])
def test_a_folder_stands_in_for_buckets_alone(origin, expected):
    assert settings.is_bucket(origin) is expected
