"""viewer-request of /auth/sign-out: forgets the tokens here, takes the refresh token back, ends the provider's session."""

from urllib.parse import urlencode

import provider
from answers import ID_TOKEN, REFRESH_TOKEN, cookies_of, forget, header, page, redirect, request_of

SIGNED_OUT = f"{provider.SITE}/signed-out.html"


def handler(event, context):
    request = request_of(event)
    if header(request, "sec-fetch-site") == "cross-site":
        return page(403, "Do you want to sign out?", "Another site sent you here.", "/auth/sign-out", "Sign out")
    refresh_token = cookies_of(request).get(REFRESH_TOKEN)
    if refresh_token:
        try:
            provider.revoke(refresh_token)
        except (provider.Refused, provider.Unavailable) as error:
            print(f"sign-out: {error}")
    # Without id_token_hint: a token in a URL is a token in a log.
    query = urlencode({"client_id": provider.CLIENT, "post_logout_redirect_uri": SIGNED_OUT})
    return redirect(f"{provider.CONFIGURATION['end_session_endpoint']}?{query}", forget(ID_TOKEN, REFRESH_TOKEN))
