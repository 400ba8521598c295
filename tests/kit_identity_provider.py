"""A small OpenID Connect provider on loopback, and a browser that goes between it and the site."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import Counter
from typing import NamedTuple
from urllib.parse import urlencode

import aiohttp
import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

SITE = "https://app.example.com"
CLIENT, CLIENT_SECRET = "app", "s3cret/with:signs"
ID_TOKEN, REFRESH_TOKEN = "__Host-id-token", "__Secure-refresh-token"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))


class IdentityProvider:
    """Knows one person, who may be signed in. A code is good for one time, a refresh token too."""

    def __init__(self):
        self.secrets = [CLIENT_SECRET]
        """All that may be in no log."""
        self.reset()

    def reset(self):
        self.signed_in, self.denies, self.broken = True, False, False
        self.claims = {}
        """What its tokens say instead; None takes a claim out."""
        self.forged = None
        """What is handed out instead of an ID token."""
        self.codes, self.refresh_tokens = {}, set()
        self.asked, self.targets = Counter(), []

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/authorize", self.authorize)
        app.router.add_post("/token", self.token)
        app.router.add_post("/revoke", self.revoke)
        app.router.add_get("/logout", self.logout)
        app.router.add_get("/keys", self.keys)
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server()
        self.url = f"http://127.0.0.1:{self.server.port}"
        return self

    async def __aexit__(self, *error):
        await self.server.close()

    def configuration(self):
        """The configuration.json of a site that signs in here."""
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "revocation_endpoint": "revoke",
            "end_session_endpoint": "logout",
            "jwks_uri": "keys",
        }
        self.cookie_key = secrets.token_hex()
        self.secrets.append(self.cookie_key)
        return {
            "site": SITE,
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in places.items()},
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "scope": "openid offline_access",
            "cookie_key": self.cookie_key,
        }

    def id_token(self, key=KEY, kid="one", **claims):
        """A token for the person, signed with RS256."""
        payload = self.payload(**claims)
        return self._handed_out(jwt.encode(payload, key, "RS256", {"kid": kid}))

    def payload(self, **claims):
        now = int(time.time())
        usual = {"iss": self.url, "sub": "ada", "aud": CLIENT, "iat": now, "exp": now + 300}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def unsigned(self, **claims):
        """The same with `alg: none`."""
        return self._handed_out(f"{_text({'alg': 'none', 'kid': 'one'})}.{_text(self.payload(**claims))}.")

    def signed_with_the_public_key(self, **claims):
        """The same with HS256, the key being what everyone may know."""
        pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        text = f"{_text({'alg': 'HS256', 'kid': 'one'})}.{_text(self.payload(**claims))}"
        return self._handed_out(f"{text}.{_encoded(hmac.digest(pem, text.encode(), 'sha256'))}")

    def refresh_token(self):
        token = secrets.token_urlsafe()
        self.refresh_tokens.add(token)
        return self._handed_out(token)

    def _handed_out(self, token):
        self.secrets.append(token)
        return token

    def _note(self, request):
        self.asked[request.path] += 1
        self.targets.append(request.raw_path)

    async def keys(self, request):
        self._note(request)
        if self.broken:
            return web.Response(status=500)
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return web.json_response({"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]})

    async def authorize(self, request):
        self._note(request)
        query = request.query
        wanted = {"client_id": CLIENT, "redirect_uri": f"{SITE}/auth/callback", "response_type": "code"}
        wanted |= {"code_challenge_method": "S256", "scope": "openid offline_access"}
        if {name: query.get(name) for name in wanted} != wanted or not (query["state"] and query["nonce"]):
            return web.Response(status=400, text="no such client")
        if not self.signed_in:
            return web.Response(text="Your name and password, please")
        if self.denies:
            return _redirect(query["redirect_uri"], error="access_denied", state=query["state"])
        code = secrets.token_urlsafe()
        self.codes[code] = query["code_challenge"], query["nonce"]
        return _redirect(query["redirect_uri"], code=code, state=query["state"])

    async def token(self, request):
        self._note(request)
        if self.broken:
            return web.Response(status=500)
        if not _is_client(request):
            return web.json_response({"error": "invalid_client"}, status=401)
        form = await request.post()
        by_grant = {"authorization_code": self._by_code, "refresh_token": self._by_refresh_token}
        claims = by_grant[form["grant_type"]](form)
        if claims is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims |= self.claims
        id_token = self.forged(**claims) if self.forged else self.id_token(**claims)
        return web.json_response({"id_token": id_token, "refresh_token": self.refresh_token(), "token_type": "Bearer"})

    def _by_code(self, form):
        challenge, nonce = self.codes.pop(form["code"], (None, None))
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        self.secrets.append(form["code_verifier"])
        return {"nonce": nonce} if _encoded(verifier) == challenge and form["redirect_uri"] == f"{SITE}/auth/callback" else None

    def _by_refresh_token(self, form):
        if form["refresh_token"] not in self.refresh_tokens:
            return None
        self.refresh_tokens.remove(form["refresh_token"])
        return {}

    async def revoke(self, request):
        self._note(request)
        if self.broken or not _is_client(request):
            return web.Response(status=500 if self.broken else 401)
        self.refresh_tokens.discard((await request.post())["token"])
        return web.Response()

    async def logout(self, request):
        self._note(request)
        if request.query["client_id"] != CLIENT or request.query["post_logout_redirect_uri"] != f"{SITE}/signed-out.html":
            return web.Response(status=400)
        self.signed_in = False
        return _redirect(request.query["post_logout_redirect_uri"])


def _is_client(request):
    # Name and secret are each form-encoded first (RFC 6749 section 2.3.1).
    return request.headers.get("Authorization") == f"Basic {base64.b64encode(b'app:s3cret%2Fwith%3Asigns').decode()}"


def _redirect(url, **query):
    return web.Response(status=302, headers={"Location": f"{url}?{urlencode(query)}" if query else url})


def _text(value):
    return _encoded(json.dumps(value).encode())


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Landing(NamedTuple):
    """Where a visit ended, and the URLs on the way."""

    url: str
    status: int
    body: bytes
    trail: list
    seen: object = None
    """The site's answer, when it ended there."""


