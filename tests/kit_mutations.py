"""Projects with something wrong in them: trees and texts changed at random, the same for the same seed."""

import copy
import json

ODD = (
    None, True, False, 0, -1, 1.5, 1e308, 10**400, "", " ", ".", "..", "/", "//x", "a.b.c", "x" * 300, "\x00", "\x1b[2J", "\u202e", "\ud800",
    "é", "null", "true", "__proto__", "constructor", "*", "a=b", "arn:aws:lambda:us-east-1:111122223333:function:x:1",
    "http://[", "http://a:99999/", "s3://x", "${", "${}", "${A.B.C}", "${!x}", "${AWS::NoValue}", [], {}, [[]], [None], [{}], {"": ""}, {"Ref": "AWS::NoValue"},
    {"Ref": None}, {"Ref": {"Ref": "x"}}, {"Ref": "AWS::Region"}, {"Ref": "Site"}, {"Fn::GetAtt": "x"}, {"Fn::GetAtt": ["Site"]},
    {"Fn::GetAtt": ["Site", "Arn"]}, {"Fn::GetAtt": "Site.Arn"}, {"Fn::Sub": "${Site.Arn}${x}"}, {"Fn::Sub": ["${a}", {"a": None}]}, {"Fn::Join": ["", None]},
    {"Fn::Select": ["9" * 5000, ["a"]]}, {"Fn::Select": ["²", ["a"]]}, {"Fn::Split": ["", ""]}, {"Fn::If": ["x", 1, 2]}, {"Fn::ImportValue": []}, {"Fn::FindInMap": ["a", "b", "c"]},
    {"Fn::Base64": "\ud800"}, {"Fn::Cidr": []}, {"Fn::Sub": "x" * 100}, {"Items": None, "Quantity": 1}, {"Quantity": "x", "Items": [1]}, {"Items": {}},
)  # fmt: skip
"""Values that a property may not expect."""


def tree(value, random):
    """A copy of a JSON value with one to three values replaced, left out, doubled or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, 3)):
        places = list(_places(value))
        if not places:
            return value
        parent, key = random.choice(places)
        match random.randrange(6):
            case 0:
                del parent[key]
            case 1:
                other, place = random.choice(places)
                parent[key] = copy.deepcopy(other[place])
            case 2 if isinstance(parent, dict):
                parent[str(random.choice(ODD))[:20]] = parent.pop(key)
            case 3:
                parent[key] = [parent[key]]
            case _:
                parent[key] = copy.deepcopy(random.choice(ODD))
    return value


def _places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield value, key
        yield from _places(child)


TOKENS = (
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"&a ", b"*a", b"!Sub ", b"!GetAtt ", b"!!python/object/apply:os.system ", b"<<: ", b"- ", b"\n", b"\r\n",
    b"\t", b"#", b"|", b">", b"%", b"---\n", b"...\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\\ud800", b"1e999", b"NaN", b"-0", b"${", b"\xc2\x85", b"\xe2\x80\xa8",
)  # fmt: skip


def data(content, random):
    """Bytes with one to four places cut, doubled, exchanged, or with a token put in."""
    content = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(content) + 1)
        size = random.choice((1, 1, 2, 5, 20, 100))
        match random.randrange(5):
            case 0:
                del content[at : at + size]
            case 1:
                content[at:at] = content[at : at + size]
            case 2:
                content[at:at] = random.choice(TOKENS)
            case 3 if content:
                content[min(at, len(content) - 1)] = random.randrange(256)
            case _:
                del content[at:][: random.choice((0, 0, 0, len(content)))]
    return bytes(content)


def written(value):
    """A JSON text in which even what UTF-8 cannot hold is said."""
    return json.dumps(value, indent=1).encode()
