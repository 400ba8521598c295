"""Real projects changed at random: each is read or refused with clear lines, and what is printed of it steers no terminal."""

import json
import shutil
from pathlib import Path
from random import Random

import kit_cdk
import kit_mutations
import kit_terraform
import pytest
from kit_archives import archive, entry, link

from edgeproxy import project, start_table
from edgeproxy.archives import ArchiveRefused, unpack
from edgeproxy.config import documents
from edgeproxy.errors import ConfigError

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 100
"""For each project; some thousands were tried by hand."""


def example(name):
    def made(folder):
        shutil.copytree(ROOT / "functions", folder / "functions")
        target = folder / "configs" / name
        shutil.copytree(ROOT / "configs" / name, target)
        return target, [path for path in target.iterdir() if path.suffix in (".yaml", ".json")]

    return pytest.param(made, id=name)


def an_assembly(folder):
    out = kit_cdk.shop(folder / "cdk.out").save()
    return folder, list(out.glob("*.json"))


def a_plan(folder):
    blocks = [
        kit_terraform.block("aws_cloudfront_distribution.web", {"origin": [
            {"domain_name": kit_terraform.refers("module.b.domain", "module.b"), "origin_id": kit_terraform.constant("site")},
        ]}),
    ]  # fmt: skip
    inner = {"outputs": {"domain": {"expression": kit_terraform.refers("aws_s3_bucket.b.bucket_regional_domain_name")}}}
    plan = kit_terraform.plan(
        kit_terraform.resource(
            "aws_cloudfront_distribution.web",
            kit_terraform.planned_distribution(origin=[kit_terraform.without(kit_terraform.origin(), "domain_name")]),
        ),
        child_modules=[
            kit_terraform.module("module.b", kit_terraform.resource("aws_s3_bucket.b", {"bucket": "b"}, module="module.b"))
        ],
        unknown={"aws_cloudfront_distribution.web": {"id": True, "origin": [{"domain_name": True}]}},
        configuration={"resources": blocks, "module_calls": {"b": {"module": inner}}},
    )
    (folder / "public").mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "edgeproxy.yaml").write_text("distribution: plan.json\norigins: {site: ./public}\n")
    return folder, [folder / "plan.json", folder / "edgeproxy.yaml"]


PROJECTS = [
    *(example(path.name) for path in sorted((ROOT / "configs").iterdir()) if path.is_dir()),
    pytest.param(an_assembly, id="a cloud assembly"),
    pytest.param(a_plan, id="a Terraform plan"),
]


def plainly(node):
    if isinstance(node.value, dict):
        return {key: plainly(child) for key, child in node.value.items()}
    return [plainly(child) for child in node.value] if isinstance(node.value, list) else node.value


def printed(target):
    """What is printed of a project, read or refused."""
    try:
        configuration = project.Source(target, {}, {}).load()
    except ConfigError as error:
        return "\n".join(project.show(problem, colour=False) for problem in error.problems)
    parts = [start_table.render(configuration, colour=False), start_table.not_honoured(configuration)]
    return "\n".join([*parts, start_table.warnings(configuration)])


@pytest.mark.parametrize("make", PROJECTS)
def test_a_project_that_was_changed_at_random(tmp_path, make):
    target, files = make(tmp_path / "project")
    for seed in range(ROUNDS):
        random = Random(seed)
        path = random.choice(sorted(files))
        whole = path.read_bytes()
        if random.random() < 0.7:
            path.write_bytes(kit_mutations.written(kit_mutations.tree(plainly(documents.read(path)), random)))
        else:
            path.write_bytes(kit_mutations.data(whole, random))
        said = printed(target)
        assert all(char.isprintable() or char == "\n" for char in said), (seed, said)
        path.write_bytes(whole)


def test_an_archive_that_was_changed_at_random(tmp_path):
    pairs = [("a", "first"), ("b/c", "x" * 300), (entry("run", 0o755), "#!"), link("l", "a"), ("d/", "")]
    whole = archive(*pairs)
    for seed in range(500):
        (tmp_path / "code.zip").write_bytes(kit_mutations.data(whole, Random(seed)))
        (tmp_path / "into").mkdir()
        try:
            unpack(tmp_path / "code.zip", tmp_path / "into", most=10_000, most_entries=20)
        except ArchiveRefused as error:
            assert str(error).isprintable(), seed  # noqa: PT017
        assert not any(path.is_symlink() for path in (tmp_path / "into").rglob("*"))
        shutil.rmtree(tmp_path / "into")
    assert [path.name for path in tmp_path.iterdir()] == ["code.zip"]
