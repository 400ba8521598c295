"""Signed URLs and cookies."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, section

ROWS: tuple[Row, ...] = (
    *section(
        "Signatures: when one is needed",
        honoured(
            "signature-needed",
            "TrustedKeyGroups and TrustedSigners",
            "every method but OPTIONS needs a signature; the fetch of a custom error page does not (private-content-trusted-signers)",
            "rules/signatures.py",
        ),
        chosen(
            "signature-place",
            "Place of the signature check",
            "after protocol and methods, before viewer-request",
            "pipeline.py",
        ),
        chosen(
            "keys-not-in-the-template",
            "Keys of groups and signers that the template does not hold; ids of keys that only a template makes",
            "`key_groups: {GROUP: {KEY-ID: file.pem}}` in the settings, without them a problem; made up from their names",
            "config/key_groups.py",
        ),
    ),
    *section(
        "Signatures: parameters and cookies",
        honoured(
            "signature-parameters",
            "Expires, Policy, Signature, Key-Pair-Id, Hash-Algorithm",
            "in the query, in any order, else in CloudFront-* cookies; any of them in the query: cookies are ignored (private-content-signed-cookies)",
            "rules/signatures.py",
        ),
        chosen(
            "signature-hidden",
            "Whether functions see what signed a request, and the origin the cookies of it",
            "no: parameters and cookies are taken out first",
            "rules/signatures.py",
        ),
        chosen(
            "options-signed",
            "Signature parameters and cookies of an OPTIONS that is not verified",
            "taken out too",
            "rules/signatures.py",
        ),
        chosen(
            "signature-order",
            "Order of the checks of a signature; a repeated parameter",
            "key, policy, signature, conditions; its first value counts",
            "rules/signatures.py",
        ),
        chosen(
            "signature-forms",
            "Form of an ECDSA signature; `Policy` beside `Expires`; another Hash-Algorithm than SHA1 and SHA256; a key id without the rest",
            "DER; `Policy` counts; AccessDenied; AccessDenied",
            "rules/signatures.py",
        ),
    ),
    *section(
        "Signatures: canned policies",
        honoured(
            "canned-policy",
            "Canned policies",
            "the policy's text is made anew, byte by byte, from scheme, host, path and own query (private-content-creating-signed-url-canned-policy)",
            "rules/signed_policies.py",
        ),
        chosen(
            "signature-host",
            "The host that a signature is checked against behind a local name",
            "what functions see: `viewer: {host: …}`, else the first alias, else the domain name",
            "rules/signatures.py",
        ),
    ),
    *section(
        "Signatures: custom policies",
        honoured(
            "custom-policy",
            "Custom policies",
            "Resource with `*` and `?`, DateLessThan, DateGreaterThan, IpAddress (private-content-creating-signed-url-custom-policy)",
            "rules/signed_policies.py",
        ),
        chosen(
            "signed-policy-details",
            "A policy with members or conditions that AWS does not name; milliseconds in `Expires`",
            "MalformedPolicy; more than ten digits are MalformedPolicy",
            "rules/signed_policies.py",
        ),
    ),
    *section(
        "Signatures: time",
        honoured(
            "signature-time",
            "When a signature is checked",
            "once, when the request begins: a download may go on past it (private-content-signed-urls)",
            "pipeline.py",
        ),
        chosen("signature-very-second", "The very second of DateLessThan", "denied", "rules/signed_policies.py"),
        chosen("signature-not-before", "DateGreaterThan", "over at any fraction past its second", "rules/signed_policies.py"),
    ),
    *section(
        "Signatures: refusals",
        honoured(
            "signature-refusals",
            "403 for what is not signed",
            "XML with MissingKey, InvalidKey, AccessDenied, MalformedPolicy or MalformedSignature; a custom error response for 403 applies (private-content-signed-urls)",
            "rules/signatures.py",
        ),
        chosen(
            "sign-forms",
            "What `edgeproxy sign` writes: form of an ECDSA signature, Hash-Algorithm",
            "DER; written only where it is not SHA1",
            "rules/signing.py",
        ),
    ),
)
