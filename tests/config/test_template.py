import re
from contextlib import suppress
from pathlib import Path

import kit_local
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeproxy.config.code import LocalCode
from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.nodes import Node, plain
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.problems import Problems
from edgeproxy.config.section import Reading
from edgeproxy.config.template import distribution_ids, read_resources, read_template
from edgeproxy.config.yaml_nodes import read_yaml
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.model import Url

DISTRIBUTION = """
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - {Id: site, DomainName: !GetAtt SiteBucket.RegionalDomainName, S3OriginConfig: {OriginAccessIdentity: ""},
             OriginAccessControlId: !GetAtt Control.Id}
        DefaultCacheBehavior:
          TargetOriginId: site
          ViewerProtocolPolicy: allow-all
          CachePolicyId: !Ref Policy
          FunctionAssociations: [{EventType: viewer-request, FunctionARN: !GetAtt Rewrite.FunctionARN}]
          LambdaFunctionAssociations:
            - {EventType: origin-request, LambdaFunctionARN: !Ref Auth.Version}
            - {EventType: origin-response, LambdaFunctionARN: !Ref LastVersion}
"""
TEMPLATE = f"""
Parameters: {{Stage: {{Type: String, Default: dev}}}}
Conditions: {{Never: !Equals [a, b]}}
Globals: {{Function: {{Runtime: python3.13, AutoPublishAlias: live}}}}
Resources:
  SiteBucket: {{Type: AWS::S3::Bucket}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{Anything: [1, 2]}}}}
  Off: {{Type: AWS::CloudFront::Distribution, Condition: Never}}
  Control:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig: {{Name: c, OriginAccessControlOriginType: s3, SigningBehavior: never, SigningProtocol: sigv4}}
  Policy:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: !Sub "${{Stage}}-policy"
        MinTTL: 1
        ParametersInCacheKeyAndForwardedToOrigin:
          EnableAcceptEncodingGzip: false
          HeadersConfig: {{HeaderBehavior: none}}
          CookiesConfig: {{CookieBehavior: none}}
          QueryStringsConfig: {{QueryStringBehavior: none}}
  Rewrite:
    Type: AWS::CloudFront::Function
    Properties:
      Name: rewrite
      FunctionConfig: {{Comment: c, Runtime: cloudfront-js-2.0}}
      FunctionCode: |
        function handler(event) {{ return event.request; }}
  Auth:
    Type: AWS::Serverless::Function
    Properties: {{Handler: index.handler, InlineCode: "def handler(event, context): pass"}}
  Last:
    Type: AWS::Lambda::Function
    Properties: {{FunctionName: last, Runtime: nodejs22.x, Handler: index.handler, Code: {{ZipFile: "x"}}}}
  LastVersion: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Last}}}}
  Keys: {{Type: AWS::CloudFront::KeyGroup, Properties: {{KeyGroupConfig: {{Name: k, Items: []}}}}}}
  Handshake: {{Type: AWS::CloudFront::ConnectionFunction, Properties: {{Name: h}}}}
{DISTRIBUTION}
"""


def read(text: str, prefix: str = ""):
    root = read_yaml(text, Path("/t.yaml"))
    reading = Reading(Problems())
    found = read_template(root, Parameters(root, {}), GivenValues(), kit_local.given(LocalCode({}, Path())), reading, prefix)
    reading.problems.raise_any()
    return found, reading


def test_a_template_is_read_with_all_that_its_distribution_refers_to():
    (declared,), _ = read(TEMPLATE)
    behavior = declared.distribution.default_cache_behavior
    assert declared.distribution.name == "Site"
    assert behavior.cache_policy.min_ttl == 1
    assert behavior.functions[Hook.VIEWER_REQUEST].name == "rewrite"
    auth = behavior.lambdas[Hook.ORIGIN_REQUEST].function
    assert (auth.name, auth.runtime, auth.version, auth.inline) == (
        "Auth",
        "python3.13",
        "1",
        "def handler(event, context): pass",
    )
    assert behavior.lambdas[Hook.ORIGIN_RESPONSE].function.name == "last"


