import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeproxy.messages import Headers
from edgeproxy.rules import masking

SECRET = "s3cr3t-Zq9"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Authorization", f"Bearer {SECRET}", id="a bearer token"),
        pytest.param("Proxy-Authorization", f"Basic {SECRET}", id="the proxy's"),
        pytest.param("Cookie", f"a=1; session={SECRET}", id="a cookie"),
        pytest.param("cookie", SECRET, id="a cookie without a name"),
        pytest.param("Set-Cookie", f"id={SECRET}; Path=/; HttpOnly", id="a cookie that is set"),
        pytest.param("X-Api-Key", SECRET, id="an API key"),
        pytest.param("X-Amz-Security-Token", SECRET, id="temporary credentials"),
        pytest.param("X-CSRF-Token", SECRET, id="any token"),
        pytest.param("X-Client-Secret", SECRET, id="any secret"),
        pytest.param("Location", f"/done?access_token={SECRET}", id="a token in a redirect"),
        pytest.param("Location", f"https://x.test/#id_token={SECRET}&a=1", id="a token in a fragment"),
        pytest.param("Referer", f"https://me:{SECRET}@x.test/", id="a password in a URL"),
    ],
)
def test_headers_keep_their_secrets(name, value):
    told = masking.header(name, value)
    assert SECRET not in told
    assert "(hidden, " in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Referrer-Policy", "no-referrer", id="a policy"),
        pytest.param("Content-Security-Policy", "default-src 'self'", id="another"),
        pytest.param("Access-Control-Allow-Credentials", "true", id="may credentials be sent"),
        pytest.param("Access-Control-Allow-Headers", "authorization, x-api-key", id="names of headers"),
        pytest.param("WWW-Authenticate", 'Bearer realm="x"', id="a challenge"),
        pytest.param("ETag", '"abc=="', id="an ETag"),
        pytest.param("Location", "https://x.test/a?page=2&b=%20", id="a redirect without secrets"),
        pytest.param("Authorization", "", id="an empty one"),
    ],
)
def test_what_is_no_secret_stays_as_it_is(name, value):
    assert masking.header(name, value) == value


def test_the_names_of_cookies_and_their_attributes_stay():
    hidden = masking.hidden
    assert masking.header("Cookie", "a=1; b=x=y; lone") == f"a={hidden('1')}; b={hidden('x=y')}; {hidden('lone')}"
    assert masking.header("Set-Cookie", "a=1; Path=/; Secure") == f"a={hidden('1')}; Path=/; Secure"


@pytest.mark.parametrize(
    "name",
    [
        "Signature", "Policy", "Key-Pair-Id", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "token",
        "access_token", "idToken", "jwt", "api_key", "apiKey", "password", "client_secret", "sig", "PHPSESSIONID", "%74oken",
    ],
)  # fmt: skip
def test_parameters_keep_their_secrets(name):
    assert SECRET not in masking.target(f"/a?x=1&{name}={SECRET}&y=2")
    assert masking.target(f"{name}={SECRET}") == f"{name}={masking.hidden(SECRET)}"


@pytest.mark.parametrize("target", ["/a?page=2&utm_source=x", "/a?key=1&signed=2&sort=asc", "/a?token", "/a?token=&b", "/"])
def test_other_parameters_stay(target):
    assert masking.target(target) == target


@pytest.mark.parametrize("target", ["/callback?code={}&state=1", "/callback?state=1&code={}&scope=a", "state=1&code={}"])
def test_the_code_of_a_sign_in_is_a_secret(target):
    assert masking.target(target.format(SECRET)) == target.format(masking.hidden(SECRET))
    assert SECRET in masking.of_request(Headers(()), target.partition("?")[2].format(SECRET) or target.format(SECRET))
    assert masking.words(f"GET {target.format(SECRET)} failed") == f"GET {target.format(masking.hidden(SECRET))} failed"


def test_any_other_code_is_none():
    assert masking.target("/shop?code=SUMMER&page=2") == "/shop?code=SUMMER&page=2"
    assert masking.target("/shop?code=SUMMER&estate=2") == "/shop?code=SUMMER&estate=2"


def test_the_same_value_reads_the_same_and_another_one_does_not():
    assert masking.hidden("a" * 9) == masking.hidden("a" * 9) != masking.hidden("b" * 9)
    assert masking.hidden("a").startswith("(hidden, ")


def test_the_secrets_of_a_request_are_found_in_free_text():
    headers = Headers([("Authorization", "Bearer abcd1234"), ("Cookie", "s=efgh5678; t=1"), ("Accept", "text/html")])
    known = masking.of_request(headers, "page=2222&token=i%20jkl9")
    assert set(known) == {"Bearer abcd1234", "abcd1234", "efgh5678", "i%20jkl9", "i jkl9"}
    told = masking.words('{"auth":"Bearer abcd1234","raw":"abcd1234"} efgh5678 i jkl9 text/html 2222', known)
    assert told.endswith(" text/html 2222")
    assert not [secret for secret in known if secret in told]


def test_urls_in_free_text_keep_their_secrets():
    said = masking.words(f'GET "https://me:{SECRET}@x.test/a?token={SECRET}" failed')
    assert SECRET not in said
    assert said.endswith('" failed')


secrets = st.text(alphabet="ZQXJ0123456789+/=\"'\\<>", min_size=8, max_size=20).filter(lambda text: text.strip("="))
around = st.text(alphabet="abc=&;?/ ", max_size=8)


@given(secrets, around, around)
def test_no_secret_that_was_put_in_comes_out(secret, before, after):
    assert secret not in masking.header("Authorization", f"Bearer {secret}")
    assert secret not in masking.header("Cookie", f"{before}; session={secret}; {after}")
    assert secret not in masking.header("Set-Cookie", f"session={secret}; Path=/")
    assert secret not in masking.target(f"/{before}?{before}&token={secret}&{after}")
    headers = Headers([("X-Api-Key", secret), ("Cookie", f"a={secret}")])
    assert secret not in masking.words(f"{before}{secret}{after}", masking.of_request(headers, None))


NAMES = ["token", "X-Api_Key", "to.ken", "sig", "design", "pwd", "pwdx", "credential", "credentials", "Policy", "Key-Pair-Id"]
NAMES += [
    "x-amz-signature",
    "%74oken",
    "page",
    "code",
    "state",
    "q",
    "accessKeyId",
    "a-jwt",
    "SESSION",
    "client_secret",
    "credentialx",
]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["=", "=v1", "=a%20b", ""])), max_size=4))
def test_what_is_taken_for_plain_has_no_secret(parameters):
    target = "/a?" + "&".join(name + value for name, value in parameters)
    assert masking.target(target) == masking._without_secrets(target, masking._SEPARATOR)
