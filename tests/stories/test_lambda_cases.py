"""The numbered cases of Lambda@Edge, in order, each with a real handler in Python and in Node.js behind a real proxy.

Those that are about a function's life (32 to 36, 51 to 55) stand in `test_lambda_life.py`.
"""

import json
from hashlib import sha256

import pytest
from kit_lambda_cases import (
    ABSENT,
    BAD_BODY,
    BAD_ENTRY,
    BAD_HEADERS,
    BAD_ORIGIN,
    BAD_QUERY,
    BAD_URI,
    BLACKLISTED,
    FAILED,
    HOOKS,
    LIFE,
    LISTED,
    NO_OBJECT,
    ORIGIN_REQUEST,
    ORIGIN_RESPONSE,
    READ_ONLY,
    UNRESOLVED,
    VIEWER_REQUEST,
    VIEWER_RESPONSE,
    Ask,
    Case,
    behind_one_proxy,
    expected,
    fine,
    generated,
    hit,
    in_each_language,
    protected,
    validation,
)

SHOWS = ("return {'status': '200', 'body': json.dumps(cf)}", "return { status: '200', body: JSON.stringify(cf) };")
ADD_AT_HOOK = (
    "if hook == hook_asked:\n    (response or request)['headers'][variant] = [{'value': '1'}]\nreturn response or request",
    "if (hook === hookAsked) (response || request).headers[variant] = [{ value: '1' }];\nreturn response || request;",
)
APP = {
    "custom": {
        "customHeaders": {},
        "domainName": "app.example.com",
        "keepaliveTimeout": 5,
        "path": "",
        "port": 80,
        "protocol": "http",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.1", "TLSv1.2"],
    }
}
FIFTY_KB = bytes(range(256)) * 200
FORTY_KB = FIFTY_KB[: 40 * 1024]
MOST_BASE64 = int(53.2 * 1024)