def test_a_bucket_may_be_called_by_its_logical_id_and_its_access_control_is_read():
    (declared,), _ = read(TEMPLATE)
    (candidate,) = declared.candidates
    assert candidate.names == ("site", "sitebucket.s3.us-east-1.amazonaws.com", "SiteBucket", "sitebucket")
    assert (candidate.origin.origin_access_control, candidate.origin.signing) == (True, "never")


def test_connection_functions_are_named_as_not_emulated():
    _, reading = read(TEMPLATE)
    assert [note.property for note in reading.not_honoured] == ["AWS::CloudFront::ConnectionFunction"]


def test_a_prefix_goes_before_names_and_made_up_ids():
    (declared,), _ = read(TEMPLATE, "stack-")
    (other,), _ = read(TEMPLATE)
    assert declared.distribution.name == "stack-Site"
    assert declared.distribution.domain_name != other.distribution.domain_name


def test_a_distribution_that_is_deployed_keeps_its_ids():
    metadata = 'Metadata: {"edgeproxy:Id": E2QWRUHAPOMQZL, "edgeproxy:DomainName": d111111abcdef8.cloudfront.net}'
    (declared,), _ = read(TEMPLATE.replace("  Site:\n", f"  Site:\n    {metadata}\n"))
    assert (declared.distribution.id, declared.distribution.domain_name) == ("E2QWRUHAPOMQZL", "d111111abcdef8.cloudfront.net")
    (declared,), _ = read(TEMPLATE)
    assert declared.distribution.id != "E2QWRUHAPOMQZL"


@pytest.mark.parametrize(
    ("section", "messages"),
    [
        pytest.param("Parameters: [a]", ["Parameters must be a mapping"], id="a list of parameters"),
        pytest.param("Conditions: [b]", ["Conditions must be a mapping"], id="a list of conditions"),
        pytest.param("Mappings: x", ["Mappings must be a mapping"], id="mappings that are a text"),
        pytest.param("Mappings:", [], id="nothing but the name"),
    ],
)
def test_sections_are_mappings(section, messages):
    problems = Problems()
    read_resources(read_yaml(f"{section}\nResources: {{}}", Path("t.yaml")), problems)
    error = problems.error()
    assert [problem.message for problem in (error.problems if error else ())] == messages


def test_logical_ids_of_distributions_before_anything_is_resolved():
    assert distribution_ids(read_yaml(TEMPLATE, Path("t.yaml"))) == ["Off", "Site"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("Resources:", "Resources: []\nOthers:", "Resources must be a mapping", id="resources that are a list"),
        pytest.param("Type: AWS::CloudFront::Distribution\n", "Type: X\n", "makes no AWS::CloudFront::Distribution", id="none"),
        pytest.param(
            "Type: AWS::CloudFront::Distribution\n",
            "Type: AWS::CloudFront::Distributon\n",
            r"Distributon: did you mean AWS::CloudFront::Distribution\?",
            id="a slip in the type",
        ),
        pytest.param("{Type: AWS::SQS::Queue,", "{", "resource Queue has no Type", id="a resource without type"),
        pytest.param("  Queue:", "  Fn::ForEach::Q:", "Fn::ForEach is not resolved here", id="a loop"),
        pytest.param(
            "  Queue: {Type",
            "  Fn::Transform: {Name: AWS::Include, Type",
            r"Fn::Transform \(AWS::Include\) is not resolved here",
            id="resources that are included",
        ),
        pytest.param("MinTTL: 1", "MinTTL: !Transform {Name: Own}", r"Fn::Transform \(Own\)", id="a value that a macro makes"),
        pytest.param(
            "MinTTL: 1", "'Fn::Transform': {Name: Own}", "Fn::Transform is not resolved here, beside", id="among others"
        ),
        pytest.param("Globals: {Function:", "Globals: {Functoin:", "Globals has no section Functoin", id="Globals"),
        pytest.param("!Ref Auth.Version", "!Ref Auth.Alias", "the alias live is named", id="an alias"),
        pytest.param("!Ref Auth.Version", "!GetAtt Auth.Arn", "no version is named", id="an ARN without version"),
        pytest.param("!Ref LastVersion", "!Ref Last", "last is not the ARN of a Lambda function's version", id="a name"),
        pytest.param("!Ref Policy", "!Ref Polcy", "no parameter or resource Polcy", id="an unknown policy"),
        pytest.param("MinTTL: 1", "MinTTL: x", "MinTTL must be a number", id="a problem inside a policy"),
        pytest.param("Properties: {FunctionName: !Ref Last}", "Properties: []", "Properties must be a mapping", id="a list"),
    ],
)
def test_problems(old, new, message):
    assert old in TEMPLATE
    with pytest.raises(ConfigError) as caught:
        read(TEMPLATE.replace(old, new))
    told = [f"{problem.message} {problem.hint}" for problem in caught.value.problems]
    assert any(re.search(message, each) for each in told), told


