import json
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from edgeproxy.cli import main

NAMES = ("flags", "redirects")
TEMPLATE = {
    "Resources": {
        **{name.title(): {"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": name}} for name in NAMES},
        "Web": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Origins": [
                        {"Id": "o", "DomainName": "o.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "o",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                    },
                }
            },
        },
    }
}


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


class Proxy:
    """`edgeproxy serve --admin-port 0` with the stores of these names, as a process of its own."""

    def __init__(self, folder, *names):
        resources = {key: value for key, value in TEMPLATE["Resources"].items() if key == "Web" or key.lower() in names}
        (folder / "template.json").write_text(json.dumps({"Resources": resources}))
        (folder / "pairs.json").write_text('{"data": [{"key": "/old", "value": "/new"}]}')
        stores = "".join(f"\n  {name}: pairs.json" for name in names)
        text = f"distribution: template.json\norigins: {{o: 'http://127.0.0.1:1'}}\nkey_value_stores:{stores or ' {}'}\n"
        (folder / "edgeproxy.yaml").write_text(text)
        self.folder = folder

    def __enter__(self):
        command = [sys.executable, "-m", "edgeproxy", "serve", str(self.folder), "--port", "0", "--admin-port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        for line in self.process.stderr:
            if found := re.match(r"admin listener on http://127\.0\.0\.1:(\d+)$", line):
                self.port = int(found[1])
                break
        self.process.stdout.readline()
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)


def kvs(*arguments):
    result = CliRunner().invoke(main, ["kvs", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.mark.usefixtures("runtime")
def test_keys_are_listed_got_put_and_deleted(tmp_path):
    with Proxy(tmp_path, "redirects") as proxy:
        assert kvs("get", "/old") == (0, "/new\n")
        assert kvs("put", "a\tb", "c", "--admin-port", proxy.port) == (0, "redirects: 2 keys, 12 bytes\n")
        assert kvs("list", "--store", "redirects") == (0, '/old\t/new\n"a\\tb"\tc\n')
        assert kvs("delete", "/old") == (0, "redirects: 1 key, 4 bytes\n")
        assert kvs("get", "/old") == (1, "Error: redirects has no key /old\n")
        assert kvs("list", "--store", "redirect")[1].endswith("did you mean redirects?\n")
        status, output = kvs("put", "k", "v" * 1025)
        assert (status, output) == (1, "Error: a value has at most 1,024 bytes, that of k 1,025\n")
    assert kvs("get", "/old")[1].startswith("Error: no proxy with an admin listener is running")


@pytest.mark.usefixtures("runtime")
def test_of_several_stores_one_must_be_said(tmp_path):
    with Proxy(tmp_path, *NAMES):
        assert kvs("get", "/old") == (1, "Error: say which: --store flags or redirects\n")
        assert kvs("get", "/old", "--store", "flags") == (0, "/new\n")


@pytest.mark.usefixtures("runtime")
def test_no_store_and_no_proxy_are_told_in_a_line(tmp_path):
    assert kvs("list") == (1, "Error: no proxy with an admin listener is running; start one with --admin-port 8081\n")
    with Proxy(tmp_path):
        assert kvs("list") == (1, "Error: the proxy has no key value store\n")


@pytest.mark.parametrize("arguments", [[], ["list"], ["get"], ["put"], ["delete"]])
def test_help_has_examples(arguments):
    status, output = kvs(*arguments, "--help")
    assert status == 0
    assert f"edgeproxy kvs {arguments[0] if arguments else 'list'}" in output


def test_a_key_is_needed():
    assert kvs("get")[0] == 2