# fmt: off
CASES = [
    Case(1, "a GET without a query shows viewer-request an empty querystring, no origin, no body, no response",
         VIEWER_REQUEST, *SHOWS,
         (generated(body=None, event={"config.eventType": "viewer-request", "request.uri": "/le-1/", "request.querystring": "",
                                      "request.origin": ABSENT, "request.body": ABSENT, "response": ABSENT}),)),
    Case(2, "origin-request is shown the origin, Via and X-Forwarded-For",
         ORIGIN_REQUEST, *SHOWS,
         (Ask(body=None, asked=(), event={
             "request.origin": APP, "request.headers.via.0.key": "Via",
             "request.headers.x-forwarded-for": [{"key": "X-Forwarded-For", "value": "127.0.0.1"}]}),)),
    Case(3, "a header sent twice has two entries in order",
         VIEWER_REQUEST, *SHOWS,
         (generated(sends=(("X-A", "2"), ("X-B", "0"), ("X-A", "1")), body=None,
                    event={"request.headers.x-a": [{"key": "X-A", "value": "2"}, {"key": "X-A", "value": "1"}]}),)),
    Case(4, "Connection, X-Real-IP and X-Edge-Foo of the viewer are hidden",
         VIEWER_REQUEST, *SHOWS,
         (generated(sends=(("X-Real-IP", "192.0.2.1"), ("X-Edge-Foo", "1"), ("X-Kept", "1")), body=None,
                    event={"request.headers.connection": ABSENT, "request.headers.x-real-ip": ABSENT,
                           "request.headers.x-edge-foo": ABSENT,
                           "request.headers.x-kept": [{"key": "X-Kept", "value": "1"}]}),)),
    Case(5, "an added header without a key is sent in canonical case",
         VIEWER_REQUEST + ORIGIN_REQUEST, *ADD_AT_HOOK,
         tuple(fine(f"{hook}/x-my-id", {"X-My-Id": "1"}) for hook in HOOKS[:2])),
    Case(6, "a request returned unchanged passes",
         VIEWER_REQUEST, "return request", "return request;",
         (fine("", {"X-A": "1", "Cookie": "a=b"}, sends=(("X-A", "1"), ("Cookie", "a=b"), ("Via", "1.1 proxy"))),)),
    Case(7, "viewer-request may not change Host",
         VIEWER_REQUEST,
         "request['headers']['host'] = [{'key': 'Host', 'value': 'b.example.com'}]\nreturn request",
         "request.headers.host = [{ key: 'Host', value: 'b.example.com' }];\nreturn request;",
         (validation("", READ_ONLY, protected("change", "Host")),)),
    Case(8, "origin-request may change Host",
         ORIGIN_REQUEST,
         "request['headers']['host'] = [{'key': 'Host', 'value': 'b.example.com'}]\nreturn request",
         "request.headers.host = [{ key: 'Host', value: 'b.example.com' }];\nreturn request;",
         (fine("", {"Host": "b.example.com"}),)),
    Case(9, "viewer-request may not delete a read-only header",
         VIEWER_REQUEST, "del request['headers'][variant]\nreturn request", "delete request.headers[variant];\nreturn request;",
         (validation("via", READ_ONLY, protected("delete", "Via"), sends=(("Via", "1.1 proxy"),)),
          validation("host", READ_ONLY, protected("delete", "Host")),
          fine("x-a", {"X-A": None, "X-B": "1"}, sends=(("X-A", "1"), ("X-B", "1"))))),
    Case(10, "origin-request may neither add nor change Accept-Encoding",
         ORIGIN_REQUEST,
         "request['headers']['accept-encoding'] = [{'value': 'br'}]\nreturn request",
         "request.headers['accept-encoding'] = [{ value: 'br' }];\nreturn request;",
         (validation("add", READ_ONLY, protected("add", "Accept-Encoding")),
          validation("change", READ_ONLY, protected("change", "Accept-Encoding"), sends=(("Accept-Encoding", "gzip"),)))),
    Case(11, "no trigger may add a blacklisted header",
         HOOKS, *ADD_AT_HOOK,
         tuple(validation(f"{hook}/{name}", BLACKLISTED, LISTED(name), ran=HOOKS[:n], asked=() if n < 3 else ({},))
               for n, hook in enumerate(HOOKS, 1) for name in ("x-edge-foo", "connection"))),
    Case(12, "X-Amzn-Trace-Id may be added",
         HOOKS, *ADD_AT_HOOK,
         (*(fine(f"{hook}/x-amzn-trace-id", {"X-Amzn-Trace-Id": "1"}) for hook in HOOKS[:2]),
          *(fine(f"{hook}/x-amzn-trace-id", shown={"X-Amzn-Trace-Id": "1"}) for hook in HOOKS[2:]))),
    Case(13, "CloudFront-Viewer-Country may be added at origin-request, not at viewer-request",
         VIEWER_REQUEST + ORIGIN_REQUEST, *ADD_AT_HOOK,
         (validation("viewer-request/cloudfront-viewer-country", BLACKLISTED, LISTED("cloudfront-viewer-country"),
                     ran=VIEWER_REQUEST),
          fine("origin-request/cloudfront-viewer-country", {"Cloudfront-Viewer-Country": "1"}))),
    Case(14, "another uri of viewer-request is in the cache key and at origin-request; behavior and origin stay",
         VIEWER_REQUEST + ORIGIN_REQUEST,
         "if hook == 'viewer-request':\n    request['uri'] = '/b'\n"
         "else:\n    request['headers']['x-seen'] = [{'value': request['uri']}]\nreturn request",
         "if (hook === 'viewer-request') request.uri = '/b';\n"
         "else request.headers['x-seen'] = [{ value: request.uri }];\nreturn request;",
         (fine("one", {":target": "/b", "X-Seen": "/b", "Host": "app.example.com"}), hit("two", ran=VIEWER_REQUEST))),
    Case(15, "a uri begins with a slash",
         VIEWER_REQUEST, "request['uri'] = 'b'\nreturn request", "request.uri = 'b';\nreturn request;",
         (validation("", BAD_URI, "uri is 'b'"),)),
    Case(16, "uri and query have less than 8,192 characters",
         VIEWER_REQUEST,
         "request.update(uri='/' + 'a' * (int(variant) - 5), querystring='b=cd')\nreturn request",
         "request.uri = '/' + 'a'.repeat(Number(variant) - 5);\nrequest.querystring = 'b=cd';\nreturn request;",
         (validation("8192", BAD_URI, "uri and querystring have 8192 characters"),
          fine("8191", {":target": "/" + "a" * 8186 + "?b=cd"}))),
    Case(17, "a query has neither spaces nor #",
         VIEWER_REQUEST,
         "request['querystring'] = {'space': 'a b', 'hash': 'a#b', 'encoded': 'a%20b'}[variant]\nreturn request",
         "request.querystring = { space: 'a b', hash: 'a#b', encoded: 'a%20b' }[variant];\nreturn request;",
         (validation("space", BAD_QUERY, "querystring is 'a b'"), validation("hash", BAD_QUERY, "querystring is 'a#b'"),
          fine("encoded", {":target": "/le-17/encoded?a%20b"}))),
    Case(18, "an answer of viewer-request is not stored and not shown to viewer-response",
         VIEWER_REQUEST + VIEWER_RESPONSE,
         "return response or {'status': '302', 'headers': {'location': [{'value': '/x'}]}}",
         "return response || { status: '302', headers: { location: [{ value: '/x' }] } };",
         (generated(status=302, body=b"", shown={"Location": "/x", "Content-Length": "0", "Age": None}),) * 2),
    Case(19, "an answer of origin-request is stored, and shown to viewer-response alone",
         HOOKS[1:],
         "if response:\n    response['headers']['x-shown-to'] = [{'value': hook}]\n"
         "headers = {'location': [{'value': '/x'}], 'cache-control': [{'value': 'max-age=60'}]}\n"
         "return response or {'status': '302', 'headers': headers}",
         "if (response) response.headers['x-shown-to'] = [{ value: hook }];\nreturn response || { status: '302', headers: { "
         "location: [{ value: '/x' }], 'cache-control': [{ value: 'max-age=60' }] } };",
         tuple(ask._replace(status=302, body=b"", asked=(), shown={
             "Location": "/x", "X-Shown-To": "viewer-response", "Content-Length": "0", "Server": "CloudFront"})
             for ask in (fine(ran=ORIGIN_REQUEST + VIEWER_RESPONSE), hit(ran=VIEWER_RESPONSE)))),
    Case(20, "a status may be a number",
         VIEWER_REQUEST, "return {'status': 200}", "return { status: 200 };", (generated(body=b""),)),
    Case(21, "a status is 200 to 599",
         VIEWER_REQUEST, "return {'status': variant}", "return { status: variant };",
         tuple(validation(status, FAILED + "The status is invalid.", f"status is '{status}'")
               for status in ("600", "199", "abc"))),
    Case(22, "an answer as for API Gateway is none",
         VIEWER_REQUEST, "return {'statusCode': 200, 'body': 'x'}", "return { statusCode: 200, body: 'x' };",
         (validation("", BAD_BODY, "request.body is 'x'"),)),
    Case(23, "an answer with status 204 has no body",
         VIEWER_REQUEST + ORIGIN_REQUEST,
         "return {'status': '204', 'body': 'x'} if hook == variant else request",
         "return hook === variant ? { status: '204', body: 'x' } : request;",
         tuple(validation(hook, FAILED + "A response with status 204 can't have a body.", "a 204 response has no body",
                          ran=HOOKS[:n]) for n, hook in enumerate(HOOKS[:2], 1))),
    Case(24, "a base64 body is decoded, and refused when it is none",
         VIEWER_REQUEST,
         "body = {'valid': 'AP8=', 'invalid': 'AP8!'}[variant]\n"
         "return {'status': '200', 'body': body, 'bodyEncoding': 'base64'}",
         "const body = { valid: 'AP8=', invalid: 'AP8!' }[variant];\n"
         "return { status: '200', body, bodyEncoding: 'base64' };",
         (generated("valid", body=b"\x00\xff", shown={"Content-Length": "2"}),
          validation("invalid", FAILED + "The body is not valid base64.", "the body is not base64"))),
    Case(25, "a body encoding is text or base64",
         VIEWER_REQUEST,
         "return {'status': '200', 'body': '00', 'bodyEncoding': 'hex'}",
         "return { status: '200', body: '00', bodyEncoding: 'hex' };",
         (validation("", FAILED + "The body encoding is invalid.", "the body encoding is 'hex'"),)),
    Case(26, "an answer may not set Content-Length",
         VIEWER_REQUEST + ORIGIN_REQUEST,
         "headers = {'content-length': [{'value': '1'}]}\n"
         "return {'status': '200', 'body': 'x', 'headers': headers} if hook == variant else request",
         "const headers = { 'content-length': [{ value: '1' }] };\n"
         "return hook === variant ? { status: '200', body: 'x', headers } : request;",
         tuple(validation(hook, READ_ONLY, protected("add", "Content-Length"), ran=HOOKS[:n])
               for n, hook in enumerate(HOOKS[:2], 1))),
    Case(27, "a header entry is an array",
         VIEWER_REQUEST,
         "request['headers']['a'] = {'value': '1'}\nreturn request", "request.headers.a = { value: '1' };\nreturn request;",
         (validation("", BAD_ENTRY + "Each header entry in the headers object must be an array.",
                     "header 'a' is not an array"),)),
    Case(28, "a header value is a string",
         VIEWER_REQUEST,
         "request['headers']['x'] = [{'value': {'number': 1, 'object': {}}[variant]}]\nreturn request",
         "request.headers.x = [{ value: { number: 1, object: {} }[variant] }];\nreturn request;",
         tuple(validation(kind, BAD_ENTRY + "The value of each header must be of string or array of string type.",
                          "The Lambda function returned an invalid entry in the headers object, the value of each header value "
                          "must be of string or array of string type, header :x has one or more entries whose value is neither "
                          "string nor array of strings.") for kind in ("number", "object"))),
    Case(29, "a header value has no line break",
         VIEWER_REQUEST,
         r"return {'status': '302', 'headers': {'location': [{'key': 'Location', 'value': '/x\r\nSet-Cookie: a=b'}]}}",
         r"return { status: '302', headers: { location: [{ key: 'Location', value: '/x\r\nSet-Cookie: a=b' }] } };",
         (validation("", FAILED + "The function returned an invalid header.",
                     "Lambda function result validation failed, the function returned an invalid header, "
                     "invalid character : '%0D' in header value, headerName : Location.", shown={"Set-Cookie": None}),)),
    Case(30, "an answer of viewer-request has at most 40 KB, one of origin-request 1 MB",
         VIEWER_REQUEST + ORIGIN_REQUEST,
         "sizes = {'viewer-request': 41 << 10, 'origin-request': 1126 << 10}\n"
         "return {'status': '200', 'body': 'x' * sizes[hook]} if hook == variant else request",
         "const sizes = { 'viewer-request': 41 << 10, 'origin-request': 1126 << 10 };\n"
         "return hook === variant ? { status: '200', body: 'x'.repeat(sizes[hook]) } : request;",
         tuple(validation(hook, BAD_BODY, f"headers and body have {size << 10} bytes (at most {most << 10})", ran=HOOKS[:n])
               for n, (hook, size, most) in enumerate([(HOOKS[0], 41, 40), (HOOKS[1], 1126, 1024)], 1))),
    Case(31, "a result is an object",
         VIEWER_REQUEST,
         "return {'null': None, 'list': [], 'string': 'x'}[variant]", "return { null: null, list: [], string: 'x' }[variant];",
         (validation("null", NO_OBJECT, "returned b'null'"), validation("list", NO_OBJECT, "returned b'[]'"),
          validation("string", NO_OBJECT, "returned b'\"x\"'"))),
    Case(37, "viewer-request is shown the first 40 KB of a body, the origin gets all of it",
         VIEWER_REQUEST,
         "body = request['body']\ndata = base64.b64decode(body.pop('data'))\nrequest['headers']['x-seen'] = [{'value': "
         "json.dumps(body, sort_keys=True) + hashlib.sha256(data).hexdigest()}]\ndel request['body']\nreturn request",
         "const { data, ...body } = request.body;\nconst hash = require('crypto').createHash('sha256');\n"
         "const text = JSON.stringify(body, Object.keys(body).sort()).replaceAll(':', ': ').replaceAll(',', ', ');\n"
         "request.headers['x-seen'] = [{ value: text + hash.update(Buffer.from(data, 'base64')).digest('hex') }];\n"
         "delete request.body;\nreturn request;",
         tuple(fine("", {":method": "POST", ":body": content, "Content-Length": str(len(content)), "X-Seen": json.dumps(
             {"action": "read-only", "encoding": "base64", "inputTruncated": content != shown}) + sha256(shown).hexdigest()},
             content=content) for content, shown in [(FIFTY_KB, FORTY_KB), (FORTY_KB, FORTY_KB)]),
         include_body=True),
    Case(38, "a replaced body goes on with its own length, and has at most 40 KB as text, 53.2 KB as base64",
         VIEWER_REQUEST,
         "encoding, size = variant.split('-')\ndata = '0123456789abcdef' * 4096\n"
         "request['body'].update(action='replace', encoding=encoding, data=data[:int(size)])\nreturn request",
         "const [encoding, size] = variant.split('-'), data = '0123456789abcdef'.repeat(4096);\n"
         "Object.assign(request.body, { action: 'replace', encoding, data: data.slice(0, Number(size)) });\nreturn request;",
         (fine("text-10", {":body": b"0123456789", "Content-Length": "10"}, content=FIFTY_KB),
          fine("text-40960", {":body": b"0123456789abcdef" * 2560, "Content-Length": "40960"}, content=b"x"),
          validation("text-40961", BAD_BODY, "request.body.data has 40961 bytes of 'text', at most 40960", content=b"x"),
          fine(f"base64-{MOST_BASE64}", {"Content-Length": str(MOST_BASE64 // 4 * 3)}, content=b"x"),
          validation(f"base64-{MOST_BASE64 + 4}", BAD_BODY, f"request.body.data has {MOST_BASE64 + 4} bytes", content=b"x")),
         include_body=True),
    Case(39, "a body whose action stays read-only goes on as it was",
         VIEWER_REQUEST,
         "request['body'].update(data='bmV3', encoding='text')\nreturn request",
         "Object.assign(request.body, { data: 'bmV3', encoding: 'text' });\nreturn request;",
         (fine("", {":body": b"original", "Content-Length": "8"}, content=b"original"),),
         include_body=True),
    Case(40, "origin-response makes a 404 a 200: viewers and cache get that; viewer-response goes by the origin's status",
         ORIGIN_RESPONSE + VIEWER_RESPONSE,
         "if hook == 'origin-response':\n    response.update(status='200', statusDescription='OK', body='found after all')\n"
         "return response",
         "if (hook === 'origin-response') {\n"
         "  Object.assign(response, { status: '200', statusDescription: 'OK', body: 'found after all' });\n}\nreturn response;",
         (fine("404", body=b"found after all", shown={"Content-Length": "15"}, ran=ORIGIN_RESPONSE),
          hit("404", body=b"found after all", shown={"Content-Length": "15"}, ran=()))),
    Case(41, "a body left out of an origin-response stays, an empty one is empty",
         ORIGIN_RESPONSE,
         "if variant == 'empty':\n    response['body'] = ''\nreturn response",
         "if (variant === 'empty') response.body = '';\nreturn response;",
         (fine("left-out"), fine("empty", body=b"", shown={"Content-Length": "0"}))),
    Case(42, "a fresh response must bring Transfer-Encoding back where the origin sent it",
         ORIGIN_RESPONSE,
         "return {'status': '200', 'headers': {'x-fresh': [{'value': 'yes'}]}}",
         "return { status: '200', headers: { 'x-fresh': [{ value: 'yes' }] } };",
         (validation("chunked", READ_ONLY, protected("delete", "Transfer-Encoding"), asked=({},)),
          fine("plain", shown={"X-Fresh": "yes"}))),
    Case(43, "origin-response runs on a 500, viewer-response does not",
         ORIGIN_RESPONSE + VIEWER_RESPONSE,
         "response['headers'][f'x-{hook}'] = [{'value': response['status']}]\nreturn response",
         "response.headers[`x-${hook}`] = [{ value: response.status }];\nreturn response;",
         (Ask("500", 500, "Error", shown={"X-Origin-Response": "500", "X-Viewer-Response": None}, ran=ORIGIN_RESPONSE),
          fine("200", shown={"X-Origin-Response": "200", "X-Viewer-Response": "200"}))),
    Case(44, "what viewer-response adds is on misses and hits, and is not stored",
         VIEWER_RESPONSE,
         "response['headers']['x-added'] = [{'value': 'again' if 'x-added' in response['headers'] else 'anew'}]\n"
         "return response",
         "response.headers['x-added'] = [{ value: 'x-added' in response.headers ? 'again' : 'anew' }];\nreturn response;",
         (fine(shown={"X-Added": "anew"}), hit(shown={"X-Added": "anew"}), hit(shown={"X-Added": "anew"}))),
    Case(45, "viewer-response may change neither the status nor Content-Encoding",
         VIEWER_RESPONSE,
         "if variant == 'status':\n    response['status'] = '201'\n"
         "else:\n    response['headers']['content-encoding'] = [{'value': 'br'}]\nreturn response",
         "if (variant === 'status') response.status = '201';\n"
         "else response.headers['content-encoding'] = [{ value: 'br' }];\nreturn response;",
         (validation("status", FAILED + "The status and the body can't be changed in a viewer response.",
                     "status 200 has to stay", asked=({},)),
          validation("encoding", READ_ONLY, protected("add", "Content-Encoding"), asked=({},)))),
    Case(46, "origin-request puts a custom origin in place of the bucket: that is asked, the cache key stays",
         ORIGIN_REQUEST,
         "request['headers']['x-kinds'] = [{'value': ' '.join(request['origin'])}]\n"
         "request['headers']['host'] = [{'key': 'Host', 'value': 'elsewhere.test'}]\n"
         "request['origin'] = {'custom': {'customHeaders': {}, 'domainName': 'elsewhere.test', 'keepaliveTimeout': 5, "
         "'path': '', 'port': 80, 'protocol': 'http', 'readTimeout': 5, 'sslProtocols': ['TLSv1.2']}}\nreturn request",
         "request.headers['x-kinds'] = [{ value: Object.keys(request.origin).join(' ') }];\n"
         "request.headers.host = [{ key: 'Host', value: 'elsewhere.test' }];\n"
         "request.origin = { custom: { customHeaders: {}, domainName: 'elsewhere.test', keepaliveTimeout: 5, path: '', "
         "port: 80, protocol: 'http', readTimeout: 5, sslProtocols: ['TLSv1.2'] } };\nreturn request;",
         (fine("page", {":target": "/le-46/page", "Host": "elsewhere.test", "X-Kinds": "s3"}), hit("page", ran=())),
         target="site"),
    Case(47, "an origin is a bucket or a custom one, with a legal port and a name that is no address",
         ORIGIN_REQUEST,
         "if variant == 'both':\n    request['origin']['s3'] = {'domainName': 'b.s3.amazonaws.com', 'authMethod': 'none', "
         "'customHeaders': {}, 'path': '', 'region': ''}\n"
         "else:\n    request['origin']['custom'].update({'port': {'port': 81}, 'domain': {'domainName': '1.2.3.4'}}[variant])\n"
         "return request",
         "if (variant === 'both') request.origin.s3 = { domainName: 'b.s3.amazonaws.com', authMethod: 'none', "
         "customHeaders: {}, path: '', region: '' };\n"
         "else Object.assign(request.origin.custom, { port: { port: 81 }, domain: { domainName: '1.2.3.4' } }[variant]);\n"
         "return request;",
         (validation("both", BAD_ORIGIN + "The origin must have exactly one of custom and s3.", "request.origin is {"),
          validation("port", BAD_ORIGIN + "The port is invalid.", "the port is 81"),
          validation("domain", BAD_ORIGIN + "The domainName is invalid.", "domainName is '1.2.3.4'"))),
    Case(48, "a custom header is none that CloudFront forbids, and not also in request.headers",
         ORIGIN_REQUEST,
         "request['origin']['custom']['customHeaders'][variant] = [{'value': 'a=b'}]\nreturn request",
         "request.origin.custom.customHeaders[variant] = [{ value: 'a=b' }];\nreturn request;",
         (validation("cookie", BAD_HEADERS, "custom header 'Cookie' is one that CloudFront can't add"),
          validation("x-a", BAD_HEADERS, "custom header 'X-A' is also in request.headers", sends=(("X-A", "1"),)),
          fine("x-b", {"X-A": "1", "X-B": "a=b"}, sends=(("X-A", "1"),)))),
    Case(49, "origin-request does not run when the configured origin's name does not resolve",
         ORIGIN_REQUEST, "return request", "return request;",
         (Ask("", 502, "Error", sentence=UNRESOLVED, said="its name cannot be resolved", body=None, asked=(), ran=()),),
         target="gone"),
    Case(50, "with an origin group whose primary answers 503 origin-request runs twice, then with the secondary",
         ORIGIN_REQUEST,
         "request['headers']['x-seen'] = [{'value': request['origin']['custom']['domainName']}]\nreturn request",
         "request.headers['x-seen'] = [{ value: request.origin.custom.domainName }];\nreturn request;",
         (fine("", {":target": "/primary/le-50/", "X-Seen": "primary.example.com", "Host": "primary.example.com"},
               {":target": "/le-50/", "X-Seen": "secondary.example.com", "Host": "secondary.example.com"},
               ran=ORIGIN_REQUEST * 2),),
         target="group"),
]
# fmt: on


all_cases_in_one_language = behind_one_proxy(CASES)


@pytest.mark.asyncio(loop_scope="module")
@in_each_language(CASES)
async def test_a_case(lab, case):
    for ask in case.asks:
        assert await lab.ask(case, ask) == expected(case, ask)


def test_every_case_is_told():
    assert [case.number for case in CASES] == [number for number in range(1, 56) if number not in LIFE]