DAMAGE = st.sampled_from([
    None, "", "x", 0, -1, True, [], {}, [[]], [None], {"Ref": "SiteBucket"}, {"Ref": "AWS::NoValue"}, {"Fn::Sub": "${"},
    {"Fn::If": ["Never", [], {"Ref": "AWS::NoValue"}]}, {"Fn::Split": [",", "a,b"]}, {"Quantity": 1, "Items": [None]},
    {"Items": {}}, {"Fn::GetAtt": "Rewrite.FunctionARN"}, "$LATEST", "a\nb", "9" * 5000, "\ud800",
])  # fmt: skip


def places_in(node: Node):
    """Every (holder, key) below a node."""
    if isinstance(node.value, dict | list):
        for key, child in list(node.value.items() if isinstance(node.value, dict) else enumerate(node.value)):
            yield node.value, key
            yield from places_in(child)


@given(st.data())
@settings(deadline=None)
def test_a_damaged_template_is_read_or_refused_and_never_a_traceback(data):
    root = read_yaml(TEMPLATE, Path("/t.yaml"))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(places_in(root))))
        holder[key] = plain(data.draw(DAMAGE))
    reading = Reading(Problems())
    with suppress(ConfigError):
        read_template(root, Parameters(root, {}), GivenValues(), kit_local.given(LocalCode({}, Path("/nowhere"))), reading, "")
        reading.problems.raise_any()


def test_an_unknown_type_can_hold_a_functions_code_through_the_settings(tmp_path: Path):
    (tmp_path / "auth.js").touch()
    text = TEMPLATE.replace("!Ref Auth.Version", "!GetAtt Reader.FunctionArn").replace(
        "Resources:", "Resources:\n  Reader: {Type: Custom::CrossRegionStringParameterReader}"
    )
    root = read_yaml(text, Path("/t.yaml"))
    local = read_yaml("Reader: auth.js", Path("edgeproxy.yaml"))
    reading = Reading(Problems())
    (declared,) = read_template(
        root, Parameters(root, {}), GivenValues(), kit_local.given(LocalCode(local.value, tmp_path)), reading, ""
    )
    reading.problems.raise_any()
    function = declared.distribution.default_cache_behavior.lambdas[Hook.ORIGIN_REQUEST].function
    assert (function.name, function.handler, function.task_root) == ("Reader", "auth.handler", tmp_path)


def test_transforms_that_are_not_done_are_told_and_language_extensions_are_not():
    _, reading = read("Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n" + TEMPLATE)
    assert "Template.Transform" not in [note.property for note in reading.not_honoured]
    _, reading = read("Transform: [Own, AWS::Serverless-2016-10-31]\n" + TEMPLATE)
    assert [note.line for note in reading.not_honoured if note.property == "Template.Transform"] == [1]


