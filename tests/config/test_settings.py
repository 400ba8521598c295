from pathlib import Path

import pytest

from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.settings import read_settings
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError
from edgeproxy.model import CacheSettings, Directory, LambdaEdgeSettings, Settings, Url, ViewerSettings

FULL = """
distribution: template.yaml
default: Site
default_root_object: after
parameters: {Stage: dev, Port: 3000}
imports: {domain: x.test}
origins:
  app: http://127.0.0.1:3000
  site: ./public
  list: {path: public, list: true}
  url: {url: "https://a.test"}
functions: {Rewrite: rewrite.js}
viewer: {scheme: http, host: WWW.example.com}
cache: {size: 64MB, max_object: 1 MiB, on_reload: keep}
lambda_edge: {environments: 2, environment: {TABLE: t, N: 1}}
allow_origins: [API.example.com]
"""


def read(text: str, base: Path, allow: tuple[str, ...] = ()):
    (base / "public").mkdir(exist_ok=True)
    (base / "c").touch()
    reading = Reading(Problems())
    found = read_settings(read_yaml(text, base / "edgeproxy.yaml"), reading, allow)
    reading.problems.raise_any()
    return found, reading


def test_every_setting(tmp_path: Path):
    found, reading = read(FULL, tmp_path, ("cli.example.com",))
    assert found.settings == Settings(
        viewer=ViewerSettings("http", "www.example.com"),
        cache=CacheSettings(64 << 20, 1 << 20, "keep"),
        lambda_edge=LambdaEdgeSettings(2, environment={"TABLE": "t", "N": "1"}),
        default="Site",
        default_root_object="after",
        allow_origins=("cli.example.com", "api.example.com"),
    )
    assert [each.value for each in found.distributions] == ["template.yaml"]
    assert {name: given.place for name, given in found.origins.items()} == {
        "app": Url("http", "127.0.0.1", 3000),
        "site": Directory(tmp_path / "public"),
        "list": Directory(tmp_path / "public", True),
        "url": Url("https", "a.test", 443),
    }
    assert {name: node.value for name, node in found.parameters.items()} == {"Stage": "dev", "Port": "3000"}
    assert (found.imports["domain"].value, found.functions["Rewrite"].value) == ("x.test", "rewrite.js")
    assert reading.not_honoured == []


def test_values_of_dynamic_references_by_name(tmp_path: Path):
    text = 'distribution: t\nresolve:\n  "{{resolve:ssm:/a}}": 1\n  secretsmanager:s:SecretString:k: ${env:K}\n'
    found, _ = read(text, tmp_path)
    assert {name: node.value for name, node in found.resolve.items()} == {
        "ssm:/a": "1", "secretsmanager:s:SecretString:k": "${env:K}"
    }  # fmt: skip


def test_a_name_of_no_dynamic_reference_is_a_problem_in_its_line(tmp_path: Path):
    with pytest.raises(ConfigError, match="'/shop/host' is no name of a dynamic reference") as caught:
        read("distribution: t\nresolve:\n  /shop/host: x\n", tmp_path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 3)


def test_the_least_that_a_settings_file_needs_leaves_every_default(tmp_path: Path):
    found, _ = read("distribution: [a.yaml, b.json]", tmp_path)
    assert found.settings == Settings()
    assert [each.value for each in found.distributions] == ["a.yaml", "b.json"]


def test_the_files_of_key_value_stores(tmp_path: Path):
    (tmp_path / "r.json").touch()
    text = "distribution: t\nkey_value_stores:\n  a: r.json\n  b: {path: r.json, keep: public/k.json}\n  c: {keep: r.json}\n"
    stores = read(text, tmp_path)[0].key_value_stores
    assert {name: (given.path, given.keep, given.node.line) for name, given in stores.items()} == {
        "a": (tmp_path / "r.json", None, 3),
        "b": (tmp_path / "r.json", tmp_path / "public" / "k.json", 4),
        "c": (None, tmp_path / "r.json", 5),
    }


def test_the_files_of_the_https_listeners_certificate(tmp_path: Path):
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()
    viewer = read("distribution: t\nviewer: {certificate: cert.pem, private_key: key.pem}", tmp_path)[0].settings.viewer
    assert viewer == ViewerSettings(certificate=tmp_path / "cert.pem", private_key=tmp_path / "key.pem")


def test_a_cache_smaller_than_the_usual_largest_object_has_a_smaller_one(tmp_path: Path):
    cache = read("distribution: t\ncache: {size: 8MB}", tmp_path)[0].settings.cache
    assert (cache.size, cache.max_object) == (8 << 20, 8 << 20)


