"""`--strict-fidelity` over a real proxy: what is said, and how the run ends."""

import json

from edgeproxy.served import Switches

STRICT = Switches(strict=True)


async def test_ordinary_pages_rest_on_no_choice(running, project):
    async with running(project(), switches=STRICT) as proxy:
        for _ in range(2):
            assert (await proxy.get("/page")).status == 200
        assert not proxy.proxy.unfaithful
    assert proxy.said[-1] == "strict fidelity: no request relied on a choice of edgeproxy's"


async def test_an_answer_that_rests_on_one_says_so_once_and_the_run_is_unfaithful(running, project):
    async with running(project(), switches=STRICT) as proxy:
        for _ in range(2):
            assert (await proxy.get("/missing")).status == 403
        assert proxy.proxy.unfaithful
    (line,) = [line for line in proxy.said if "relies on a choice" in line]
    assert line.startswith("GET /missing relies on a choice: 400, 403, 405")
    assert line.endswith("(fidelity: bare-403)")
    assert proxy.said[-1].split()[:2] == ["2", "bare-403"]


async def test_a_url_that_is_too_long_is_told_too(running, project):
    async with running(project(), switches=STRICT) as proxy:
        assert (await proxy.get("/" + "x" * 9000)).status == 414
        assert proxy.proxy.unfaithful


async def test_a_property_that_is_not_honoured_counts_after_a_reload_too(running, project):
    folder = project()
    async with running(folder, switches=STRICT) as proxy:
        assert not proxy.proxy.unfaithful
        template = json.loads((folder / "template.json").read_text())
        template["Resources"]["Web"]["Properties"]["DistributionConfig"]["WebACLId"] = "arn:aws:wafv2:acl"
        (folder / "template.json").write_text(json.dumps(template))
        await proxy.until("reloaded")
        assert proxy.proxy.unfaithful
        assert "not honoured: DistributionConfig.WebACLId: no web ACL is applied: nothing is blocked" in proxy.said


async def test_without_the_switch_nothing_is_said(running, project):
    async with running(project()) as proxy:
        assert (await proxy.get("/missing")).status == 403
        assert not proxy.proxy.unfaithful
    assert not any("fidelity" in line for line in proxy.said)
