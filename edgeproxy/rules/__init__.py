"""Decisions: no await, no clock, no files, no network. One file per rule; in the order in which a request meets them:

quotas            is it small and unambiguous enough to be looked at
websocket         is it a WebSocket's handshake, and which of its headers every origin needs
hosts             which distribution answers to its Host
viewer_tls        what CloudFront-Viewer-TLS says of the connection
paths             which behavior its path belongs to, and the default root object
    wildcards         patterns with `*` and `?`, of paths and of signed policies
access            viewer protocol policy and allowed methods
viewer_headers    the CloudFront-* request headers, and how their values are made
    viewer_values     what is given of a viewer: country, place, device, fingerprints
    devices           which devices a User-Agent stands for
geo               the countries that are served
signatures        signed URLs and signed cookies
    signed_policies   what a signature grants
    signing           the other way round: signing a URL, or cookies
function_event    CloudFront Functions: the event, and what the result changes
    value_records     `{value, multiValue}` records of headers, cookies and query parameters
lambda_event      Lambda@Edge: the event, and what the result changes
    lambda_headers    `[{key, value}]` arrays of headers
    lambda_origin     the origin object
    edge_event        what the events of both tiers share
    edge_headers      which headers edge code may see, add and change
origin_choice     which origin is asked when a CloudFront Function chose
    origin_parameters   the fields it may choose by, and their limits
function_url      a Lambda function URL as origin: the event, and the response made of the result
cache_key         what tells one stored object from another
    key_parts         a key, read: its parts, where they come from, and what keeps two keys apart
invalidation      which stored objects an invalidation names
forwarding        what the origin is sent
bucket_encoding   path and query of a signed request to a bucket
dev_server        a behavior that leads to a dev server
destinations      where on this machine an origin lives, and where nothing is sent
answer_headers    what of an origin's headers passes, and what CloudFront adds
freshness         for how long an answer may be served again
    cache_control     the Cache-Control field, read
    dates             HTTP dates
compression       what is compressed before it is stored
staleness         what an expired object is still good for
error_pages       CloudFront's own pages, and custom error responses
conditional       304, 206 and 416 from a stored object
response_headers  the response headers policy
    cors              its CORS part
    server_timing     its Server-Timing header
mapped_back       what of an answer leads back to where a local viewer came from
outcome           what the cache did for a request, and why, in words
    local_timing      the same as a Server-Timing field of our own
cautions          what had better be declared in another way
masking           what is told keeps its secrets
chosen            which choices of ours one answer rests on, told afterwards to those who ask
    seen              the answered request as they judge it
    chosen_by_request     of the request, its key and edge code
    chosen_by_viewer      of the viewer: its connection, what CloudFront-* headers say of it
    chosen_by_signature   of signed URLs and cookies
    chosen_by_cache       of freshness, stale objects, ranges and conditions
    chosen_by_origin      of what origins are sent, their failures, and buckets
    chosen_by_answer      of headers, policies, compression and pages
"""
