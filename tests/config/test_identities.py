import re

import pytest

from edgeproxy.config import identities


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        pytest.param(identities.distribution_id, r"E[A-Z0-9]{13}", id="a distribution's id"),
        pytest.param(identities.distribution_domain, r"d[a-z0-9]{13}\.cloudfront\.net", id="a distribution's domain"),
        pytest.param(identities.uuid, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", id="a policy's id"),
        pytest.param(identities.short_id, r"[a-z0-9]{10}", id="an API's id"),
    ],
)
def test_made_up_ids_have_the_shape_of_real_ones_and_are_stable(make, shape):
    assert re.fullmatch(shape, make("Site"))
    assert make("Site") == make("Site") != make("Other")


def test_an_id_does_not_change_between_versions():
    assert identities.distribution_domain("Site") == "d8nnvgo45s2w8a.cloudfront.net"
