"""The identity provider: what is known of it, what its tokens say, and asking it.

Lambda@Edge has no environment variables: configuration.json lies beside the code, with the names of the provider's own
/.well-known/openid-configuration.
"""

import base64
import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

import cryptography.hazmat.primitives.asymmetric.rsa  # noqa: F401  (without it PyJWT starts, and knows no RS256)
import jwt
from answers import COOKIE

CONFIGURATION = json.loads(Path(__file__).with_name("configuration.json").read_text())
SITE, CLIENT = CONFIGURATION["site"], CONFIGURATION["client_id"]
CALLBACK = f"{SITE}/auth/callback"
ALGORITHMS = ["RS256"]
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
SKEW = 10
"""Seconds by which the provider's clock may differ from ours."""
PATIENCE = 4
"""Seconds for the provider to answer; less than the functions' timeout, so that the page is ours."""
LARGEST = 65536
# Kept in the execution environment. A key that nobody knows has the keys fetched anew, but not at every request.
KEYS = jwt.PyJWKClient(CONFIGURATION["jwks_uri"], lifespan=3600, timeout=PATIENCE, cooldown_duration=30)


class Refused(Exception):
    """The provider or its token says no; the text says why, without any of what is secret."""


class Expired(Refused):
    """A token that was good until it expired."""


class Unavailable(Exception):
    """The provider cannot be asked."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Secrets are sent to no other address."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def claims_of(token, *, expired=False):
    """The claims of an ID token for us, `expired` ones too when that is said. Raises Refused, Unavailable."""
    if not COOKIE.fullmatch(token):
        raise Refused("not a token, or too long for a cookie")
    try:
        key = KEYS.get_signing_key(jwt.get_unverified_header(token).get("kid"))
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=CLIENT,
            issuer=CONFIGURATION["issuer"],
            leeway=SKEW,
            options={"require": REQUIRED, "verify_exp": not expired},
        )
    except jwt.ExpiredSignatureError as error:
        raise Expired(type(error).__name__) from None
    except (jwt.PyJWKClientConnectionError, OSError, ValueError) as error:
        raise Unavailable(type(error).__name__) from None
    except jwt.PyJWTError as error:
        raise Refused(type(error).__name__) from None
    # "If the ID Token contains multiple audiences, the Client SHOULD verify that an azp Claim is present" (OpenID Connect
    # Core 3.1.3.7), and that it is the client's.
    several = claims["aud"] not in (CLIENT, [CLIENT])
    if claims.get("azp", None if several else CLIENT) != CLIENT:
        raise Refused("issued to another client")
    return claims


def tokens_for(**grant):
    """The provider's answer to a grant, with its ID token at least. Raises Refused, Unavailable."""
    try:
        tokens = json.loads(post("token_endpoint", grant))
    except ValueError:
        raise Unavailable("token_endpoint: not JSON") from None
    if not isinstance(tokens, dict) or not isinstance(tokens.get("id_token"), str):
        raise Refused("token_endpoint: no ID token")
    return tokens


def refresh_token_of(tokens):
    """The refresh token that came along; None when there is none that a cookie can hold."""
    token = tokens.get("refresh_token")
    return token if isinstance(token, str) and COOKIE.fullmatch(token) else None


def revoke(refresh_token):
    """Takes a refresh token back (RFC 7009). Raises Refused, Unavailable."""
    post("revocation_endpoint", {"token": refresh_token, "token_type_hint": "refresh_token"})


def post(endpoint, fields):
    who = f"{quote(CLIENT, safe='')}:{quote(CONFIGURATION['client_secret'], safe='')}"
    headers = {"Authorization": f"Basic {base64.b64encode(who.encode()).decode()}", "Accept": "application/json"}
    request = urllib.request.Request(CONFIGURATION[endpoint], urlencode(fields).encode(), headers)
    try:
        with OPENER.open(request, timeout=PATIENCE) as answer:
            return answer.read(LARGEST)
    except urllib.error.HTTPError as error:
        error.close()
        # "The authorization server responds with an HTTP 400 (Bad Request) status code" (RFC 6749 section 5.2) to a grant
        # that is expired, used or not ours; anything else is not the visitor's doing.
        raise (Refused if error.code == 400 else Unavailable)(f"{endpoint}: {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{endpoint}: {type(error).__name__}") from None
