"""What a distribution names and does not hold, each thing asked for once and put in its place: template, files, settings.

Pages: the CloudFront API reference (GetCachePolicy, DescribeFunction, GetFunction, GetKeyGroup, GetPublicKey, …), the
CloudFront KeyValueStore API (ListKeys, signed with SigV4A), the Lambda API (GetFunction with a version).
Ids that signatures, functions and stores are known by outside (key groups, keys, stores) stay what they are.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from edgeproxy.pulling import lambda_code
from edgeproxy.pulling.account import Account, CannotSign, PullError
from edgeproxy.pulling.folder import Folder
from edgeproxy.pulling.template import Template, untaken

POLICIES = {
    "CachePolicyId": "CachePolicy",
    "OriginRequestPolicyId": "OriginRequestPolicy",
    "ResponseHeadersPolicyId": "ResponseHeadersPolicy",
}
"""A behavior's property -> the kind that it names."""
MANAGED = "Managed-"
"""How the names of AWS's own policies begin; they are known here."""
MAX_CODE = 1 << 20
"""Bytes of a function's code that are read; CloudFront takes 10 KB."""
PAGE = 50
"""Most keys that ListKeys gives at once."""
_LAMBDA_ARN = re.compile(r"(arn:aws[a-z-]*:lambda:us-east-1:[0-9]{12}:function:([A-Za-z0-9_-]{1,140})):([0-9]+)")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,140}")


