from pathlib import Path

import kit_cdk
import pytest

from edgeproxy.config import load
from edgeproxy.errors import ConfigError
from edgeproxy.hooks import Hook
from edgeproxy.model import Directory, Url


def problems(*arguments, **more):
    with pytest.raises(ConfigError) as caught:
        load(*arguments, **more)
    return [problem.message for problem in caught.value.problems]


def only(folder, **more):
    (distribution,) = load(folder, **more).distributions
    return distribution


@pytest.mark.parametrize("target", [pytest.param("", id="the app's folder"), pytest.param("cdk.out", id="cdk.out")])
def test_an_app_is_served_without_a_line_of_configuration(tmp_path: Path, target):
    out = kit_cdk.shop(tmp_path / "cdk.out").save()
    found = load(tmp_path / target)
    (distribution,) = found.distributions
    (origin,) = distribution.origins.values()
    behavior = distribution.default_cache_behavior
    assert origin.domain_name == "shop-site397a1860.s3.eu-west-1.amazonaws.com"
    assert isinstance(origin.place, Directory)
    assert (origin.place.path / "index.html").read_text() == "<h1>shop</h1>\n"
    assert behavior.functions[Hook.VIEWER_REQUEST].key_value_store == "ShopPairs"
    (store,) = found.key_value_stores
    assert store.path is not None
    assert store.path.parent == out
    handler = behavior.lambdas[Hook.ORIGIN_REQUEST].function
    assert (handler.name, handler.version) == ("edge-lambda-stack-c8363f-GreetingFnD247545B", "1")
    assert handler.task_root is not None
    assert (handler.task_root / "index.js").read_text() == kit_cdk.HANDLER


def test_every_file_that_is_read_is_watched_and_the_folder_too(tmp_path: Path):
    out = kit_cdk.shop(tmp_path / "cdk.out").save()
    found = load(tmp_path)
    handler = found.distributions[0].default_cache_behavior.lambdas[Hook.ORIGIN_REQUEST].function
    assert handler.task_root is not None
    assert found.key_value_stores[0].path is not None
    assert set(found.sources) == {
        out,
        out / "manifest.json",
        *(out / f"{name}.{kind}.json" for name in ("Shop", "edge-lambda-stack-c8363f") for kind in ("assets", "template")),
        handler.task_root / "index.js",
        found.key_value_stores[0].path,
    }


def test_code_without_asset_metadata_is_found_by_its_key_and_archives_are_unpacked(tmp_path: Path):
    app = kit_cdk.shop(tmp_path / "cdk.out")
    zipped = app.asset({"index.js": "exports.handler = async () => ({ status: '204' });\n"}, ".zip")
    app.stack("edge-lambda-stack-c8363f", {
        "GreetingFnD247545B": kit_cdk.function(kit_cdk.code(zipped)),
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "GreetingFnD247545B"}}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": kit_cdk.PARAMETER, "Value": {"Ref": "Version"}}},
    }, environment=f"aws://{kit_cdk.ACCOUNT}/us-east-1")  # fmt: skip
    out = app.save()
    found = load(tmp_path)
    handler = found.distributions[0].default_cache_behavior.lambdas[Hook.ORIGIN_REQUEST].function
    assert handler.task_root is not None
    assert "204" in (handler.task_root / "index.js").read_text()
    assert out / f"asset.{zipped}.zip" in found.sources


