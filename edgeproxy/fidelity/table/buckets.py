"""Buckets, the directories that stand in for them, and function URLs."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Buckets: access and signing",
        honoured(
            "origin-access-signing",
            "Signing (origin access control and identity)",
            "with `sign_as` requests to a bucket at a URL are signed with SigV4; always, never and no-override (private-content-restricting-access-to-s3)",
            "origins/signing.py",
        ),
        not_emulated(
            "unsigned-origins",
            "Signing where the place has no `sign_as`",
            "requests to the origin are not signed",
            "config/places.py",
            property="Origin.OriginAccessControlId, Origin.S3OriginConfig.OriginAccessIdentity",
        ),
        not_emulated(
            "signing-protocol",
            "SigningProtocol sigv4a",
            "requests are signed with sigv4, for one region",
            "config/access_controls.py",
            property="OriginAccessControlConfig.SigningProtocol",
        ),
        chosen(
            "signed-headers",
            "What CloudFront signs towards S3",
            "Host, Content-Type, Content-MD5 and every x-amz-* header; the payload is UNSIGNED-PAYLOAD",
            "origins/signing.py",
        ),
        chosen(
            "signed-encoding",
            "Path and query of a signed request",
            "in S3's own encoding, `+` in a query a space; dot segments 403, bad escapes 400",
            "rules/bucket_encoding.py, origins/signing.py",
        ),
        chosen(
            "signed-host",
            "Host of a signed request",
            "the place's host and port; a viewer's forwarded Host is 403 SignatureDoesNotMatch",
            "origins/signing.py",
        ),
        chosen(
            "signing-identity",
            "Whose credentials sign",
            "the profile alone, never environment or machine roles; none within 20 s: 502",
            "origins/credentials.py",
        ),
        not_emulated(
            "signing-of-others",
            "X-Amz-Source-Account and -Arn; access controls of origins that are not buckets",
            "not sent; not signed",
            "origins/signing.py",
        ),
        honoured(
            "s3-refusals",
            "AccessDenied, NoSuchKey",
            "a directory that stands in for a bucket answers with S3's status and XML (RequestAndResponseBehaviorS3Origin)",
            "origins/s3_errors.py",
        ),
    ),
    *section(
        "Buckets: directories that stand in for buckets",
        honoured(
            "s3-objects",
            "GET and HEAD of an object",
            "ETag, Last-Modified, Accept-Ranges, conditions and ranges as S3 has them (GetObject, HeadObject)",
            "origins/s3.py",
        ),
        chosen(
            "missing-key",
            "A missing key",
            "403 AccessDenied; 404 NoSuchKey where the template's bucket policy allows CloudFront s3:ListBucket, whatever Condition or Deny",
            "origins/s3.py, config/bucket_policies.py",
            switch="`list: true` or `false` of its place",
        ),
        chosen(
            "bucket-methods",
            "Methods other than GET and HEAD",
            "405; OPTIONS is S3's 403 of a bucket without CORS",
            "origins/s3.py",
        ),
        chosen("empty-key", "The empty key (a listing)", "403", "origins/s3.py"),
        chosen("bucket-host", "A Host that is not the bucket's", "403 SignatureDoesNotMatch", "origins/s3.py"),
        not_emulated(
            "bucket-sub-resources",
            "Sub-resources and other query strings, versions, CORS rules",
            "not emulated: the query string is ignored",
            "origins/s3.py",
        ),
        not_emulated(
            "odd-keys",
            "Keys such as `a//b`, `a/../b`, `dir/`, and keys with a backslash",
            "never found; links that lead out of the directory neither",
            "origins/s3_objects.py",
        ),
        not_emulated(
            "case-of-keys", "Case of keys", "as the disk has it: on one that ignores case, so do keys", "origins/s3_objects.py"
        ),
        chosen(
            "bucket-ranges",
            "Several ranges or one that cannot be read; a range on HEAD",
            "ignored; honoured as for GET",
            "origins/s3_conditions.py",
        ),
        chosen(
            "content-types",
            "Content-Type of an object that a deployment stores without one",
            "by its extension, from a table; else `binary/octet-stream`",
            "origins/content_types.py",
        ),
        chosen(
            "metadata-of-304",
            "What an object is stored with, in a 304 of its bucket",
            "Cache-Control and Expires, as RFC 9110 asks for; no other metadata",
            "origins/s3.py",
        ),
    ),
    *section(
        "Buckets: website endpoints",
        honoured(
            "website-endpoint",
            "A directory in the place of a bucket's website endpoint",
            "index document, 302 to a folder, error document, errors in HTML; GET and HEAD; a missing key is 404 (WebsiteEndpoints, IndexDocumentSupport, CustomErrorDocSupport, WebsiteAccessPermissionsReqd)",
            "origins/s3_website.py",
        ),
        chosen(
            "website-documents",
            "Index and error document where no template says them",
            "`index.html` and S3's own page",
            "config/websites.py",
        ),
        chosen(
            "website-redirects",
            "The query string in redirects of a website endpoint",
            "left out where it is to a folder, kept where RedirectAllRequestsTo redirects",
            "origins/s3_website.py",
        ),
        chosen(
            "website-error-document",
            "Which errors show the error document, and how",
            "4xx of GET and HEAD, not NoSuchBucket; whole, whatever range and conditions are asked for",
            "origins/s3_website.py",
        ),
        not_emulated(
            "website-routing-rules",
            "RoutingRules of a bucket's website",
            "no rule is looked at: what is missing is an error",
            "config/not_honoured.py",
            property="WebsiteConfiguration.RoutingRules",
        ),
        not_emulated(
            "website-object-redirects",
            "Objects with x-amz-website-redirect-location",
            "served as they are",
            "origins/s3_website.py",
        ),
    ),
    *section(
        "Function URLs: event and answer",
        honoured(
            "function-url",
            "A Lambda function URL as origin",
            "its function runs here, with the event and the answer of payload format 2.0 (urls-invocation)",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-chosen-by-code",
            "A template's function URLs that no origin names",
            "run when code may send requests there (updateRequestOrigin in a function, or an origin-request handler)",
            "config/template.py, config/library.py",
            switch="`origins: {DOMAIN: …}` gives the name another place",
        ),
        chosen(
            "function-url-encoding",
            "Percent-encoding of a function URL's `rawPath` and `rawQueryString`",
            "stays as received, as seen on AWS; names and values of `queryStringParameters` are decoded, `+` is a space",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-cookies",
            "Cookies in a function URL's event",
            "listed in `cookies`, and the Cookie header stays, as seen on AWS; several lines are joined by `; `",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-text-bodies",
            "Which request bodies a function URL shows as text",
            "text/*, application/json, application/xml and application/javascript where they are UTF-8; all others, forms too, are base64, as seen on AWS (most of it on API Gateway)",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-headers",
            "Headers that a function URL adds to its event",
            "`x-forwarded-proto: https` and `x-forwarded-port: 443`; x-amzn-trace-id and x-amzn-tls-* are not emulated",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-source-ip",
            "`sourceIp` in a function URL's event",
            "the viewer's address, not that of an edge location",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-without-status",
            "A result without `statusCode`, on which AWS's page and AWS disagree",
            "as seen on AWS: a string is sent without quotes, other JSON without spaces, as application/json",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-bad-result",
            "A function URL's result that breaks the format: status, headers, cookies or body of another type, base64 that is none",
            "502, `Internal Server Error`; a status in three digits of text counts, 1xx does not; null counts as left out",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-length",
            "Content-Length, Transfer-Encoding and body that a function URL's handler gives",
            "the length is that of the body; 204 and 304 go out without body, length and default Content-Type",
            "rules/function_url.py",
        ),
        chosen(
            "function-url-refusals",
            "What a function URL answers itself",
            "403 to a Host that is not its own, such as the viewer's; 413 to a request body over 6 MB as received; 429 `Rate Exceeded.` when throttled; 502 when the function failed, whatever the cause",
            "rules/function_url.py",
        ),
        not_emulated(
            "function-url-settings",
            "Function URLs with AuthType AWS_IAM or CORS settings",
            "not emulated: no signature is checked, the event has no `authorizer`, no CORS header is added",
            "rules/function_url.py",
        ),
        not_emulated(
            "function-url-streaming",
            "InvokeMode RESPONSE_STREAM of a function URL",
            "its answers are read to their end, then used",
            "config/library.py, rules/function_url.py",
            property="AWS::Lambda::Url.InvokeMode",
        ),
    ),
)