def test_environment_variables_of_globals_are_refused_at_the_edge_and_say_where_they_come_from():
    variables = "Globals: {Function: {Environment: {Variables: {STAGE: !Ref Stage}}, "
    text = TEMPLATE.replace("Globals: {Function: {", variables)
    with pytest.raises(ConfigError) as caught:
        read(text)
    (problem,) = caught.value.problems
    expected = "Auth (from Globals): InvalidLambdaFunctionAssociation: Lambda@Edge functions cannot have environment variables"
    assert (problem.message, problem.line) == (expected, 4)
    assert problem.hint == '"IgnoreGlobals: [Environment]" beside the function\'s Type leaves it out'
    ignoring = text.replace("  Auth:\n", "  Auth:\n    IgnoreGlobals: [Environment]\n")
    assert read(ignoring)[0][0].distribution.default_cache_behavior.lambdas[Hook.ORIGIN_REQUEST].function.name == "Auth"


SERVER = """
Resources:
  App:
    Type: {type}
    Properties: {{{properties}}}
  {url}
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: app
            DomainName: !Select [2, !Split ["/", !GetAtt {id}.FunctionUrl]]
            CustomOriginConfig: {{OriginProtocolPolicy: https-only}}
        DefaultCacheBehavior:
          {{TargetOriginId: app, ViewerProtocolPolicy: allow-all, CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad}}
"""
LAMBDA_APP = (
    "FunctionName: app, Runtime: nodejs22.x, Handler: index.handler, Code: {ZipFile: x}, Environment: {Variables: {A: b}}"
)
SAM_APP = "Runtime: nodejs22.x, Handler: index.handler, InlineCode: x, FunctionUrlConfig: {AuthType: NONE%s}"


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        pytest.param(
            {"type": "AWS::Lambda::Function", "properties": LAMBDA_APP, "id": "Url",
             "url": "Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE, TargetFunctionArn: !GetAtt App.Arn}}"},
            "app", id="AWS::Lambda::Url",
        ),
        pytest.param(
            {"type": "AWS::Serverless::Function", "properties": SAM_APP % "", "id": "AppUrl", "url": "# SAM makes it"},
            "App", id="SAM's FunctionUrlConfig",
        ),
    ],
)  # fmt: skip
def test_an_origin_may_be_a_functions_url(parts, name):
    (declared,), reading = read(SERVER.format(**parts))
    (candidate,) = declared.candidates
    assert candidate.function_url.domain_name == candidate.origin.domain_name
    assert candidate.function_url.domain_name.endswith(".lambda-url.us-east-1.on.aws")
    function = candidate.function_url.function
    assert (function.name, function.replicated, function.version) == (name, False, "$LATEST")
    assert reading.not_honoured == []


def test_a_url_that_streams_is_named():
    properties = SAM_APP % ", InvokeMode: RESPONSE_STREAM"
    text = SERVER.format(type="AWS::Serverless::Function", properties=properties, id="AppUrl", url="")
    (declared,), reading = read(text)
    assert [note.property for note in [*reading.not_honoured, *declared.own.not_honoured]] == ["AWS::Lambda::Url.InvokeMode"]


@pytest.mark.parametrize(
    ("event", "domain", "name"),
    [
        pytest.param(
            "Api", '!Sub "${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com"', "ServerlessRestApi", id="REST"
        ),
        pytest.param(
            "HttpApi", '!Select [2, !Split ["/", !GetAtt ServerlessHttpApi.ApiEndpoint]]', "ServerlessHttpApi", id="HTTP"
        ),
    ],
)
def test_an_implicit_api_is_an_origin_by_its_name(event, domain, name):
    properties = f"Runtime: nodejs22.x, Handler: index.handler, CodeUri: s3://b/k, Events: {{A: {{Type: {event}}}}}"
    text = SERVER.format(type="AWS::Serverless::Function", properties=properties, id="App", url="")
    (declared,), _ = read(text.replace('!Select [2, !Split ["/", !GetAtt App.FunctionUrl]]', domain))
    (candidate,) = declared.candidates
    assert name in candidate.names
    assert ".execute-api.us-east-1.amazonaws.com" in candidate.origin.domain_name


