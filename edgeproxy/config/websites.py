"""How S3 hosts the bucket whose website endpoint an origin is, as the bucket's template says it.

AWS pages: AWS::S3::Bucket WebsiteConfiguration; S3's API spells `IndexDocument: {Suffix: …}` and `ErrorDocument: {Key: …}`,
and so do Terraform's blocks. Chosen: where no template says it, the index document is index.html; no error document.
"""

from collections.abc import Iterable
from contextlib import suppress

from edgeproxy.config.library import Template
from edgeproxy.config.nodes import Node
from edgeproxy.config.resource_values import BUCKET, WEBSITE
from edgeproxy.config.section import Reading, Section
from edgeproxy.errors import ConfigError
from edgeproxy.places import INDEX_DOCUMENT, Website, website_bucket
from edgeproxy.rules.hosts import is_host

HOSTING = "WebsiteConfiguration"


def read_website(domain: str, templates: Iterable[Template], reading: Reading) -> Website | None:
    """How the bucket behind a website endpoint is hosted; None for any other domain name."""
    bucket = website_bucket(domain)
    if bucket is None:
        return None
    for template in templates:
        node = _hosting(template, domain, bucket)
        if node is None:
            continue
        own = Reading(reading.problems, template.reading.resolve, reading.not_honoured, reading.sources)
        with reading.problems.gathering():
            resolved = own.resolve(node)
            if resolved is not None:
                return _read(Section(HOSTING, resolved, own))
    return Website()


def _hosting(template: Template, domain: str, bucket: str) -> Node | None:
    """What the template says of the bucket that gave the domain name, or that has this name."""
    references = template.scope.references
    sources = (references.source(domain), references.source(bucket))
    for resource in references.resources.values():
        node: Node | None = resource.properties.value.get(HOSTING)
        if node is None or resource.type not in (BUCKET, WEBSITE):
            continue
        if resource.id in sources:
            return node
        with suppress(ConfigError):
            if references.name(resource, resource.node) == bucket:
                return node
    return None


def _read(section: Section) -> Website:
    redirect = section.section("RedirectAllRequestsTo", "RedirectAllRequestsTo")
    if redirect is not None:
        redirect.required("HostName")
        host = redirect.text("HostName")
        if not is_host(host):
            redirect.value_problem("HostName", f"{host[:80]!r} is not a host name")
        # "The default is the protocol that is used in the original request": a website endpoint speaks HTTP alone.
        return Website(redirect_to=f"{redirect.choice('Protocol', ('http', 'https'), 'http')}://{host}")
    index = _document(section, "IndexDocument", "Suffix")
    if "/" in index:
        section.value_problem("IndexDocument", f"IndexDocument is {index[:80]!r}", "an object's name, such as index.html")
    return Website(index or INDEX_DOCUMENT, _document(section, "ErrorDocument", "Key"))


def _document(section: Section, name: str, inside: str) -> str:
    node = section.get(name)
    if node is None or not isinstance(node.value, dict):
        return section.text(name)
    return Section(name, node, section.reading).text(inside)
