import asyncio
import io

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    LoginRefreshRequired,
    NoCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)
from botocore.response import StreamingBody
from kit_aws import STORE_ARN, Aws, Broken, Refusal, distribution, missing
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

from edgeproxy.pulling.account import Account, CannotSign, NotThere, PullError


def raising(error):
    def answer(**parameters):
        raise error

    return answer


def refused(error, operation="GetDistribution", profile=None, **parameters):
    aws = Aws({operation: raising(error)})
    with pytest.raises(PullError) as caught:
        Account(profile, aws.session).ask("cloudfront", operation, **(parameters or {"Id": "E1EXAMPLE"}))
    return caught.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(Refusal("AccessDenied", 403), "access denied: GetDistribution needs the permission cloudfront:GetDistribution",
                     id="who may not ask is told the permission"),
        pytest.param(Refusal("ExpiredToken", 403), "the AWS credentials have expired; sign in again: aws sso login",
                     id="credentials that have expired"),
        pytest.param(Refusal("InvalidClientTokenId", 403), "AWS does not accept the credentials: InvalidClientTokenId",
                     id="keys that AWS does not know"),
        pytest.param(Refusal("Throttling", 400), "AWS is asked too often (GetDistribution: Throttling): try again in a minute",
                     id="throttled, after botocore's own attempts"),
        pytest.param(Refusal("InternalError", 500, "a\n  b"), "GetDistribution: a b", id="anything else in AWS's words, on one line"),
        pytest.param(NoCredentialsError(),
                     "there are no AWS credentials: sign in with aws configure or aws sso login, or name a profile: --profile NAME",
                     id="no credentials"),
        pytest.param(UnauthorizedSSOTokenError(), "the sign-in has expired; sign in again: aws sso login", id="an expired sign-in"),
        pytest.param(SSOTokenLoadError(error_msg="x"), "the sign-in has expired; sign in again: aws sso login", id="no sign-in"),
        pytest.param(LoginRefreshRequired(), "the sign-in has expired; sign in again: aws login", id="an expired sign-in of the other kind"),
        pytest.param(EndpointConnectionError(endpoint_url="https://x"),
                     'AWS cannot be asked: Could not connect to the endpoint URL: "https://x"', id="no network"),
    ],
)  # fmt: skip
def test_each_refusal_is_a_line(error, words):
    assert str(refused(error)) == words


def test_a_refusal_on_the_way_to_credentials_is_not_taken_for_one_of_the_call():
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no role for you"}}, "AssumeRole")
    assert str(refused(error, profile="shop")) == "there are no AWS credentials of profile shop: AssumeRole: no role for you"


def test_a_role_that_cannot_be_assumed_since_the_sign_in_has_expired():
    error = ClientError({"Error": {"Code": "ExpiredToken"}}, "AssumeRole")
    assert str(refused(error)) == "the AWS credentials have expired; sign in again: aws sso login"


def test_a_profile_is_named_in_what_is_to_be_done():
    assert str(refused(Refusal("ExpiredToken"), profile="shop")) == (
        "the AWS credentials of profile shop have expired; sign in again: aws sso login --profile shop"
    )
    assert str(refused(ProfileNotFound(profile="shopp"))) == "there is no AWS profile shopp"


