"""`configs/oidc` as it stands: sign-in, refresh and sign-out at viewer-request, with a small identity provider on loopback."""

import base64
import hmac
import json
import shutil
import sys
import time
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import pytest_asyncio
from kit_identity_provider import ID_TOKEN, OTHER_KEY, REFRESH_TOKEN, SITE, Browser, IdentityProvider
from kit_proxy import Running

from edgeproxy import project
from edgeproxy.testing import code_kind, invoke_handler

ROOT = Path(__file__).parents[2]
OIDC, CODE = ROOT / "configs" / "oidc", ROOT / "functions" / "oidc-sign-in"
PAGE = "/reports/2026.html"
CONTENT = (OIDC / "site" / PAGE[1:]).read_bytes()
CALLBACK, SIGNED_OUT = f"{SITE}/auth/callback", f"{SITE}/signed-out.html"
OWN_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The version whose packages are there."""
PACKAGES = ("jwt", "cryptography", "_cffi_backend")


def packaged(folder):
    """A copy of the code with its packages beside it, as it is deployed."""
    code = shutil.copytree(CODE, folder)
    for name in PACKAGES:
        origin = Path(find_spec(name).origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (code / place.name).symlink_to(place)
    return code


@asynccontextmanager
async def the_site(folder, provider):
    """A copy that signs in with this provider, behind a proxy."""
    copy = shutil.copytree(OIDC, folder / "configs" / "oidc")
    code = packaged(folder / "functions" / "oidc-sign-in")
    (code / "configuration.json").write_text(json.dumps(provider.configuration()))
    with (copy / "edgeproxy.yaml").open("a") as settings:
        settings.write(f"parameters: {{PythonRuntime: {OWN_PYTHON}}}\n")
    async with Running(copy) as proxy:
        yield proxy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory):
    async with IdentityProvider() as provider, the_site(tmp_path_factory.mktemp("oidc"), provider) as proxy:
        yield provider, proxy


@pytest.fixture
def provider(lab):
    lab[0].reset()
    return lab[0]


@pytest.fixture
def stranger(lab, provider):
    """A browser without cookies; nothing secret is told of what it does."""
    browser = Browser(lab[1])
    yield browser
    told = [secret for secret in provider.secrets if secret in browser.proxy.terminal]
    assert told == []


@pytest_asyncio.fixture(loop_scope="module")
async def member(stranger):
    """A browser of a person who has signed in."""
    assert (await stranger.visit(PAGE)).body == CONTENT
    return stranger


def let_expire(browser, provider):
    """Its ID token is now of an hour ago."""
    now = int(time.time())
    browser.put(ID_TOKEN, provider.id_token(iat=now - 3600, exp=now - 3300))


def places(landing):
    return [url.partition("?")[0] for url in landing.trail]


def test_check_finds_it_fit_to_serve():
    configuration, problems = project.check(project.Source(OIDC, {}, {}))
    assert problems == []
    assert [each.property for each in configuration.distributions[0].not_honoured] == ["DistributionConfig.HttpVersion"]


def test_the_example_event_is_sent_to_the_provider(tmp_path):
    declared = code_kind.declare(packaged(tmp_path / "code") / "check.py", OWN_PYTHON, None, None, None)
    invoked = invoke_handler.invoke(declared, CODE / "event.json", 1)
    assert invoked.verdict.error is None
    assert 'status: + "302"' in invoked.verdict.changed
    assert any(line.startswith('headers.location: + "https://id.example.com/authorize?') for line in invoked.verdict.changed)


in_one_loop = pytest.mark.asyncio(loop_scope="module")


@in_one_loop
async def test_a_first_visit_leads_over_the_provider_back_to_the_page(stranger, provider):
    landing = await stranger.visit(f"{PAGE}?quarter=2&of=%2Fall")
    page = f"{SITE}{PAGE}"
    assert places(landing) == [page, f"{provider.url}/authorize", CALLBACK, page]
    assert landing.url == f"{page}?quarter=2&of=%2Fall"
    assert (landing.status, landing.body) == (200, CONTENT)
    assert stranger.cookies.keys() == {ID_TOKEN, REFRESH_TOKEN}, "the attempt is forgotten"
    assert stranger.cookies[REFRESH_TOKEN][1] == "/auth/"
    begun = parse_qs(urlsplit(landing.trail[1]).query)
    assert begun["redirect_uri"] == [CALLBACK]
    assert [len(begun[name][0]) for name in ("state", "nonce", "code_challenge")] == [43, 43, 43]


@in_one_loop
async def test_a_token_for_several_that_was_issued_to_this_site(stranger, provider):
    provider.claims = {"aud": ["other", "app"], "azp": "app"}
    assert (await stranger.visit(PAGE)).body == CONTENT


@in_one_loop
async def test_a_page_of_the_cache_is_guarded(member, lab):
    seen = await member.get(PAGE)
    assert (seen.status, seen.x_cache, seen.body) == (200, "Hit", CONTENT)
    assert seen["Cache-Control"] == "private, no-cache"
    for headers in ((), (("Cookie", f"{ID_TOKEN}=made-up"),), (("Cookie", f"{ID_TOKEN}="),)):
        refused = await Browser(lab[1]).get(PAGE, *headers)
        assert (refused.status, refused.x_cache) == (302, "LambdaGeneratedResponse")
        assert (refused.body, refused["Cache-Control"], refused["X-Frame-Options"]) == (b"", "no-store", "DENY")


@in_one_loop
async def test_the_keys_are_kept_in_the_execution_environment(member, provider):
    await member.get(PAGE)
    before = provider.asked["/keys"]
    for number in range(5):
        await member.get(PAGE)
        stray = Browser(member.proxy)
        stray.put(ID_TOKEN, provider.id_token(kid=f"unknown-{number}"))
        assert (await stray.get(PAGE)).status == 302
    assert provider.asked["/keys"] <= before + 1, "a key that nobody knows has them fetched anew at most every 30 s"


@in_one_loop
async def test_the_proxys_clock_does_not_age_tokens(member):
    member.proxy.proxy.clock.offset += 7200
    assert (await member.get(PAGE)).status == 200


@in_one_loop
async def test_an_expired_token_is_renewed(member, provider):
    let_expire(member, provider)
    expired, used = member.value(ID_TOKEN), member.value(REFRESH_TOKEN)
    landing = await member.visit(f"{PAGE}?a=1&b=%26")
    page, refresh = f"{SITE}{PAGE}", f"{SITE}/auth/refresh"
    assert places(landing) == [page, refresh, page]
    assert (landing.url, landing.body) == (f"{page}?a=1&b=%26", CONTENT)
    assert member.value(ID_TOKEN) != expired
    assert member.value(REFRESH_TOKEN) != used
    assert provider.refresh_tokens == {member.value(REFRESH_TOKEN)}


@in_one_loop
@pytest.mark.parametrize(
    "token",
    [
        pytest.param("expired", id="an expired refresh token"),
        pytest.param("used", id="a refresh token used before"),
        pytest.param(None, id="no refresh token"),
        pytest.param("of another", id="the refresh token of another person"),
        pytest.param("other nonce", id="a token of another sign-in"),
    ],
)
async def test_who_cannot_be_renewed_signs_in_anew(member, provider, token):
    let_expire(member, provider)
    if token is None:
        del member.cookies[REFRESH_TOKEN]
    elif token == "expired":
        provider.refresh_tokens.clear()
    elif token == "used":
        used = member.value(REFRESH_TOKEN)
        assert (await member.visit(PAGE)).body == CONTENT
        let_expire(member, provider)
        member.put(REFRESH_TOKEN, used)
    else:
        provider.claims = {"sub": "eve"} if token == "of another" else {"nonce": "other"}
    provider.signed_in = False
    landing = await member.visit(PAGE)
    assert places(landing) == [f"{SITE}{PAGE}", f"{SITE}/auth/refresh", f"{provider.url}/authorize"]
    assert landing.body == b"Your name and password, please"
    assert list(member.cookies) == member.attempts, "the tokens are forgotten"
    provider.signed_in, provider.claims = True, {}
    again = await member.visit(PAGE)
    assert again.body == CONTENT


@in_one_loop
async def test_signing_out_ends_it_everywhere(member, provider):
    used = member.value(REFRESH_TOKEN)
    landing = await member.visit("/auth/sign-out")
    assert places(landing) == [f"{SITE}/auth/sign-out", f"{provider.url}/logout", SIGNED_OUT]
    assert (landing.status, b"You are signed out" in landing.body) == (200, True)
    assert member.cookies == {}
    assert used not in provider.refresh_tokens, "it is of no use to who stole it"
    assert (await member.visit(PAGE)).body == b"Your name and password, please"
    assert not any(secret in target for secret in provider.secrets for target in provider.targets), "no token is in a URL"


@in_one_loop
async def test_signing_out_works_while_the_provider_cannot_be_asked(member, provider):
    provider.broken = True
    await member.visit("/auth/sign-out")
    assert member.cookies == {}


@in_one_loop
async def test_another_site_cannot_sign_a_person_out(member):
    landing = await member.visit("/auth/sign-out", ("Sec-Fetch-Site", "cross-site"))
    assert (landing.status, b'href="/auth/sign-out"' in landing.body) == (403, True)
    assert (await member.get(PAGE)).status == 200


@in_one_loop
async def test_two_tabs_sign_in_at_once(stranger):
    one, other = [await stranger.visit(path, until=CALLBACK) for path in (PAGE, "/index.html")]
    assert len(stranger.attempts) == 2
    for landing, path in ((one, PAGE), (other, "/index.html")):
        seen = await stranger.get(landing.url.removeprefix(SITE))
        assert (seen.status, seen["Location"]) == (302, SITE + path)
    assert stranger.attempts == []


def refused(seen, status, title):
    """Is it our page with that title, which gives nothing?"""
    assert (seen.status, seen.x_cache) == (status, "LambdaGeneratedResponse")
    assert f"<h1>{title}</h1>".encode() in seen.body
    assert (seen["Cache-Control"], seen["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert seen["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    return True


@in_one_loop
async def test_an_attempt_is_good_for_one_time(stranger, provider):
    before = await stranger.visit(PAGE, until=CALLBACK)
    cookies = dict(stranger.cookies)
    callback = before.url.removeprefix(SITE)
    assert (await stranger.get(callback)).status == 302
    assert refused(await stranger.get(callback), 400, "This sign-in is over")
    thief = Browser(stranger.proxy)
    thief.cookies = cookies
    assert refused(await thief.get(callback), 403, "You are not signed in"), "the provider takes a code once"
    assert thief.cookies == {}


STATES = [
    pytest.param(lambda state, value: ("x" * 43, value), id="another state"),
    pytest.param(lambda state, value: (state[:8] + "x" * 35, value), id="a state that begins alike"),
    pytest.param(lambda state, value: ("", value), id="no state"),
    pytest.param(lambda state, value: (f"{state}&state={state}", value), id="two states"),
    pytest.param(lambda state, value: (state, value[:-5] + "AAAA="), id="another signature"),
    pytest.param(lambda state, value: (state, "x" + value[1:]), id="another content"),
    pytest.param(lambda state, value: (state, value.partition(".")[0]), id="no signature"),
    pytest.param(lambda state, value: (state, "."), id="an empty cookie"),
    pytest.param(lambda state, value: (state, "\xff.\xff"), id="a cookie that is not ASCII"),
]


@in_one_loop
@pytest.mark.parametrize("forged", STATES)
async def test_a_forged_state_is_refused(stranger, provider, forged):
    landing = await stranger.visit(PAGE, until=CALLBACK)
    (name,), query = stranger.attempts, parse_qs(urlsplit(landing.url).query)
    state, value = forged(query["state"][0], stranger.value(name))
    stranger.put(name, value)
    seen = await stranger.get(f"/auth/callback?code={query['code'][0]}&state={state}")
    assert refused(seen, 400, "This sign-in is over")
    assert provider.asked["/token"] == 0
    assert ID_TOKEN not in stranger.cookies


@in_one_loop
@pytest.mark.parametrize(("ago", "status"), [(-60, 302), (1, 400)])
async def test_an_attempt_ends_after_a_while(stranger, provider, ago, status):
    landing = await stranger.visit(PAGE, until=CALLBACK)
    (name,) = stranger.attempts
    kept = json.loads(base64.urlsafe_b64decode(stranger.value(name).partition(".")[0]))
    assert 590 <= kept["until"] - time.time() <= 600
    text = base64.urlsafe_b64encode(json.dumps({**kept, "until": int(time.time()) - ago}).encode())
    signature = base64.urlsafe_b64encode(hmac.digest(provider.cookie_key.encode(), text, "sha256"))
    stranger.put(name, f"{text.decode()}.{signature.decode()}")
    assert (await stranger.get(landing.url.removeprefix(SITE))).status == status


@in_one_loop
async def test_a_callback_in_a_browser_that_began_nothing_is_refused(stranger, lab):
    theirs = await Browser(lab[1]).visit(PAGE, until=CALLBACK)
    assert refused(await stranger.get(theirs.url.removeprefix(SITE)), 400, "This sign-in is over")


@in_one_loop
async def test_the_code_of_another_attempt_is_refused(stranger):
    one, other = [await stranger.visit(PAGE, until=CALLBACK) for _ in range(2)]
    code, state = (parse_qs(urlsplit(url).query)[name][0] for url, name in ((one.url, "code"), (other.url, "state")))
    seen = await stranger.get(f"/auth/callback?code={code}&state={state}")
    assert refused(seen, 403, "You are not signed in"), "its PKCE verifier is another"


@in_one_loop
async def test_who_is_denied_at_the_provider_sees_a_page(stranger, provider):
    provider.denies = True
    landing = await stranger.visit(PAGE)
    assert refused(landing.seen, 403, "You are not signed in")
    assert stranger.cookies == {}


NOW = int(time.time())
FORGED = [
    pytest.param(lambda provider, **claims: provider.id_token(**{**claims, "aud": "other"}), id="of another audience"),
    pytest.param(lambda provider, **claims: provider.id_token(**{**claims, "aud": "other"}, azp="app"), id="for somebody else"),
    pytest.param(lambda provider, **claims: provider.id_token(**{**claims, "aud": ["app", "other"]}), id="of two audiences"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, azp="other"), id="issued to another client"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, iss="https://id.example"), id="of another issuer"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, iat=NOW + 9999), id="of tomorrow"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, exp=None), id="that never expires"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, sub=None), id="of nobody"),
    pytest.param(lambda provider, **claims: provider.id_token(OTHER_KEY, **claims), id="signed by someone else"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, kid="two"), id="signed with an unknown key"),
    pytest.param(lambda provider, **claims: provider.unsigned(**claims), id="with alg none"),
    pytest.param(lambda provider, **claims: provider.signed_with_the_public_key(**claims), id="with HS256 and the public key"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims)[:-9] + "AAAAAAAAA", id="with another signature"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, groups="g" * 4000), id="too long for a cookie"),
    pytest.param(lambda provider, **claims: "a.b.c", id="that is none"),
]
ONLY_THERE = [
    pytest.param(lambda provider, **claims: provider.id_token(**{**claims, "nonce": "other"}), id="with another nonce"),
    pytest.param(lambda provider, **claims: provider.id_token(**{**claims, "nonce": None}), id="without a nonce"),
    pytest.param(lambda provider, **claims: provider.id_token(**claims, exp=NOW - 300), id="that has expired"),
]


@in_one_loop
@pytest.mark.parametrize("forged", FORGED + ONLY_THERE)
async def test_the_provider_hands_out_a_token(stranger, provider, forged):
    provider.forged = lambda **claims: forged(provider, **claims)
    landing = await stranger.visit(PAGE)
    assert refused(landing.seen, 403, "You are not signed in")
    assert stranger.cookies == {}


@in_one_loop
@pytest.mark.parametrize("forged", FORGED)
async def test_a_browser_comes_with_a_token(member, provider, forged):
    provider.signed_in = False
    member.put(ID_TOKEN, forged(provider))
    landing = await member.visit(PAGE)
    assert places(landing) == [f"{SITE}{PAGE}", f"{provider.url}/authorize"]
    assert landing.body == b"Your name and password, please"
    # Nor is it renewed.
    landing = await member.visit("/auth/refresh?to=/")
    assert landing.body == b"Your name and password, please"
    assert provider.asked["/token"] == 1, "but for the sign-in, it was not asked"


@in_one_loop
@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "elsewhere.example", "@elsewhere.example",
     "/\t/elsewhere.example", "/a\r\nSet-Cookie: a=b", ".elsewhere.example", "/auth/sign-out", "/" + "a" * 2000],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere(member, provider, target):
    seen = await member.get(f"/auth/refresh?to={quote(target, safe='')}")
    assert refused(seen, 400, "This link does not lead here")
    assert seen["Location"] is None
    assert provider.asked["/token"] == 1, "the refresh token was not spent"


@in_one_loop
@pytest.mark.parametrize("path", ["//elsewhere.example/", "/a%0d%0a", "/" + "a" * 3000, '/a"b', "/?" + "%0a" * 900])
async def test_whatever_is_asked_for_the_sign_in_leads_to_the_site(stranger, path):
    landing = await stranger.visit(path, until=f"{SITE}/auth/callback")
    seen = await stranger.get(landing.url.removeprefix(SITE))
    assert seen.status == 302
    assert seen["Location"] in (f"{SITE}/", SITE + path)
    assert not seen["Location"].startswith(f"{SITE}//")


@in_one_loop
async def test_a_script_is_told_instead_of_being_sent_away(stranger, provider, lab):
    seen = await stranger.get(PAGE, ("Sec-Fetch-Mode", "cors"))
    assert refused(seen, 401, "Not signed in")
    assert stranger.cookies == {}
    assert (await stranger.visit(PAGE, ("Sec-Fetch-Mode", "navigate"))).body == CONTENT
    let_expire(stranger, provider)
    assert (await stranger.get(PAGE, ("Sec-Fetch-Mode", "cors"))).status == 401
    assert (await stranger.visit(PAGE, ("Sec-Fetch-Mode", "navigate"))).body == CONTENT, "the refresh token was not spent"


@in_one_loop
async def test_a_provider_that_cannot_be_asked_signs_nobody_in_and_nobody_out(member, provider):
    let_expire(member, provider)
    cookies = dict(member.cookies)
    provider.broken = True
    landing = await member.visit(PAGE)
    assert refused(landing.seen, 503, "Please try again")
    assert landing.seen["Retry-After"] == "60"
    assert member.cookies == cookies
    provider.broken = False
    assert (await member.visit(PAGE)).body == CONTENT


@in_one_loop
async def test_without_the_providers_keys_nobody_is_let_in(tmp_path):
    async with IdentityProvider() as provider, the_site(tmp_path, provider) as proxy:
        provider.broken = True
        browser = Browser(proxy)
        browser.put(ID_TOKEN, provider.id_token())
        assert refused(await browser.get(PAGE), 503, "Please try again")
        provider.broken = False
        assert (await browser.get(PAGE)).body == CONTENT
        assert provider.asked["/keys"] == 2
