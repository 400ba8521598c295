"""Archives that no packer writes: what they hold, and what their lists of entries say of it."""

import io
import stat
import struct
import zipfile
import zlib

END, CENTRAL, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"


def entry(name, mode=0o644):
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


def archive(*pairs, packed=zipfile.ZIP_DEFLATED):
    """An archive of (name or entry, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as opened:
        for name, content in pairs:
            opened.writestr(name, content, packed)
    return buffer.getvalue()


def link(name, target):
    return entry(name, stat.S_IFLNK | 0o777), target


def patched(data, mark, offset, content):
    """The bytes at an offset from the last record of a kind are others."""
    data = bytearray(data)
    at = data.rfind(mark) + offset
    data[at : at + len(content)] = content
    return bytes(data)


def overlapping(copies, size=1 << 20):
    """`copies` files of more than `size` bytes each that all end in one compressed content of a kilobyte.

    Each file quotes the header of the next one in a block that is not compressed, and goes on with that one's content.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = bytes(size)
    packed = compressor.compress(content) + compressor.flush()
    listed = []
    for number in reversed(range(copies)):
        name = b"%05d" % number
        sizes = struct.pack("<LLL", zlib.crc32(content), len(packed), len(content))
        head = LOCAL + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", 5, 0) + name
        listed.append((struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes, name))
        quoting = b"\0" + struct.pack("<HH", len(head), len(head) ^ 0xFFFF)
        packed, content = quoting + head + packed, head + content
    whole = packed[5:]
    length, at, directory = len(head) + 5, 0, b""
    for fields, name in reversed(listed):
        directory += CENTRAL + fields + struct.pack("<HHHHHLL", 5, 0, 0, 0, 0, 0, at) + name
        at += length
    return whole + directory + END + struct.pack("<HHHHLLH", 0, 0, copies, copies, len(directory), len(whole), 0)


def listing(count, name_of=lambda number: b"%06d" % number):
    """An archive that is nothing but a list: every entry is the same empty file."""
    local = LOCAL + struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, 0, 0, 0, 0, 0)
    listed = bytearray()
    for number in range(count):
        name = name_of(number)
        listed += CENTRAL + struct.pack("<HHHHHHLLLHHHHHLL", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    return local + bytes(listed) + END + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, len(listed), len(local), 0)


def zip64(data, size):
    """The same archive, with a second end record that claims a list of `size` bytes."""
    end = data.rfind(END)
    start = struct.unpack("<L", data[end + 16 : end + 20])[0]
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, size, start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    return data[:end] + record + locator + data[end:]
