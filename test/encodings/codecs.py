"""Writes what Python's codecs make of every code and every character, as a stream of short strings.

A string is its length in one byte and its bytes; the length 255 stands for "refused". First come the
strings of decode, as UTF-8: for each space of codes below, for each code in it. Then those of encode: for
each codec, for each code point from 0 to 10FFFF.
"""

import sys

SPACES = [  # codec, bytes before the code, bytes of the code, bytes after it
    ("cp932", b"", 1, b""),
    ("cp932", b"", 2, b""),
    ("euc_jp", b"", 1, b""),
    ("euc_jp", b"", 2, b""),
    ("euc_jp", b"\x8f", 2, b""),
    ("iso2022_jp", b"", 1, b""),
    ("iso2022_jp", b"", 2, b""),
    ("iso2022_jp", b"\x1b(J", 1, b"\x1b(B"),
    ("iso2022_jp", b"\x1b$@", 1, b"\x1b(B"),
    ("iso2022_jp", b"\x1b$@", 2, b"\x1b(B"),
    ("iso2022_jp", b"\x1b$B", 1, b"\x1b(B"),
    ("iso2022_jp", b"\x1b$B", 2, b"\x1b(B"),
]


def write(out, convert, value):
    try:
        text = convert(value)
    except UnicodeError:
        out.append(255)
        return
    out.append(len(text))
    out += text


def main():
    for codec, before, size, after in SPACES:
        out = bytearray()
        decode = lambda b: (before + b + after).decode(codec).encode("utf-8")
        for code in range(256**size):
            write(out, decode, code.to_bytes(size, "big"))
        sys.stdout.buffer.write(out)
    for codec in ("cp932", "euc_jp", "iso2022_jp"):
        out = bytearray()
        encode = lambda point: chr(point).encode(codec)
        for point in range(0x110000):
            write(out, encode, point)
        sys.stdout.buffer.write(out)


main()
