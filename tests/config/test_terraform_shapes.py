import pytest

from edgeproxy.config import resource_values as types
from edgeproxy.config.properties import PROPERTIES
from edgeproxy.config.terraform_shapes import KINDS, Block, Link, Shape

SECTIONS = {
    types.DISTRIBUTION: "DistributionConfig",
    types.LAMBDA: "LambdaFunction",
    types.FUNCTION_URL: "FunctionUrl",
    types.KEY_VALUE_STORE: "KeyValueStore",
}
NAMES = {"Origins": "Origin", "CacheBehaviors": "CacheBehavior", "OriginGroups": "OriginGroup", "Members": "OriginGroupMember",
         "OriginCustomHeaders": "OriginCustomHeader", "CustomErrorResponses": "CustomErrorResponse",
         "FunctionAssociations": "FunctionAssociation", "LambdaFunctionAssociations": "LambdaFunctionAssociation"}  # fmt: skip
"""Sections of lists."""


def unknown(section: str, shape: Shape) -> list[str]:
    """Properties of the table that their readers do not know."""
    found = [f"{section}.{name}" for name in shape.defaults if name not in PROPERTIES[section]]
    for attribute in shape.attributes.values():
        property_ = attribute if isinstance(attribute, str) else attribute.property
        if property_ not in PROPERTIES[section]:
            found.append(f"{section}.{property_}")
        inner = NAMES.get(property_, property_)
        # A list in the API's spelling: {"Items": […]}.
        plain_list = isinstance(attribute, Block) and list(attribute.shape.attributes) == ["items"]
        if isinstance(attribute, Block) and inner in PROPERTIES and not plain_list:
            found += unknown(inner, attribute.shape)
    return found


@pytest.mark.parametrize("kind", [name for name in KINDS if KINDS[name].type not in (types.FUNCTION, types.BUCKET)])
def test_every_property_is_one_that_the_readers_know(kind):
    section = KINDS[kind].inside or SECTIONS[KINDS[kind].type]
    assert unknown(section, KINDS[kind].shape) == []


def links(shape: Shape) -> list[Link]:
    found = []
    for attribute in shape.attributes.values():
        found += [attribute] if isinstance(attribute, Link) else links(attribute.shape) if isinstance(attribute, Block) else []
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_leads_to_what_can_be_made_up(kind):
    from edgeproxy.config.terraform_values import MADE_UP

    for link in links(KINDS[kind].shape):
        assert not link.type or link.attribute in MADE_UP[link.type]
