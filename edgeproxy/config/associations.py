"""Functions and handlers at the hooks of a behavior, and which of them may stand side by side.

Pages: "Restrictions on all edge functions" (one function per event type; CloudFront Functions and Lambda@Edge cannot be
combined in viewer events), "Restrictions on Lambda@Edge" (IncludeBody only for requests).
"""

from collections.abc import Mapping

from edgeproxy.config.library import Library
from edgeproxy.config.section import Section
from edgeproxy.hooks import RIGHTS, Hook
from edgeproxy.model import Function, LambdaAssociation

VIEWER = frozenset({Hook.VIEWER_REQUEST, Hook.VIEWER_RESPONSE})


def read_functions(behavior: Section, library: Library) -> dict[Hook, Function]:
    """Reads FunctionAssociations."""
    found: dict[Hook, Function] = {}
    for section in behavior.sections("FunctionAssociations", "FunctionAssociation"):
        section.required("FunctionARN", "EventType")
        hook = _hook(section)
        if hook is not None and not RIGHTS[hook].functions:
            hint = "CloudFront Functions run at viewer-request and viewer-response; use Lambda@Edge here"
            section.value_problem("EventType", f"InvalidFunctionAssociation: a CloudFront Function cannot run at {hook}", hint)
        if hook in found:
            section.value_problem("EventType", f"TooManyFunctionAssociations: two functions at {hook}")
        arn = section.text("FunctionARN")
        with section.reading.problems.gathering():
            if hook is not None and arn:
                found[hook] = library.function(arn, section.at("FunctionARN"))
    return found


def read_lambdas(behavior: Section, library: Library) -> dict[Hook, LambdaAssociation]:
    """Reads LambdaFunctionAssociations."""
    found: dict[Hook, LambdaAssociation] = {}
    for section in behavior.sections("LambdaFunctionAssociations", "LambdaFunctionAssociation"):
        section.required("LambdaFunctionARN", "EventType")
        hook, include_body = _hook(section), section.flag("IncludeBody")
        if hook is not None and include_body and not RIGHTS[hook].sees_body:
            section.value_problem("IncludeBody", f"InvalidLambdaFunctionAssociation: IncludeBody is not possible at {hook}")
        if hook in found:
            section.value_problem("EventType", f"TooManyLambdaFunctionAssociations: two functions at {hook}")
        arn = section.text("LambdaFunctionARN")
        with section.reading.problems.gathering():
            if hook is not None and arn:
                found[hook] = LambdaAssociation(library.lambda_function(arn, section.at("LambdaFunctionARN")), include_body)
    return found


def check_mixture(behavior: Section, functions: Mapping[Hook, Function], lambdas: Mapping[Hook, LambdaAssociation]) -> None:
    """CloudFront Functions and Lambda@Edge cannot be combined in viewer events, in any pairing."""
    for hook in lambdas:
        if hook in VIEWER and functions.keys() & VIEWER:
            others = " and ".join(sorted(functions.keys() & VIEWER))
            behavior.value_problem(
                "LambdaFunctionAssociations",
                f"InvalidFunctionAssociation: Lambda@Edge at {hook} beside a CloudFront Function at {others}",
                "viewer events take either CloudFront Functions or Lambda@Edge, never both",
            )


def _hook(section: Section) -> Hook | None:
    text = section.choice("EventType", [str(hook) for hook in Hook])
    return Hook(text) if text else None