def test_a_profile_that_is_not_there_and_credentials_that_are_not(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(PullError, match=r"^there is no AWS profile nobody$"):
        Account("nobody").ask("cloudfront", "GetDistribution", Id="E1EXAMPLE")
    with pytest.raises(PullError, match=r"^there are no AWS credentials: sign in"):
        Account().ask("cloudfront", "GetDistribution", Id="E1EXAMPLE")


def test_what_aws_does_not_know_is_told_apart():
    assert isinstance(refused(missing("NoSuchDistribution")), NotThere)
    assert isinstance(refused(Refusal("NoSuchOriginAccessControl", 400)), NotThere)
    assert not isinstance(refused(Refusal("AccessDenied", 403)), NotThere)


def test_every_page_of_a_list_is_asked_for():
    def page(Marker="", **rest):  # noqa: N803
        number = int(Marker or 1)
        more = {"NextMarker": str(number + 1)} if number < 3 else {}
        found = {"Marker": Marker, "MaxItems": 1, "IsTruncated": bool(more), "Quantity": 0, **more}
        return {"DistributionList": found}

    aws = Aws({"ListDistributions": page})
    pages = aws.account.pages("cloudfront", "ListDistributions")
    assert [page["DistributionList"]["Marker"] for page in pages] == ["", "2", "3"]
    assert aws.asked == ["ListDistributions"] * 3


def test_a_list_that_begins_again_is_not_read_for_ever():
    def page(Marker="", **rest):  # noqa: N803
        found = {"Marker": Marker, "MaxItems": 1, "IsTruncated": True, "Quantity": 0, "NextMarker": "2"}
        return {"DistributionList": found}

    aws = Aws({"ListDistributions": page})
    with pytest.raises(PullError, match="AWS cannot be asked: Error during pagination: The same next token"):
        list(aws.account.pages("cloudfront", "ListDistributions"))
    assert len(aws.asked) == 2


def test_without_awscrt_the_stores_cannot_be_asked():
    account = Aws({"ListKeys": lambda **_: {"Items": []}}, signs_for_stores=False).account
    with pytest.raises(CannotSign):
        account.ask("cloudfront-keyvaluestore", "ListKeys", KvsARN=STORE_ARN)


def test_an_answer_is_what_aws_gave():
    account = Aws({"GetDistribution": lambda Id: {"Distribution": distribution(Id)}}).account  # noqa: N803
    assert account.ask("cloudfront", "GetDistribution", Id="E1EXAMPLE")["Distribution"]["Id"] == "E1EXAMPLE"


def test_of_a_body_no_more_is_read_than_is_wanted():
    body = StreamingBody(io.BytesIO(b"x" * 100), 100)
    assert Aws({}).account.read(body, 10) == b"x" * 10


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(Broken(ReadTimeoutError(None, None, "no byte came")), "Read timeout on endpoint", id="a connection that stands still"),
        pytest.param(Broken(ProtocolError("cut off")), "An error occurred while reading from response stream: cut off", id="one that is dropped"),
        pytest.param(Broken(SSLError("bad record")), "bad record", id="one whose TLS breaks"),
        pytest.param(io.BytesIO(), "0 read, but total bytes expected is 10", id="one that ends before it began"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_come_to_its_end_is_a_line(raw, words):
    with pytest.raises(PullError, match=f"^AWS cannot be asked: {words}"):
        Aws({}).account.read(StreamingBody(raw, 10), 10)


def test_a_failed_get_does_not_show_the_signed_address():
    class Broken:
        def send(self, request):
            raise EndpointConnectionError(endpoint_url=request.url)

    with pytest.raises(PullError) as caught:
        Account(None, Aws({}).session, Broken()).get("https://x.amazonaws.com/a?X-Amz-Signature=SECRET")
    assert str(caught.value) == "the code cannot be fetched: EndpointConnectionError"


def test_a_get_gives_what_is_to_be_read():
    aws = Aws({}, {"https://x.amazonaws.com/a": b"code"})
    assert isinstance(aws.account.get("https://x.amazonaws.com/a").raw, io.BytesIO)
    assert aws.account.get("https://x.amazonaws.com/a").raw.read() == b"code"


async def test_a_get_over_the_wire_is_one_request_read_piece_by_piece():
    asked = []

    async def answer(request):
        asked.append((request.path_qs, "Authorization" in request.headers))
        if request.path == "/moved":
            raise web.HTTPFound("/code")
        return web.Response(body=b"x" * 100_000)

    def get(url):
        response = Account(None, Aws({}).session).get(url)
        first = response.raw.read(10)
        response.raw.close()
        return response.status_code, first

    async with RawTestServer(answer) as server:
        assert await asyncio.to_thread(get, str(server.make_url("/code")) + "?X-Amz-Signature=a%2Fb") == (200, b"x" * 10)
        assert (await asyncio.to_thread(get, str(server.make_url("/moved"))))[0] == 302
    assert asked == [("/code?X-Amz-Signature=a%2Fb", False), ("/moved", False)]
