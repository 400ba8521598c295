import pytest
from kit_aws import Aws, Refusal, distribution, listed, missing

from edgeproxy.pulling.account import PullError
from edgeproxy.pulling.finding import find

SHOP, BLOG = "E2QWRUHAPOMQZL", "E1BLOGBLOGBLOG"
ALIASES = {SHOP: ["www.shop.test", "*.shop.test"], BLOG: ["blog.test", "*.de.shop.test"]}


def summary(own_id):
    full = distribution(own_id)
    config = full.pop("DistributionConfig")
    del full["InProgressInvalidationBatches"]
    taken = ("Origins", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses", "Comment", "PriceClass", "Enabled",
             "ViewerCertificate", "Restrictions", "WebACLId", "HttpVersion", "IsIPV6Enabled", "Staging")  # fmt: skip
    names = {"Aliases": listed(*ALIASES[own_id]), "DomainName": f"{own_id.lower()}.cloudfront.net"}
    return {**full, **{name: config[name] for name in taken}, **names}


def pages(Marker="", **rest):  # noqa: N803
    shown, more = (BLOG, {}) if Marker else (SHOP, {"NextMarker": "2"})
    found = {"Marker": Marker, "MaxItems": 1, "IsTruncated": bool(more), **listed(summary(shown)), **more}
    return {"DistributionList": found}


def known(Id):  # noqa: N803
    if Id not in ALIASES:
        raise missing("NoSuchDistribution")
    return {"Distribution": distribution(Id)}


@pytest.fixture
def aws():
    return Aws({"GetDistribution": known, "ListDistributions": pages})


@pytest.mark.parametrize(
    ("wanted", "own_id"),
    [
        pytest.param(SHOP, SHOP, id="an id"),
        pytest.param("www.shop.test", SHOP, id="an alias"),
        pytest.param("WWW.shop.test.", SHOP, id="an alias in any case, with its dot"),
        pytest.param("https://www.shop.test/a?b", SHOP, id="a URL of it"),
        pytest.param("blog.test", BLOG, id="an alias on a later page"),
        pytest.param("e1blogblogblog.cloudfront.net", BLOG, id="a domain name"),
        pytest.param("any.shop.test", SHOP, id="a name that a wildcard takes"),
        pytest.param("a.de.shop.test", BLOG, id="of two wildcards the more specific one"),
    ],
)
def test_a_distribution_is_found_by(aws, wanted, own_id):
    assert find(aws.account, wanted)["Id"] == own_id


def test_an_id_is_asked_for_alone(aws):
    find(aws.account, SHOP)
    assert aws.asked == ["GetDistribution"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        pytest.param("E2QWRUHAPOMQZZ", f"there is no distribution E2QWRUHAPOMQZZ; did you mean {SHOP}?", id="a slip in an id"),
        pytest.param("blgo.test", "no distribution has the id, domain name or alias blgo.test; did you mean blog.test?",
                     id="a slip in an alias"),
        pytest.param("nothing", "no distribution has the id, domain name or alias nothing; there are "
                     "e2qwruhapomqzl.cloudfront.net, www.shop.test, *.shop.test, e1blogblogblog.cloudfront.net, blog.test, …",
                     id="nothing of the kind"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_compared_with_what_is(aws, wanted, words):
    with pytest.raises(PullError) as caught:
        find(aws.account, wanted)
    assert str(caught.value) == words


def test_an_id_that_is_not_there_is_told_even_when_nothing_may_be_listed(aws):
    def denied(**parameters):
        raise Refusal("AccessDenied", 403)

    aws.answers["ListDistributions"] = denied
    with pytest.raises(PullError, match=r"^there is no distribution E2NOWHERE$"):
        find(aws.account, "E2NOWHERE")
    with pytest.raises(
        PullError, match=r"^access denied: ListDistributions needs the permission cloudfront:ListDistributions$"
    ):
        find(aws.account, "www.shop.test")


def test_an_account_without_distributions(aws):
    aws.answers["ListDistributions"] = lambda **_: {
        "DistributionList": {"Marker": "", "MaxItems": 1, "IsTruncated": False, "Quantity": 0}
    }
    with pytest.raises(PullError, match=r"alias a.test; the account has none$"):
        find(aws.account, "a.test")
