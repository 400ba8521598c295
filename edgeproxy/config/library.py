"""What a distribution names and does not hold: policies by id, functions by ARN, access controls by id."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from edgeproxy.config import access_controls, key_groups, limits
from edgeproxy.config import resource_values as types
from edgeproxy.config.assets import Assets
from edgeproxy.config.functions import local_function, read_function
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.key_value_stores import missing, read_store
from edgeproxy.config.lambda_functions import BROKEN, local_lambda, read_lambda
from edgeproxy.config.local import Local
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.parameters import as_text
from edgeproxy.config.policies import cache_policy, origin_request_policy
from edgeproxy.config.problems import Untold
from edgeproxy.config.resource_values import Resource, construct_paths
from edgeproxy.config.response_headers_policies import response_headers_policy
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError, Missing, Problem
from edgeproxy.model import (
    CachePolicy,
    Function,
    FunctionUrl,
    LambdaFunction,
    OriginRequestPolicy,
    PublicKey,
    ResponseHeadersPolicy,
)
from edgeproxy.spelling import nearest

Policy = TypeVar("Policy", CachePolicy, OriginRequestPolicy, ResponseHeadersPolicy)

_FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:cloudfront::[0-9]{12}:function/([a-zA-Z0-9_-]{1,64})")
_STORE_ARN = re.compile(r"arn:aws[a-z-]*:cloudfront::[0-9]{12}:key-value-store/([a-zA-Z0-9-]{36})")
_LAMBDA_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):[0-9]{12}:function:([a-zA-Z0-9_-]+)(?::([a-zA-Z0-9_$-]+))?")


@cache
def managed() -> Mapping[str, Mapping[str, Any]]:
    """The managed policies: kind of config -> id -> config, as the API prints it."""
    import json

    text = Path(__file__).with_name("managed_policies.json").read_text("utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


class Template(NamedTuple):
    """One template: its names, how its values are read, where its paths start, and the assets of its assembly."""

    scope: Scope
    reading: Reading
    base: Path
    assets: Assets | None = None

    def holds(self, problem: Problem) -> bool:
        """Is the problem in the template itself, or in a file of its assembly?"""
        place, own = problem.path, next((each.node.path for each in self.scope.references.resources.values()), None)
        return place == own or (self.assets is not None and place is not None and place.is_relative_to(self.base))


class _Found(NamedTuple):
    """A resource, what Ref gives for it, and its template."""

    resource: Resource
    id: str
    template: Template

    def section(self, kind: str) -> Section:
        return Section(kind, self.resource.properties, self.template.reading)


class Library:
    """Everything that the resources of some templates, the managed policies and the settings' functions hold."""

    def __init__(
        self,
        reading: Reading,
        local: Local,
        templates: Sequence[Template] = (),
    ) -> None:
        self._reading = reading
        self._local = local
        self.templates = templates
        self._known: dict[tuple[str, ...], list[_Found]] = {}
        self._cache_policies = self._policies(types.CACHE_POLICY, "CachePolicy", cache_policy)
        self._origin_policies = self._policies(types.ORIGIN_REQUEST_POLICY, "OriginRequestPolicy", origin_request_policy)
        self._response_policies = self._policies(
            types.RESPONSE_HEADERS_POLICY, "ResponseHeadersPolicy", response_headers_policy
        )
        self._stores = self._read_stores()
        self._functions = self._read_functions()
        self._lambdas: dict[str, LambdaFunction] = {}

    def _resources(self, *kinds: str) -> list[_Found]:
        """The resources of these types that the templates make."""
        if kinds not in self._known:
            self._known[kinds] = self._find(*kinds)
        return self._known[kinds]

    def _find(self, *kinds: str) -> list[_Found]:
        found = []
        for template in self.templates:
            references = template.scope.references
            for resource in references.resources.values():
                if resource.type in kinds:
                    with self._reading.problems.gathering():
                        if references.exists(resource):
                            found.append(_Found(resource, references.resource(resource.id, resource.node), template))
        return found

    def key_group(self, group_id: str, node: Node) -> tuple[PublicKey, ...]:
        """The public keys of a trusted key group, or of a trusted signer. Raises ConfigError."""
        for group in self._resources(types.KEY_GROUP):
            if group.id == group_id:
                return (*self._declared_keys(group), *self._local.keys.keys((group.resource.id, group_id)))
        found = self._local.keys.keys((group_id,))
        if not found:
            raise ConfigError(node.lack(f"the public keys of {group_id} are not on this machine", key_groups.missing(group_id)))
        return found

    def _declared_keys(self, group: _Found) -> list[PublicKey]:
        section = group.section("KeyGroup")
        section.required("KeyGroupConfig")
        config = section.section("KeyGroupConfig", "KeyGroupConfig")
        ids = [] if config is None else config.items("Items")
        limits.check("public keys of a key group", len(ids), group.resource.node, self._reading.problems)
        return [key for node in ids for key in self._public_key(as_text(node), node, group.resource.id)]

    def _public_key(self, key_id: str, node: Node, group: str) -> tuple[PublicKey, ...]:
        for found in self._resources(types.PUBLIC_KEY):
            if found.id == key_id:
                section = found.section("PublicKey")
                section.required("PublicKeyConfig")
                config = section.section("PublicKeyConfig", "PublicKeyConfig")
                return () if config is None else (key_groups.read_public_key(config, key_id),)
        if any(key.id == key_id for key in self._local.keys.keys((group,))):
            return ()
        raise ConfigError(node.lack(f"the public key {key_id} is not on this machine", key_groups.missing(group)))

    def _policies(self, kind: str, section: str, read: Callable[[Section], Policy]) -> dict[str, Policy]:
        policies = {}
        for found in self._resources(kind):
            config = found.section(section)
            config.required(f"{section}Config")
            inner = config.section(f"{section}Config", f"{section}Config")
            if inner is not None:
                policies[found.id] = read(inner)
        return policies

    def _read_functions(self) -> dict[str, Function]:
        functions = {}
        for found in self._resources(types.FUNCTION):
            section, resource = found.section("Function"), found.resource
            paths = construct_paths(resource)
            functions[found.id] = read_function(section, resource.id, self._local.code, self._key_value_store, paths)
        return functions

    def _read_stores(self) -> dict[str, str]:
        """The names of the templates' key value stores, by ARN."""
        stores = {}
        for found in self._resources(types.KEY_VALUE_STORE):
            resource, template = found.resource, found.template
            arn = template.scope.references.attribute(resource.id, "Arn", resource.node)
            section, paths = found.section("KeyValueStore"), construct_paths(resource)
            stores[arn] = read_store(section, resource.id, arn, self._local.stores, template.assets, paths).name
        return stores

    def _key_value_store(self, arn: str, node: Node) -> str:
        """The name of a key value store by ARN; one that is not in the file has its id for a name. Raises ConfigError."""
        if arn not in self._stores:
            match = _STORE_ARN.fullmatch(arn)
            name = match[1] if match else self._source(arn)
            if name is None:
                form = "arn:aws:cloudfront::ACCOUNT:key-value-store/ID; in a template: !GetAtt NAME.Arn"
                raise ConfigError(node.problem(f"{arn} is not the ARN of a key value store", form))
            store = self._local.stores.stores.get(name) or self._local.stores.meet((name,), name, arn)
            if store is None:
                raise ConfigError(node.lack(f"the pairs of key value store {name} are not on this machine", missing(name)))
            self._stores[arn] = store.name
        return self._stores[arn]

    def cache_policy(self, policy_id: str, node: Node) -> CachePolicy:
        """A cache policy by id. Raises ConfigError."""
        return self._policy(policy_id, node, self._cache_policies, "CachePolicyConfig", _managed_cache_policy)

    def origin_request_policy(self, policy_id: str, node: Node) -> OriginRequestPolicy:
        """An origin request policy by id. Raises ConfigError."""
        read = _managed_origin_request_policy
        return self._policy(policy_id, node, self._origin_policies, "OriginRequestPolicyConfig", read)

    def response_headers_policy(self, policy_id: str, node: Node) -> ResponseHeadersPolicy:
        """A response headers policy by id. Raises ConfigError."""
        read = response_headers_policy
        return self._policy(policy_id, node, self._response_policies, "ResponseHeadersPolicyConfig", read)

    def _policy(
        self, policy_id: str, node: Node, own: dict[str, Policy], kind: str, read: Callable[[Section], Policy]
    ) -> Policy:
        if policy_id in own:
            return own[policy_id]
        if policy_id in managed()[kind]:
            own[policy_id] = read(Section(kind, plain(managed()[kind][policy_id]), Reading(self._reading.problems)))
            return own[policy_id]
        by_name = next((known for known, config in managed()[kind].items() if _is_named(policy_id, config)), None)
        if by_name is not None:
            raise ConfigError(node.problem(f"{policy_id} is a policy's name, its id is needed", f"the id is {by_name}"))
        near = nearest(policy_id, [*own, *managed()[kind]])
        known = "known are the policies in this file and the managed ones, by id; edgeproxy pull fetches those of an account"
        hint = f"did you mean {near}?" if near else known
        raise ConfigError(node.problem(f"there is no policy {policy_id} ({kind})", hint))

    def function(self, arn: str, node: Node) -> Function:
        """A CloudFront Function by ARN. Raises ConfigError."""
        if arn in self._functions:
            return self._functions[arn]
        match = _FUNCTION_ARN.fullmatch(arn)
        name = match[1] if match else self._source(arn)
        if name is None:
            hint = "arn:aws:cloudfront::ACCOUNT:function/NAME; in a template: !GetAtt NAME.FunctionARN"
            raise ConfigError(node.problem(f"{arn} is not the ARN of a CloudFront Function", hint))
        function = local_function(name, self._local.code, self._reading)
        if function is None:
            raise ConfigError(node.lack(f"the code of function {name} is not on this machine", _code(name, "index.js")))
        self._functions[arn] = replace(function, key_value_store=self._local.stores.only())
        return self._functions[arn]

    def _source(self, text: str) -> str | None:
        """The resource that gave a text, when we know nothing of its type: the settings may hold its code."""
        for template in self.templates:
            references = template.scope.references
            name = references.source(text)
            if name is not None and references.resources[name].type not in types.VALUES:
                return name
        return None

    def lambda_function(self, arn: str, node: Node) -> LambdaFunction:
        """A Lambda@Edge function by its version's ARN. Raises ConfigError."""
        if arn not in self._lambdas:
            self._lambdas[arn] = BROKEN
            self._lambdas[arn] = self._read_lambda(arn, node)
        return self._lambdas[arn]

    def _read_lambda(self, arn: str, node: Node) -> LambdaFunction:
        match = _LAMBDA_ARN.fullmatch(arn)
        source = self._source(arn)
        if match is None and source is None:
            raise ConfigError(node.problem(f"{arn} is not the ARN of a Lambda function's version", "end it in :1, :2, …"))
        name, version = (match[2], match[3]) if match else (source or "", "1")
        if match:
            _check_arn(match[1], version, node)
        function = self._declared_lambda(name, node)
        if function is not None:
            return replace(function, version=version or "1")
        local = local_lambda(name, self._local.code, self._reading)
        if local is None:
            raise ConfigError(node.lack(f"the code of {name} is not on this machine", _code(name, "index.mjs")))
        return replace(local, version=version or "1")

    def function_named(self, name: str, domain: str, node: Node) -> FunctionUrl | None:
        """The function with this logical id or name, as behind a URL; None when there is none. Raises ConfigError."""
        for found in self._resources(types.LAMBDA, types.SAM_FUNCTION):
            own_name = found.template.scope.references.name(found.resource, node)
            if name in (found.resource.id, own_name):
                function = self._declared_lambda(own_name, node, at_the_edge=False)
                return None if function is None else FunctionUrl(domain, replace(function, version="$LATEST"))
        local = local_lambda(name, self._local.code, self._reading)
        return None if local is None else FunctionUrl(domain, replace(local, version="$LATEST", replicated=False))

    def function_names(self) -> list[str]:
        """Logical ids of the templates' Lambda functions."""
        return [found.resource.id for found in self._resources(types.LAMBDA, types.SAM_FUNCTION)]

    def _declared_lambda(
        self, name: str, node: Node, trial: Reading | None = None, *, at_the_edge: bool = True
    ) -> LambdaFunction | None:
        """A function that a template makes; with `trial`, what is found on the way goes there."""
        for resource, _, (scope, reading, base, assets) in self._resources(types.LAMBDA, types.SAM_FUNCTION):
            if scope.references.name(resource, node) == name:
                own = Reading(trial.problems, reading.resolve, trial.not_honoured, trial.sources) if trial else reading
                return read_lambda(resource, name, self._local.code, base, own, at_the_edge=at_the_edge, assets=assets)
        return None

    def function_url(self, names: Iterable[str], domain: str, node: Node) -> FunctionUrl | None:
        """The function behind the first of the (logical) names that is a function URL. Raises ConfigError."""
        urls = {found.resource.id: found for found in self._resources(types.FUNCTION_URL)}
        url = next((urls[name] for name in names if name in urls), None)
        if url is None:
            return None
        return self._read_function_url(url, domain, node)

    def other_function_urls(self, named: Iterable[str]) -> tuple[FunctionUrl, ...]:
        """Those of the templates' function URLs that can run here, but for these domain names."""
        found: list[FunctionUrl] = []
        known = frozenset(named)
        for url in self._resources(types.FUNCTION_URL):
            with self._reading.problems.gathering():
                references = url.template.scope.references
                domain = references.attribute(url.resource.id, "FunctionUrl", url.resource.node).split("/")[2]
                if domain not in known:
                    found += self._if_it_runs_here(url, domain)
        return tuple(found)

    def _if_it_runs_here(self, url: _Found, domain: str) -> list[FunctionUrl]:
        # Nothing says that a request will ever go there: what keeps it from running here is a problem only in the settings.
        reading = url.template.reading
        trial = Reading(Untold(), reading.resolve)
        try:
            found = self._read_function_url(url, domain, url.resource.node, trial)
        except ConfigError as error:
            reading.problems.add(*(problem for problem in error.problems if not url.template.holds(problem)))
            return []
        if trial.problems:
            return []
        reading.sources.update(trial.sources)
        reading.not_honoured.extend(trial.not_honoured)
        return [found]

    def _read_function_url(self, url: _Found, domain: str, node: Node, trial: Reading | None = None) -> FunctionUrl:
        section = Section("FunctionUrl", url.resource.properties, trial or url.template.reading)
        section.required("TargetFunctionArn", "AuthType")
        if section.text("InvokeMode", "BUFFERED") != "BUFFERED":
            section.reading.leave_out("AWS::Lambda::Url.InvokeMode", section.at_key("InvokeMode"))
        target = section.text("TargetFunctionArn")
        match = _LAMBDA_ARN.fullmatch(target)
        name = match[2] if match else target
        function = self._declared_lambda(name, node, trial, at_the_edge=False)
        if function is not None:
            return FunctionUrl(domain, replace(function, version="$LATEST"))
        raise ConfigError(section.at("TargetFunctionArn").problem(f"there is no function {name} in this template"))

    def signing(self, access_control_id: str) -> str:
        """When CloudFront signs requests to an origin with this access control; `always` for one that is not in the file."""
        for found in self._resources(types.ACCESS_CONTROL):
            if found.id == access_control_id:
                section = found.section("OriginAccessControl")
                section.required("OriginAccessControlConfig")
                config = section.section("OriginAccessControlConfig", "OriginAccessControlConfig")
                return "always" if config is None else access_controls.signing(config)
        return "always"


def _check_arn(region: str, version: str | None, node: Node) -> None:
    """Only the ARN of a numbered version in us-east-1 can be associated, not $LATEST and not an alias."""
    rule = "InvalidLambdaFunctionAssociation: "
    if region != "us-east-1":
        raise ConfigError(node.problem(f"{rule}the function is in {region}", "Lambda@Edge functions live in us-east-1"))
    if version is None or not version.isdecimal():
        what = "no version" if version is None else version if version == "$LATEST" else f"the alias {version}"
        hint = "name a numbered version: Ref of an AWS::Lambda::Version, or !Ref FUNCTION.Version with AutoPublishAlias"
        raise ConfigError(node.problem(f"{rule}{what} is named", hint))


def _code(name: str, file: str) -> Missing:
    return Missing("functions", name, f"path/to/{file}")


def _managed_cache_policy(section: Section) -> CachePolicy:
    return cache_policy(section, managed=True)


def _managed_origin_request_policy(section: Section) -> OriginRequestPolicy:
    return origin_request_policy(section, managed=True)


def _is_named(name: str, config: Mapping[str, Any]) -> bool:
    return bool(config["Name"].removeprefix("Managed-") == name.removeprefix("Managed-"))
