"""The user's AWS account, asked with the user's own credentials: read-only calls, and one clear line for each refusal.

botocore finds the credentials as AWS's own tools do, and tries again what was throttled; it is loaded when first needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

REGION = "us-east-1"
"""Where CloudFront is configured, and where Lambda@Edge functions live."""
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
UNKNOWN_KEYS = (
    "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure",
    "InvalidSignatureException",
)  # fmt: skip
THROTTLED = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")
PATIENCE = 60
"""Seconds without a byte after which code is no longer waited for."""


class PullError(Exception):
    """A pull that cannot go on; the text says why, in one line."""


class NotThere(PullError):
    """AWS knows no such thing."""


class CannotSign(PullError):
    """The call needs a signature that botocore makes only with awscrt."""


class Account:
    """AWS as one profile sees it; without one, as the environment says."""

    def __init__(self, profile: str | None = None, session: Any = None, http: Any = None) -> None:
        """`session`, `http`: a botocore session and HTTP session of one's own. Raises PullError when botocore is missing."""
        if session is None and find_spec("botocore") is None:
            raise PullError("AWS is asked with botocore, which is not installed: pip install 'edgeproxy[aws]'")
        self._profile = profile
        self._session = session
        self._http = http
        self._clients: dict[str, Any] = {}

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call of AWS's API. Raises PullError, NotThere when AWS knows no such thing."""
        from botocore import xform_name

        with self._asking(service, operation):
            answer: dict[str, Any] = getattr(self._client(service), xform_name(operation))(**parameters)
            return answer

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every page of one of AWS's lists. Raises PullError, also when AWS names one page twice."""
        from botocore import xform_name

        with self._asking(service, operation):
            yield from self._client(service).get_paginator(xform_name(operation)).paginate(**parameters)

    def read(self, body: Any, most: int) -> bytes:
        """What comes of a body in one of AWS's answers, at most `most` bytes. Raises PullError."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        try:
            data: bytes = body.read(most)
        except (BotoCoreError, HTTPError) as error:
            raise self._failed(error) from error
        return data

    @contextmanager
    def _asking(self, service: str, operation: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._refused(error, service, operation) from error
        except BotoCoreError as error:
            raise self._failed(error) from error

    def get(self, url: str) -> Any:
        """botocore's answer to one GET, unsigned; its body is read from `raw`. No redirect is followed. Raises PullError."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        http = self._http
        if http is None:
            verify = self._the_session().get_config_variable("ca_bundle") or True
            http = URLLib3Session(verify=verify, proxies=get_environ_proxies(url), timeout=PATIENCE)
        try:
            return http.send(AWSRequest("GET", url, stream_output=True).prepare())
        except BotoCoreError as error:
            # Its text holds the URL, and the URL is signed.
            raise PullError(f"the code cannot be fetched: {type(error).__name__}") from None

    def _the_session(self) -> Any:
        if self._session is None:
            from botocore.session import Session

            self._session = Session(profile=self._profile)
        return self._session

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._the_session().create_client(service, region_name=REGION)
        return self._clients[service]

    def _refused(self, error: Any, service: str, operation: str) -> PullError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        said = _line(error.response.get("Error", {}).get("Message", "") or code)
        if code in EXPIRED:
            return PullError(f"the AWS credentials{self._whose()} have expired; sign in again: aws sso login{self._option()}")
        if error.operation_name != operation:
            # A role was to be assumed, or the like, before the call itself.
            return PullError(f"there are no AWS credentials{self._whose()}: {error.operation_name}: {said}")
        if code in DENIED:
            return PullError(f"access denied: {operation} needs the permission {service}:{operation}")
        if code in UNKNOWN_KEYS:
            return PullError(f"AWS does not accept the credentials{self._whose()}: {code}")
        if code in THROTTLED:
            return PullError(f"AWS is asked too often ({operation}: {code}): try again in a minute")
        words = f"{operation}: {said}"
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return NotThere(words) if status == 404 or code.startswith("NoSuch") else PullError(words)

    def _failed(self, error: Any) -> PullError:
        from botocore import exceptions as found

        if isinstance(error, found.MissingDependencyException):
            return CannotSign(_line(error))
        if isinstance(error, found.ProfileNotFound):
            return PullError(f"there is no AWS profile {error.kwargs['profile']}")
        if isinstance(error, found.NoCredentialsError | found.PartialCredentialsError):
            how = "" if self._profile else ", or name a profile: --profile NAME"
            return PullError(f"there are no AWS credentials{self._whose()}: sign in with aws configure or aws sso login{how}")
        if isinstance(error, found.SSOError | found.TokenRetrievalError | found.LoginError):
            how = "aws login" if isinstance(error, found.LoginError) else "aws sso login"
            return PullError(f"the sign-in{self._whose()} has expired; sign in again: {how}{self._option()}")
        return PullError(f"AWS cannot be asked: {_line(error)}")

    def _whose(self) -> str:
        return f" of profile {self._profile}" if self._profile else ""

    def _option(self) -> str:
        return f" --profile {self._profile}" if self._profile else ""


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300]
