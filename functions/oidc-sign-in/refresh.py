"""viewer-request of /auth/refresh?to=/page: a new ID token for the refresh token, then to the page; else signs in anew."""

import answers
import attempt
import provider
from answers import ID_TOKEN, REFRESH_TOKEN, cookie, cookies_of, forget, page, query_of, redirect, request_of


def handler(event, context):
    request = request_of(event)
    path, cookies = query_of(request).get("to", "/"), cookies_of(request)
    if not answers.is_path(path):
        print("refresh refused: not a path of this site")
        return page(400, "This link does not lead here", "It asks to go to an address that is not a page of this site.")
    try:
        id_token, refresh_token = renewed(cookies.get(ID_TOKEN, ""), cookies.get(REFRESH_TOKEN, ""))
    except provider.Refused as error:
        print(f"refresh refused: {error}")
        return attempt.begin(request, path, forget(ID_TOKEN, REFRESH_TOKEN))
    except provider.Unavailable as error:
        print(f"refresh: {error}")
        return answers.unavailable()
    return redirect(provider.SITE + path, [cookie(ID_TOKEN, id_token), cookie(REFRESH_TOKEN, refresh_token)])


def renewed(id_token, refresh_token):
    """The new ID token, and the refresh token of the next time. Raises Refused, Unavailable."""
    before = provider.claims_of(id_token, expired=True)
    if not refresh_token:
        raise provider.Refused("no refresh token")
    tokens = provider.tokens_for(grant_type="refresh_token", refresh_token=refresh_token)
    after = provider.claims_of(tokens["id_token"])
    # "its sub Claim Value MUST be the same as in the ID Token issued when the original authentication occurred" (OpenID
    # Connect Core 12.2), and so the nonce, where there is one: nobody else's refresh token makes this session theirs.
    if after["sub"] != before["sub"] or after.get("nonce", before.get("nonce")) != before.get("nonce"):
        raise provider.Refused("a token of another session")
    return tokens["id_token"], provider.refresh_token_of(tokens) or refresh_token
