"""The settings file's `viewer`: how viewers look to CloudFront, and what it would find out of them."""

from edgeproxy.config.section import Section
from edgeproxy.model import ViewerSettings
from edgeproxy.rules import viewer_values


def read_viewer(settings: Section) -> ViewerSettings:
    """Reads it; what cannot be given is noted as a problem."""
    section = settings.section("viewer", "viewer")
    if section is None:
        return ViewerSettings()
    scheme = section.choice("scheme", ("https", "http"), "https")
    return ViewerSettings(scheme, section.text("host").lower() or None, _given(section))


def _given(section: Section) -> tuple[tuple[str, str], ...]:
    found = []
    for name in viewer_values.TABLE:
        if not section.has(name):
            continue
        text = section.text(name)
        refused = viewer_values.refuse(name, text)
        if refused is None:
            found.append((name, text))
        else:
            section.value_problem(name, refused.message, refused.hint)
    return tuple(found)
