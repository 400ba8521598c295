"""The stacks of a cloud assembly, read together: each with its own parameters, names and resources, all with one library."""

from collections.abc import Set

from edgeproxy.config.cloud_assembly import Assembly
from edgeproxy.config.distribution import Declared
from edgeproxy.config.given_values import GivenValues
from edgeproxy.config.intrinsics import Scope
from edgeproxy.config.library import Library
from edgeproxy.config.links import Links
from edgeproxy.config.local import Local
from edgeproxy.config.parameters import Parameters
from edgeproxy.config.resource_values import DISTRIBUTION
from edgeproxy.config.section import Reading
from edgeproxy.config.template import distribution_ids, opened, read_distributions, read_resources


class Stacks:
    """One assembly being read; `given` is what the user gives, for every stack."""

    def __init__(self, assembly: Assembly, given: GivenValues, reading: Reading) -> None:
        self._assembly = assembly
        self._reading = reading
        self.parameters = [Parameters(stack.template, {**stack.given, **given.parameters}) for stack in assembly.stacks]
        self.scopes: list[Scope] = []
        links = Links()
        for stack, parameters in zip(assembly.stacks, self.parameters, strict=True):
            resources = read_resources(stack.template, reading.problems)
            scope = Scope(stack.template, parameters, resources, given, stack=stack.name)
            outer = None if stack.parent is None else self.scopes[assembly.stacks.index(stack.parent)]
            links.add(scope, stack.template, None if outer is None else (outer, stack.resource_id))
            self.scopes.append(scope)

    def read(self, local: Local, clashing: Set[str]) -> list[tuple[Declared, Reading]]:
        """Every distribution, with the reading of its stack; one whose name is among `clashing` has its stack's before it."""
        problems, sources = self._reading.problems, self._reading.sources
        templates = [
            opened(stack.template, scope, Reading(problems, sources=sources), self._assembly.assets)
            for stack, scope in zip(self._assembly.stacks, self.scopes, strict=True)
        ]
        library = Library(self._reading, local, templates)
        found = []
        for stack, template in zip(self._assembly.stacks, templates, strict=True):
            prefix = f"{stack.name}-" if not clashing.isdisjoint(distribution_ids(stack.template)) else ""
            found += [(declared, template.reading) for declared in read_distributions(template, library, prefix)]
        if not found:
            first = self._assembly.stacks[0].template
            problems.add(first.problem(f"no stack of the cloud assembly makes an {DISTRIBUTION}"))
        return [(declared, reading) for declared, reading in found if declared is not None]
