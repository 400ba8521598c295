"""What is made of a SAM template here, compared with AWS's own transform, aws-sam-translator, where that is installed."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit_sam import EVENTS, function, merged

from edgeproxy.config import sam
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.resource_values import SAM_FUNCTION

pytest.importorskip("samtranslator")

from samtranslator.model.sam_resources import SamFunction
from samtranslator.parser.parser import Parser
from samtranslator.plugins.globals.globals import Globals
from samtranslator.translator.translator import Translator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["A", "B", "Ref", "Fn::Sub", "Condition"]), inner, max_size=3)
    ),
    max_leaves=8,
)
OF_FUNCTIONS = st.dictionaries(st.sampled_from(["Timeout", "Layers", "Architectures", "Environment", "Tags"]), VALUES)


@given(OF_FUNCTIONS, OF_FUNCTIONS)
@settings(deadline=None)
def test_globals_are_merged_as_sam_merges_them(inherited, own):
    expected = Globals({"Globals": {"Function": inherited}}).merge(SAM_FUNCTION, copy.deepcopy(own))
    assert merged(inherited, own) == expected


def test_sections_and_properties_are_those_of_sam():
    assert set(Globals({}).supported_resource_section_names) == PROPERTIES["Globals"]
    assert set(Globals.supported_properties[SAM_FUNCTION]) == PROPERTIES["GlobalsFunction"]
    assert set(SamFunction.property_types) == PROPERTIES["ServerlessFunction"]


def test_resources_are_made_as_sam_makes_them(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    properties = {
        "Runtime": "python3.12", "Handler": "a.b", "CodeUri": "s3://b/k", "AutoPublishAlias": "live",
        "FunctionUrlConfig": {"AuthType": "NONE"},
        "Events": {"A": EVENTS["One"], "B": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "get"}}},
    }  # fmt: skip
    template = {"Resources": {"Fn": {"Type": SAM_FUNCTION, "Properties": properties}}}
    theirs = Translator({}, Parser()).translate(copy.deepcopy(template), {})["Resources"]
    assert sam.made_of(function(**properties)).keys() < theirs.keys()
    assert theirs["ServerlessRestApiProdStage"]["Properties"]["StageName"] == "Prod"
