"""The settings file's `viewer`: how viewers look to CloudFront, and what it would find out of them."""

from pathlib import Path

from edgeproxy.config.documents import local_file
from edgeproxy.config.section import Section
from edgeproxy.model import ViewerSettings
from edgeproxy.rules import hosts, viewer_values

CERTIFICATE = ("certificate", "private_key")


def read_viewer(settings: Section, base: Path) -> ViewerSettings:
    """Reads it, files relative to `base`; what cannot be given is noted as a problem."""
    section = settings.section("viewer", "viewer")
    if section is None:
        return ViewerSettings()
    scheme = section.choice("scheme", ("https", "http"), "https")
    host = section.text("host").lower() or None
    if host is not None and not hosts.is_host(host):
        section.value_problem("host", f"host is {host!r:.80}", "a name without scheme and path, such as www.example.com")
    return ViewerSettings(scheme, host, **_certificate(section, base), given=_given(section), map_back=section.flag("map_back"))


def _certificate(section: Section, base: Path) -> dict[str, Path | None]:
    files: dict[str, Path | None] = dict.fromkeys(CERTIFICATE)
    for name in CERTIFICATE:
        if section.has(name):
            with section.reading.problems.gathering():
                files[name] = local_file(base, section.text(name), section.at(name))
    if sum(map(section.has, CERTIFICATE)) == 1:
        section.problem("certificate and private_key belong together: viewer has only one of them")
    return files


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