class Named:
    """Fetches what is named, once each; what the settings have to say of it gathers in the public attributes."""

    def __init__(self, account: Account, folder: Folder, template: Template, stage: str, say: Callable[[str], None]) -> None:
        """`stage`: of CloudFront Functions, LIVE or DEVELOPMENT. `say` gets a line for each thing that was fetched."""
        self.functions: dict[str, str] = {}
        self.stores: dict[str, str] = {}
        self.key_groups: dict[str, dict[str, str]] = {}
        self.notices: list[str] = []
        """What could not be had, and what to do about it."""
        self._account = account
        self._folder = folder
        self._template = template
        self._stage = stage
        self._say = say
        self._known: dict[tuple[Any, ...], Any] = {}
        self._handlers: list[str] = []

    def notice(self, line: str) -> None:
        """Notes what could not be had, once."""
        if line not in self.notices:
            self.notices.append(line)

    def once(self, fetch: Callable[..., Any], *names: str) -> Any:
        """What `fetch`, a method, makes of the names; called for the first time only."""
        asked = (fetch, *names)
        if asked not in self._known:
            self._known[asked] = fetch(*names)
        return self._known[asked]

    def policy(self, kind: str, policy_id: str) -> Any:
        """What stands in the template for a policy's id: a reference, or the id of a managed one."""
        config = self._ask(f"Get{kind}", Id=policy_id)[kind][f"{kind}Config"]
        if config["Name"].startswith(MANAGED):
            return policy_id
        self._say(f"{_words(kind)} {config['Name']}")
        return {"Ref": self._template.add(f"CloudFront::{kind}", f"{kind}-{config['Name']}", {f"{kind}Config": config})}

    def access_control(self, own_id: str) -> Any:
        """The same for an origin access control."""
        config = self._ask("GetOriginAccessControl", Id=own_id)["OriginAccessControl"]["OriginAccessControlConfig"]
        self._say(f"origin access control {config['Name']}")
        properties = {"OriginAccessControlConfig": config}
        return {"Ref": self._template.add("CloudFront::OriginAccessControl", f"AccessControl-{config['Name']}", properties)}

    def function(self, arn: str) -> Any:
        """The same for a CloudFront Function's ARN; its code goes into a file, its stores with it."""
        name = _plain(arn.rpartition("function/")[2])
        config = self._ask("DescribeFunction", Name=name, Stage=self._stage)["FunctionSummary"]["FunctionConfig"]
        code = self._account.read(self._ask("GetFunction", Name=name, Stage=self._stage)["FunctionCode"], MAX_CODE)
        file = f"functions/{name}.js"
        self._folder.write(file, code)
        self.functions[name] = file
        self._say(f"function {name} ({config['Runtime']}, {len(code):,} bytes)")
        for store in config.get("KeyValueStoreAssociations", {}).get("Items") or ():
            self.once(self._store, store["KeyValueStoreARN"])
        properties = {"Name": name, "FunctionConfig": config, "FunctionCode": f"// the code is in {file}"}
        return {"Fn::GetAtt": [self._template.add("CloudFront::Function", f"Function-{name}", properties), "FunctionARN"]}

    def _store(self, arn: str) -> None:
        own_id = _plain(arn.rpartition("key-value-store/")[2])
        file = f"key_value_stores/{own_id}.json"
        try:
            pages = self._account.pages("cloudfront-keyvaluestore", "ListKeys", KvsARN=arn, MaxResults=PAGE)
            pairs = [{"key": each["Key"], "value": each["Value"]} for page in pages for each in page.get("Items") or ()]
            self._say(f"key value store {own_id} ({_counted(len(pairs), 'key')})")
        except CannotSign:
            pairs = []
            line = f"pip install 'botocore[crt]' and pull again, or put its pairs into {file}"
            self.notice(f"key value store {own_id} is empty here, its keys are read with awscrt: {line}")
        self._folder.write(file, json.dumps({"data": pairs}, indent=2, ensure_ascii=False) + "\n")
        self.stores[own_id] = file

    def key_group(self, group_id: str) -> str:
        """Fetches the public keys of a key group; its id."""
        config = self._ask("GetKeyGroup", Id=_plain(group_id))["KeyGroup"]["KeyGroupConfig"]
        self.key_groups[group_id] = {_plain(key_id): self.once(self._key, key_id) for key_id in config["Items"]}
        self._say(f"key group {config['Name']} ({_counted(len(config['Items']), 'key')})")
        return group_id

    def _key(self, key_id: str) -> str:
        file = f"keys/{_plain(key_id)}.pem"
        self._folder.write(file, self._ask("GetPublicKey", Id=key_id)["PublicKey"]["PublicKeyConfig"]["EncodedKey"])
        return file

    def handler(self, arn: str) -> str:
        """Fetches a version of a Lambda@Edge function, configuration and code; its ARN in the template."""
        match = _LAMBDA_ARN.fullmatch(arn)
        if match is None:
            raise PullError(f"{arn} is not a version of a Lambda function in us-east-1")
        unversioned, name, version = match.groups()
        found = self._account.ask("lambda", "GetFunction", FunctionName=unversioned, Qualifier=version)
        config = found["Configuration"]
        # Two versions of one function are two functions here.
        called = untaken(f"{name}-{version}" if name in self._handlers else name, "-", self._handlers)
        self._handlers.append(called)
        try:
            folder = self._code(called, found.get("Code", {}).get("Location", ""), config.get("CodeSha256", ""))
        except PullError as error:
            raise PullError(f"Lambda@Edge function {name}: {error}") from error
        self._say(f"Lambda@Edge function {called}, version {version} ({config['Runtime']})")
        properties = {each: config[each] for each in ("Handler", "Runtime", "Timeout", "MemorySize") if each in config}
        self._template.add("Lambda::Function", f"Lambda-{called}", {"FunctionName": called, **properties, "Code": folder})
        return f"{unversioned.removesuffix(name)}{called}:{version}"

    def _code(self, name: str, location: str, sha256: str) -> str:
        folder = f"lambdas/{name}"
        lambda_code.fetch(self._account, location, sha256, self._folder.scratch)
        links = lambda_code.unpack(self._folder.scratch, self._folder.directory(folder))
        if links:
            self.notice(f"{folder}: {_counted(len(links), 'link')} left out, such as {links[0]}")
        return folder

    def _ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._account.ask("cloudfront", operation, **parameters)


def _plain(name: str) -> str:
    """A name that may be a file's. Raises PullError."""
    if not _PLAIN.fullmatch(name):
        raise PullError(f"{name[:80]!r} is not a name that AWS gives")
    return name


def _words(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
