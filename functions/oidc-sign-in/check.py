"""viewer-request of every page: lets visitors through who carry a good ID token, before the cache is looked at."""

from urllib.parse import urlencode

import provider
from answers import ID_TOKEN, cookies_of, is_navigation, path_of, redirect, request_of, unavailable
from attempt import begin


def handler(event, context):
    request = request_of(event)
    token = cookies_of(request).get(ID_TOKEN)
    if token is None:
        return begin(request, path_of(request))
    try:
        provider.claims_of(token)
    except provider.Expired:
        return renewed(request)
    except provider.Refused as error:
        print(f"ID token refused: {error}")
        return begin(request, path_of(request))
    except provider.Unavailable as error:
        print(f"keys: {error}")
        return unavailable()
    return request


def renewed(request):
    # Of a page's many scripts and images at once, only the first could use a refresh token that is good for one time.
    if not is_navigation(request):
        return begin(request, path_of(request))
    return redirect(f"{provider.SITE}/auth/refresh?{urlencode({'to': path_of(request)})}")
