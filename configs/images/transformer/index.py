"""Makes variants of images: /images/harbour.ppm/width=200.png is originals/harbour.ppm, 200 pixels wide, as PNG.

What it makes is right for good, so it may be stored for a year. A deployed one would also put it into the bucket of
transformed images, where CloudFront looks first.
"""

import base64
import re
import struct
import zlib
from pathlib import Path

ORIGINALS = Path(__file__).parent / "originals"
VARIANT = re.compile(r"/images/([a-z0-9-]+\.ppm)/width=([0-9]{1,4})\.(png|bmp)")


def handler(event, context):
    variant = VARIANT.fullmatch(event["rawPath"])
    original = ORIGINALS / variant[1] if variant else None
    if original is None or not original.is_file():
        return {"statusCode": 404, "headers": {"content-type": "text/plain"}, "body": "no such image"}
    rows = resized(read_ppm(original.read_text()), int(variant[2]))
    image = {"png": png, "bmp": bmp}[variant[3]](rows)
    headers = {"content-type": f"image/{variant[3]}", "cache-control": "public, max-age=31536000, immutable"}
    return {"statusCode": 200, "headers": headers, "body": base64.b64encode(image).decode(), "isBase64Encoded": True}


def read_ppm(text):
    """Rows of (red, green, blue), 0 to 255, of a plain PPM."""
    kind, width, height, most, *values = re.sub("#.*", "", text).split()
    if (kind, most) != ("P3", "255"):
        raise ValueError("not a plain PPM of 8 bits")
    pixels = [tuple(map(int, values[at : at + 3])) for at in range(0, len(values), 3)]
    return [pixels[row * int(width) : (row + 1) * int(width)] for row in range(int(height))]


def resized(rows, width):
    """The rows at another width, each pixel the nearest one."""
    factor = len(rows[0]) / width
    height = max(1, round(len(rows) / factor))
    return [[rows[min(int(y * factor), len(rows) - 1)][int(x * factor)] for x in range(width)] for y in range(height)]


def png(rows):
    """The rows as PNG: 8 bits a colour, no filter."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def bmp(rows):
    """The rows as BMP: 24 bits a pixel, from the bottom up, each row filled to four bytes."""
    filling = bytes(-3 * len(rows[0]) % 4)
    lines = b"".join(bytes(value for red, green, blue in row for value in (blue, green, red)) + filling for row in rows[::-1])
    info = struct.pack("<IiiHHIIiiII", 40, len(rows[0]), len(rows), 1, 24, 0, len(lines), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(lines), 0, 0, 54) + info + lines