NAMES = [
    pytest.param("Shop/Site", id="its construct"),
    pytest.param("Shop/Site/Resource", id="its path"),
    pytest.param("Site397A1860", id="its logical id"),
    pytest.param("ShopDistOrigin1A2B3C4D5", id="the origin's id"),
    pytest.param("shop-site397a1860", id="the bucket's name"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_bucket_is_given_a_place_by_any_of_its_names(tmp_path: Path, name):
    kit_cdk.shop(tmp_path / "cdk.out").save()
    (tmp_path / "public").mkdir()
    found = only(tmp_path, origins={name: str(tmp_path / "public")})
    assert found.origins["ShopDistOrigin1A2B3C4D5"].place == Directory(tmp_path / "public")
    (tmp_path / "edgeproxy.yaml").write_text(f"distribution: cdk.out\norigins: {{{name}: ./public}}\n")
    assert only(tmp_path).origins["ShopDistOrigin1A2B3C4D5"].place == Directory(tmp_path / "public")


def test_functions_and_stores_are_given_by_their_construct_paths(tmp_path: Path):
    kit_cdk.shop(tmp_path / "cdk.out").save()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.js").write_text("exports.handler = async () => ({ status: '418' });\n")
    (tmp_path / "rewrite.js").write_text("function handler(event) { return event.request; } // mine\n")
    (tmp_path / "pairs.json").write_text('{"data": []}')
    (tmp_path / "edgeproxy.yaml").write_text("""
distribution: cdk.out
functions: {Shop/Rewrite: rewrite.js, edge-lambda-stack-c8363f/Greeting: mine}
key_value_stores: {Shop/Pairs: pairs.json}
""")
    found = load(tmp_path)
    behavior = found.distributions[0].default_cache_behavior
    assert behavior.functions[Hook.VIEWER_REQUEST].code.endswith("// mine\n")
    assert behavior.lambdas[Hook.ORIGIN_REQUEST].function.task_root == tmp_path / "mine"
    assert found.key_value_stores[0].path == tmp_path / "pairs.json"


def test_a_wrong_construct_path_is_told(tmp_path: Path):
    kit_cdk.shop(tmp_path / "cdk.out").save()
    assert "no origin is named Shop/Sight" in problems(tmp_path, origins={"Shop/Sight": "http://localhost:3000"})


def test_two_stages_of_one_app_are_told_apart_by_their_stacks(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    for name in ("Dev", "Prod"):
        stage = app.nested(f"assembly-{name}")
        site = stage.asset({"index.html": name})
        web = kit_cdk.distribution(kit_cdk.bucket_origin(kit_cdk.DOMAIN))
        resources = {"Site397A1860": kit_cdk.SITE_BUCKET, "DistB3B78991": web}
        resources["Deploy"] = kit_cdk.deployment({"Ref": "Site397A1860"}, site)
        stage.stack(f"{name}Shop1A2B3C4D", resources, stack_name=f"{name}-Shop").save()
    app.save()
    found = load(tmp_path)
    assert [each.name for each in found.distributions] == ["Dev-Shop-DistB3B78991", "Prod-Shop-DistB3B78991"]
    assert len({each.domain_name for each in found.distributions}) == 2
    places = [each.origins["ShopDistOrigin1A2B3C4D5"].place for each in found.distributions]
    assert [place.path.joinpath("index.html").read_text() for place in places if isinstance(place, Directory)] == [
        "Dev",
        "Prod",
    ]


def test_a_bucket_of_another_stack_by_its_export(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    site = app.asset({"index.html": "data"})
    export = "Data:ExportsOutputFnGetAttSite397A1860RegionalDomainName"
    app.stack("Web", {"DistB3B78991": kit_cdk.distribution(kit_cdk.bucket_origin({"Fn::ImportValue": export}))})
    app.stack(
        "Data",
        {"Site397A1860": kit_cdk.SITE_BUCKET, "Deploy": kit_cdk.deployment({"Ref": "Site397A1860"}, site)},
        Outputs={"Out": {"Value": kit_cdk.DOMAIN, "Export": {"Name": export}}},
    ).save()
    place = only(tmp_path).origins["ShopDistOrigin1A2B3C4D5"].place
    assert place == Directory(tmp_path / "cdk.out" / f"asset.{site}")
    found = only(tmp_path, origins={"Shop/Site": "http://localhost:3000"})
    assert found.origins["ShopDistOrigin1A2B3C4D5"].place == Url("http", "localhost", 3000)


def test_policies_of_another_stack_are_found_by_their_exports(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    policy = {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": {
        "Name": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}, "MinTTL": 7, "DefaultTTL": 8, "MaxTTL": 9,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": False, "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"}, "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
    }}}  # fmt: skip
    app.stack("Policies", {"Short": policy}, Outputs={"Id": {"Value": {"Ref": "Short"}, "Export": {"Name": "short"}}})
    origin = {"Id": "app", "DomainName": "localhost", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    app.stack("Web", {"Dist": kit_cdk.distribution(origin, CachePolicyId={"Fn::ImportValue": "short"})}).save()
    found = only(tmp_path).default_cache_behavior.cache_policy
    assert getattr(found, "name", None) == "Policies-eu-west-1"
    assert getattr(found, "min_ttl", None) == 7


def test_a_nested_stack_without_asset_metadata_is_found_by_the_key_in_its_url(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    site = app.asset({"index.html": "nested"})
    name = app.asset('{"Parameters": {"Given": {"Type": "String"}}, "Outputs": {"Root": {"Value": {"Ref": "Given"}}}}', ".json")
    url = {"Fn::Join": ["", ["https://s3.eu-west-1.", {"Ref": "AWS::URLSuffix"}, f"/cdk-assets/{name}.json"]]}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": {"Given": "given.html"}}}
    web = kit_cdk.distribution(kit_cdk.bucket_origin(kit_cdk.DOMAIN))
    config = web["Properties"]["DistributionConfig"]
    config["DefaultRootObject"] = {"Fn::GetAtt": ["Inner", "Outputs.Root"]}
    deploy = kit_cdk.deployment({"Ref": "Site397A1860"}, site)
    app.stack("Shop", {"Site397A1860": kit_cdk.SITE_BUCKET, "Deploy": deploy, "Inner": nested, "Dist": web}).save()
    assert only(tmp_path).default_root_object == "given.html"
    assert tmp_path / "cdk.out" / f"asset.{name}.json" in load(tmp_path).sources


def test_a_function_in_another_region_than_us_east_1_is_refused_as_cloudfront_does(tmp_path: Path):
    app = kit_cdk.Assembly(tmp_path / "cdk.out")
    origin = {"Id": "app", "DomainName": "localhost", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    handlers = [{"EventType": "origin-request", "LambdaFunctionARN": {"Ref": "Version"}}]
    app.stack("Shop", {
        "Fn": kit_cdk.function({"ZipFile": kit_cdk.HANDLER}),
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
        "Dist": kit_cdk.distribution(origin, LambdaFunctionAssociations=handlers),
    }).save()  # fmt: skip
    assert problems(tmp_path) == ["InvalidLambdaFunctionAssociation: the function is in eu-west-1"]


def missing(out: Path, pattern: str) -> None:
    for each in out.glob(pattern):
        each.unlink()


BAD = [
    pytest.param("Shop.template.json", "there is no file or directory", id="a template that is not written yet"),
    pytest.param("manifest.json", "there is no cloud assembly", id="a manifest that is not written yet"),
    pytest.param("*.assets.json", "there is no file or directory", id="lists of assets that are not written yet"),
    pytest.param("asset.*.json", "there is no file or directory", id="an asset that is not written yet"),
]


@pytest.mark.parametrize(("pattern", "message"), BAD)
def test_a_half_written_assembly_is_not_served(tmp_path: Path, pattern, message):
    out = kit_cdk.shop(tmp_path / "cdk.out").save()
    missing(out, pattern)
    assert any(message in each for each in problems(tmp_path))


def test_an_app_that_was_not_synthesized_yet_is_told_what_to_do(tmp_path: Path):
    (tmp_path / "cdk.json").write_text('{"app": "node app.js"}')
    with pytest.raises(ConfigError, match="there is no cloud assembly") as caught:
        load(tmp_path)
    assert caught.value.problems[0].hint == "run cdk synth"


def test_an_app_without_a_distribution(tmp_path: Path):
    kit_cdk.Assembly(tmp_path / "cdk.out").stack("Api", {"Queue": {"Type": "AWS::SQS::Queue"}}).save()
    assert problems(tmp_path) == ["no stack of the cloud assembly makes an AWS::CloudFront::Distribution"]


def test_an_assembly_beside_a_template_in_one_settings_file(tmp_path: Path):
    kit_cdk.shop(tmp_path / "cdk.out").save()
    origin = {"Id": "app", "DomainName": "localhost", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}}
    kit_cdk.Assembly(tmp_path).write("other.json", {"Resources": {"DistB3B78991": kit_cdk.distribution(origin)}})
    (tmp_path / "edgeproxy.yaml").write_text("distribution: [cdk.out, other.json]\n")
    assert [each.name for each in load(tmp_path).distributions] == ["Shop-DistB3B78991", "other-DistB3B78991"]
