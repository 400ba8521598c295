"""viewer-request of /auth/callback: the provider sends the visitor back here with a code, which is exchanged for tokens."""

import hmac

import attempt
import provider
from answers import ID_TOKEN, REFRESH_TOKEN, cookie, cookies_of, forget, page, query_of, redirect, request_of, unavailable


def handler(event, context):
    request = request_of(event)
    query = query_of(request)
    state = query.get("state", "")
    kept = attempt.found(state, cookies_of(request))
    if kept is None:
        print("sign-in refused: no such attempt")
        return page(400, "This sign-in is over", "It did not begin in this browser, has ended, or took too long.")
    over = attempt.over(state)
    try:
        id_token, refresh_token = signed_in(query, kept)
    except provider.Refused as error:
        print(f"sign-in refused: {error}")
        return page(403, "You are not signed in", "The identity provider did not confirm who you are.", cookies=over)
    except provider.Unavailable as error:
        print(f"sign-in: {error}")
        return unavailable()
    renewal = [cookie(REFRESH_TOKEN, refresh_token)] if refresh_token else forget(REFRESH_TOKEN)
    return redirect(provider.SITE + kept["path"], [cookie(ID_TOKEN, id_token), *renewal, *over])


def signed_in(query, kept):
    """The ID token and the refresh token (or None). Raises Refused, Unavailable."""
    if "code" not in query:
        raise provider.Refused("the provider sent no code")
    tokens = provider.tokens_for(
        grant_type="authorization_code",
        code=query["code"],
        redirect_uri=provider.CALLBACK,
        code_verifier=kept["verifier"],
    )
    nonce = provider.claims_of(tokens["id_token"]).get("nonce")
    # Without this the code of another sign-in could be slipped in.
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), kept["nonce"].encode()):
        raise provider.Refused("another nonce")
    return tokens["id_token"], provider.refresh_token_of(tokens)