@pytest.mark.parametrize(
    ("size", "count"),
    [("1000", 1000), ("64KB", 64 << 10), ("1.5 GB", 3 << 29), ("2g", 2 << 30), ("10MiB", 10 << 20), ("7B", 7)],
)
def test_sizes(tmp_path: Path, size, count):
    text = f"distribution: t\ncache: {{size: {size}, max_object: 1}}"
    assert read(text, tmp_path)[0].settings.cache.size == count


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        pytest.param("origins: {}", "settings needs distribution", 1, id="no distribution"),
        pytest.param("distribution: {a: b}", "text is needed here", 1, id="a distribution that is a mapping"),
        pytest.param("distribution: t\norgins: {}", "settings has no property orgins", 2, id="an unknown setting"),
        pytest.param("distribution: t\norigins: [a]", "origins must be a mapping", 2, id="origins that are a list"),
        pytest.param(
            "distribution: t\norigins: {a: ./gone}", "there is no file or directory", 2, id="a directory that is not there"
        ),
        pytest.param(
            "distribution: t\norigins: {a: {list: true}}",
            "has a url, the path of a directory, or a function",
            2,
            id="neither path nor URL",
        ),
        pytest.param("distribution: t\norigins: {a: {url: public}}", "url must begin with http", 2, id="a URL that is none"),
        pytest.param("distribution: t\nfunctions: {F: [a]}", "text is needed here, not a list", 2, id="a path that is a list"),
        pytest.param("distribution: t\nkey_value_stores: [a]", "key_value_stores must be a mapping", 2, id="stores as a list"),
        pytest.param("distribution: t\nkey_value_stores: {a: gone}", "there is no file", 2, id="a store's file that is gone"),
        pytest.param("distribution: t\nkey_value_stores: {a: public}", "is not a file", 2, id="a directory as store"),
        pytest.param("distribution: t\nkey_value_stores: {a: {kep: x}}", "has no property kep", 2, id="a store's property"),
        pytest.param("distribution: t\nkey_value_stores: {a: {keep: gone/x}}", "there is no file", 2, id="nowhere to keep"),
        pytest.param("distribution: t\nkey_value_stores: {a: {keep: public}}", "cannot be a file", 2, id="kept in a directory"),
        pytest.param("distribution: t\nkey_value_stores: {a: {keep: ..}}", "cannot be a file", 2, id="kept in no file"),
        pytest.param("distribution: t\nkey_value_stores: {a: {keep: ''}}", "keep is the name of a file", 2, id="kept nowhere"),
        pytest.param("distribution: t\nviewer: {scheme: ftp}", 'scheme is "ftp"', 2, id="a scheme"),
        pytest.param(
            "distribution: t\nviewer: {certificate: c, private_key: gone}", "there is no file", 2, id="a key that is gone"
        ),
        pytest.param("distribution: t\nviewer: {private_key: c}", "belong together", 2, id="a key without a certificate"),
        pytest.param("distribution: t\ncache: {size: lots}", "size is lots", 2, id="a size"),
        pytest.param("distribution: t\ncache: {size: 1MB, max_object: 2MB}", "is more than size", 2, id="too large an object"),
        pytest.param("distribution: t\ncache: {on_reload: stay}", 'on_reload is "stay"', 2, id="on_reload"),
        pytest.param("distribution: t\ndefault_root_object: never", 'default_root_object is "never"', 2, id="a root object"),
        pytest.param("distribution: t\ndefault: [a]", "default must be text", 2, id="a default that is a list"),
        pytest.param("distribution: t\ndefault: {a: b}", "default must be text", 2, id="a default that is a mapping"),
        pytest.param("distribution: []", "distribution names nothing", 1, id="no distribution in a list"),
        pytest.param("distribution: t\nallow_origins: ['http://a.test']", "is not a host name", 2, id="a URL as host"),
    ],
)
def test_each_problem_has_its_line(tmp_path: Path, text, message, line):
    with pytest.raises(ConfigError) as caught:
        read(text, tmp_path)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.path, problem.line) == (tmp_path / "edgeproxy.yaml", line)


@pytest.mark.parametrize("budget", ["0", "2 s", "-1ms", "1001"])
def test_a_budget_of_functions_is_milliseconds_up_to_a_second(tmp_path, budget):
    from edgeproxy.config import load

    (tmp_path / "template.json").write_text("{}")
    (tmp_path / "edgeproxy.yaml").write_text(f"distribution: template.json\ncloudfront_functions: {{budget: {budget}}}\n")
    with pytest.raises(ConfigError, match=f"budget is {budget}"):
        load(tmp_path)