def test_an_api_that_is_declared_is_not_made_by_sam():
    properties = "Events: {A: {Type: Api}}"
    text = SERVER.format(type="AWS::Serverless::Function", properties=properties, id="App", url="")
    declared = "Resources:\n  ServerlessRestApi: {Type: AWS::ApiGateway::RestApi}"
    found = read_resources(read_yaml(text.replace("Resources:", declared), Path("/t.yaml")), Problems())
    assert found["ServerlessRestApi"].type == "AWS::ApiGateway::RestApi"


ROUTED = """
Resources:
  Next:
    Type: AWS::Serverless::Function
    Properties: {properties}
  Router:
    Type: AWS::CloudFront::Function
    Properties:
      Name: router
      FunctionConfig: {{Comment: c, Runtime: cloudfront-js-2.0}}
      FunctionCode: "{code}"
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{{Id: app, DomainName: app.example.com, CustomOriginConfig: {{OriginProtocolPolicy: https-only}}}}]
        DefaultCacheBehavior:
          TargetOriginId: app
          ViewerProtocolPolicy: allow-all
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          FunctionAssociations: [{{EventType: viewer-request, FunctionARN: !GetAtt Router.FunctionARN}}]
"""
UPDATES = "cf.updateRequestOrigin({domainName: x})"
HERE = "{Runtime: python3.12, Handler: index.handler, InlineCode: x, FunctionUrlConfig: {AuthType: NONE}}"
IN_S3 = "{Runtime: python3.12, Handler: index.handler, CodeUri: s3://b/k, FunctionUrlConfig: {AuthType: NONE}}"
STREAMS = "{Runtime: python3.12, Handler: index.handler, InlineCode: x, FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}}"


@pytest.mark.parametrize(
    ("properties", "code", "names", "noted"),
    [
        pytest.param(HERE, UPDATES, ["Next"], [], id="code may choose the URL of a function that no origin names"),
        pytest.param(HERE, "selectRequestOriginById('app')", [], [], id="only declared origins can be chosen"),
        pytest.param(IN_S3, UPDATES, [], [], id="code that is elsewhere is no problem: nothing says that it will be asked"),
        pytest.param(STREAMS, UPDATES, ["Next"], ["AWS::Lambda::Url.InvokeMode"], id="what is not honoured of it is told"),
    ],
)  # fmt: skip
def test_a_url_that_no_origin_names(properties, code, names, noted):
    (declared,), reading = read(ROUTED.format(properties=properties, code=code))
    urls = declared.distribution.function_urls
    assert [url.function.name for url in urls] == names
    assert all(url.domain_name.endswith(".lambda-url.us-east-1.on.aws") for url in urls)
    assert [note.property for note in reading.not_honoured] == noted


def test_a_url_that_an_origin_names_is_no_other():
    text = ROUTED.format(properties=HERE, code=UPDATES)
    domain = "!Select [2, !Split ['/', !GetAtt NextUrl.FunctionUrl]]"
    (declared,), _ = read(text.replace("DomainName: app.example.com", f"DomainName: {domain}"))
    assert declared.candidates[0].function_url.function.name == "Next"
    assert declared.distribution.function_urls == ()


def test_code_that_the_settings_name_for_such_a_function_must_be_there(tmp_path):
    from edgeproxy.config import load

    (tmp_path / "template.yaml").write_text(ROUTED.format(properties=IN_S3, code=UPDATES))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text("")
    settings = tmp_path / "edgeproxy.yaml"
    settings.write_text("distribution: template.yaml\nfunctions: {Next: ./code}\n")
    (url,) = (found := load(tmp_path)).distributions[0].function_urls
    assert found.settings.places == {url.domain_name: url}
    assert tmp_path / "code" / "index.py" in found.sources, "a change of it is taken over"
    settings.write_text("distribution: template.yaml\nfunctions: {Next: ./cod}\n")
    with pytest.raises(ConfigError, match="cod"):
        load(tmp_path)
    other = f"functions: {{Next: ./code}}\norigins: {{{url.domain_name}: http://127.0.0.1:9}}\n"
    settings.write_text("distribution: template.yaml\n" + other)
    assert load(tmp_path).settings.places == {url.domain_name: Url("http", "127.0.0.1", 9)}