class Browser:
    """A person's browser: keeps the site's cookies (name → (value, path)), goes where it is sent."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.cookies = {}

    async def get(self, target, *headers, method="GET"):
        """One request to the site."""
        path = target.partition("?")[0]
        cookies = "; ".join(f"{name}={value}" for name, (value, at) in self.cookies.items() if path.startswith(at))
        fields = [("Cookie", cookies)] if cookies else []
        seen = await self.proxy.get(target, *fields, *headers, host="app.example.com", method=method)
        for line in seen.headers.get_all("set-cookie"):
            self._keep(line)
        return seen

    def _keep(self, line):
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        named = dict(attribute.partition("=")[::2] for attribute in attributes)
        assert {"Secure", "HttpOnly"} <= named.keys(), line
        assert named["SameSite"] == "Lax", line
        assert "Domain" not in named, line
        assert named["Path"] == "/" if name.startswith("__Host-") else name.startswith("__Secure-"), line
        assert len(line) <= 4096, line
        if named.get("Max-Age") == "0":
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value, named["Path"]

    def put(self, name, value):
        self.cookies[name] = value, "/auth/" if name == REFRESH_TOKEN else "/"

    def value(self, name):
        return self.cookies[name][0]

    @property
    def attempts(self):
        """The names of the cookies of attempts to sign in."""
        return [name for name in self.cookies if name.startswith("__Host-sign-in-")]

    async def visit(self, target, *headers, until=None):
        """Goes where it is sent, from a path of the site on; no further than to a URL that begins with `until`."""
        url, trail = SITE + target, []
        for _ in range(9):
            trail.append(url)
            if until and url.startswith(until):
                return Landing(url, 0, b"", trail)
            if url.startswith(f"{SITE}/"):
                seen = await self.get(url.removeprefix(SITE), *headers)
                status, body, location = seen.status, seen.body, seen["Location"]
            else:
                seen = None
                async with aiohttp.ClientSession() as session, session.get(URL(url, encoded=True), allow_redirects=False) as it:
                    status, body, location = it.status, await it.read(), it.headers.get("Location")
            if location is None:
                return Landing(url, status, body, trail, seen)
            url = location
        raise AssertionError(f"it goes in circles: {trail}")
