from edgeproxy.given_viewer import GivenViewer

COUNTRY, CITY = "cloudfront-viewer-country", "cloudfront-viewer-city"


def test_the_settings_values_hold_until_others_are_set():
    viewer = GivenViewer({"country": "DE", "city": "Berlin"})
    assert viewer.given == {COUNTRY: "DE", CITY: "Berlin"}
    viewer.change({"country": "FR"})
    viewer.change({"city": ""})
    assert viewer.given == {COUNTRY: "FR"}
    assert viewer.changes == {"country": "FR", "city": ""}
    viewer.reset()
    assert viewer.given == {COUNTRY: "DE", CITY: "Berlin"}


def test_a_reload_keeps_what_was_set_over_the_settings():
    viewer = GivenViewer({"country": "DE", "city": "Berlin"})
    viewer.change({"country": "FR"})
    viewer.declare({"country": "AT", "city": "Wien"})
    assert viewer.given == {COUNTRY: "FR", CITY: "Wien"}
    viewer.reset()
    assert viewer.given == {COUNTRY: "AT", CITY: "Wien"}


def test_a_change_is_another_mapping_and_never_a_changed_one():
    viewer = GivenViewer({"country": "DE"})
    before = viewer.given
    viewer.change({"country": "FR"})
    assert viewer.given is not before
    assert before == {COUNTRY: "DE"}


def test_values_for_one_request_change_nothing():
    viewer = GivenViewer({"country": "DE", "device": "mobile"})
    assert viewer.with_changes({"country": "FR", "device": ""}) == {COUNTRY: "FR"}
    assert viewer.given[COUNTRY] == "DE"
