import pytest
from kit_admin import Asking

from edgeproxy.given_viewer import GivenViewer
from edgeproxy.inspector.viewer_pages import ViewerPages


class Viewers(Asking):
    """An admin listener over what is given of viewers."""

    def __init__(self, **declared):
        self.desk = GivenViewer(declared)
        super().__init__(ViewerPages(self.desk).routes())


async def test_values_are_shown_changed_and_reset():
    async with Viewers(city="Berlin", country="DE") as viewers:
        shown = {"values": {"country": "DE", "city": "Berlin"}, "changed": []}
        assert (await viewers.ask("GET", "/viewer"))[:2] == (200, shown)
        found = await viewers.change("PUT", "/viewer", {"country": "FR", "device": "mobile"})
        assert found == (
            200,
            {"values": {"country": "FR", "city": "Berlin", "device": "mobile"}, "changed": ["country", "device"]},
        )
        assert viewers.desk.given["cloudfront-is-mobile-viewer"] == "true"
        _, found = await viewers.change("PUT", "/viewer", {"city": None, "country": ""})
        assert found == {"values": {"device": "mobile"}, "changed": ["country", "city", "device"]}
        assert await viewers.change("DELETE", "/viewer") == (200, shown)
        assert viewers.desk.given == {"cloudfront-viewer-country": "DE", "cloudfront-viewer-city": "Berlin"}


REFUSED = [
    pytest.param([], 'values of a viewer must be text: {"country": "FR", "city": null}', id="a list"),
    pytest.param(b"{", "the body must be JSON", id="no JSON"),
    pytest.param({"asn": 3320}, "values of a viewer must be text", id="a number"),
    pytest.param({"contry": "FR"}, "a viewer has no 'contry': did you mean country?", id="a slip"),
    pytest.param({"contry": None}, "a viewer has no 'contry': did you mean country?", id="a slip that is taken away"),
    pytest.param({"country": "fr"}, "country is 'fr': did you mean FR?", id="a country in lower case"),
    pytest.param({"device": "mobile", "country": "France"}, "country is 'France': allowed: ", id="one that is good, one not"),
    pytest.param({"city": "a\r\nX: y"}, "city is 'a\\r\\nX: y': allowed: ", id="a line break"),
    pytest.param({"host": "x"}, "a viewer has no 'host'", id="a setting that is no value"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
async def test_what_is_refused_changes_nothing(body, message):
    async with Viewers(country="DE") as viewers:
        status, found = await viewers.change("PUT", "/viewer", body)
        assert (status, found["error"]) == (400, "ValidationException")
        assert found["message"].startswith(message)
        assert viewers.desk.changes == {}


async def test_without_the_token_it_stays():
    async with Viewers(country="DE") as viewers:
        assert (await viewers.ask("PUT", "/viewer", {"country": "FR"}))[0] == 401
        assert (await viewers.ask("DELETE", "/viewer"))[0] == 401
        assert viewers.desk.changes == {}
