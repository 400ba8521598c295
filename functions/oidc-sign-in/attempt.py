"""An attempt to sign in: begun with a redirect to the provider, remembered by the browser in a signed cookie of its own.

Each attempt has its cookie, so that two tabs can sign in at the same time.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from urllib.parse import urlencode

from answers import cookie, forget, is_navigation, page, redirect
from provider import CALLBACK, CLIENT, CONFIGURATION

KEY = CONFIGURATION["cookie_key"].encode()
SECONDS = 600
STATE = re.compile(r"[A-Za-z0-9_-]{43}")


def begin(request, path, cookies=()):
    """Sends the visitor to the provider, and later to `path`; a script or an image is told that it is not signed in."""
    if not is_navigation(request):
        return page(401, "Not signed in", "Please sign in first.", label="Sign in", cookies=cookies,
                    more=[("WWW-Authenticate", "Bearer")])  # fmt: skip
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    kept = {"state": state, "nonce": nonce, "verifier": verifier, "path": path, "until": int(time.time()) + SECONDS}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": CONFIGURATION["scope"],
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    url = f"{CONFIGURATION['authorization_endpoint']}?{urlencode(query)}"
    return redirect(url, [*cookies, cookie(name_of(state), signed(kept), SECONDS)])


def found(state, cookies):
    """What was kept of the attempt with this state; None when this browser did not begin it, or long ago."""
    if not STATE.fullmatch(state):
        return None
    text, _, signature = cookies.get(name_of(state), "").partition(".")
    if not hmac.compare_digest(signature.encode(), signature_of(text)):
        return None
    kept = json.loads(base64.urlsafe_b64decode(text))
    return kept if hmac.compare_digest(kept["state"], state) and time.time() < kept["until"] else None


def over(state):
    """The cookie that ends it."""
    return forget(name_of(state))


def name_of(state):
    return f"__Host-sign-in-{state[:8]}"


def signed(kept):
    text = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{text}.{signature_of(text).decode()}"


def signature_of(text):
    return base64.urlsafe_b64encode(hmac.digest(KEY, text.encode(), "sha256"))
