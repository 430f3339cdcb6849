"""Ways to spoil a file; each takes a random generator, the bytes, and the bytes of another good file."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from random import Random

from tests.fuzz.seeds import PACKERS

Mutation = Callable[[Random, bytes, bytes], bytes]

_LARGEST = 4 << 20
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_EXTREMES = (0, 1, -1, 127, 128, 255, 256, 2**15 - 1, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, -(2**31), -(2**63))
_NUMBERS = (
    b"0", b"-1", b"-0.0", b"1e999", b"-1e999", b"nan", b"NaN", b"inf", b"-Infinity", b"1_000", b"0x10", b"3e38",
    b"-3e38", b"1e308", b"1e-320", b"9" * 20, b"9" * 400, b"9" * 5000, b"9223372036854775808", b"\xd9\xa3", b"1,5",
    b"", b" ", b"00012", b"+7", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2024-02-30",
    b"99999-01-01",
)  # fmt: skip
_TOKENS = (
    b"\0", b'"', b'""', b"'", b"\r", b"\n", b"\r\n", b"\n\n\n", b"\t", b",", b";", b"::", b"|", b"\x1f", b"\x1a",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b'"\\ud800":1,',
    b"\xe2\x80\xae", b"\xe2\x80\xa8", b"{", b"}", b"[", b"]", b"{}", b"[]", b"null", b"[" * 3000, b'{"a":' * 3000,
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"PAR1", b"\x93NUMPY", b"../", b"/etc/", b"C:\\", b"\\", b"True",
    b"object", b"'|O'", b"<f8", b">i2", b"<U9", b": ", b"#", b"nearer", b"than", b"\xcc\x81" * 50,
    b"\xf0\x9f\x98\x80", b"x" * 3000, b"a," * 3000, b"1 " * 3000, b"\x0b\x0c\x1c\x1d\x85",
)  # fmt: skip
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp037", "utf-7", "shift_jis", "cp1251")


def _place(random: Random, data: bytes) -> int:
    # Headers and footers say what follows, so they are hit more often.
    where = random.random()
    if where < 0.3:
        return random.randrange(min(len(data), 64) + 1)
    if where < 0.5:
        return max(0, len(data) - random.randrange(min(len(data), 96) + 1))
    return random.randrange(len(data) + 1)


def _piece(random: Random, data: bytes) -> tuple[int, int]:
    start = _place(random, data)
    longest = random.choice((1, 4, 16, 100, 1000, len(data) + 1))
    return start, min(len(data), start + random.randrange(longest + 1))


def flip(random: Random, data: bytes, _: bytes) -> bytes:
    """Flip some bits."""
    changed = bytearray(data)
    for _number in range(random.choice((1, 1, 2, 5, 30)) if data else 0):
        changed[min(len(data) - 1, _place(random, data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncate(random: Random, data: bytes, _: bytes) -> bytes:
    """Cut the end off, or the start."""
    place = _place(random, data)
    return data[:place] if random.random() < 0.8 else data[place:]


def delete(random: Random, data: bytes, _: bytes) -> bytes:
    """Take a piece out."""
    start, stop = _piece(random, data)
    return data[:start] + data[stop:]


def repeat(random: Random, data: bytes, _: bytes) -> bytes:
    """Repeat a piece, perhaps very often."""
    start, stop = _piece(random, data)
    times = random.choice((2, 3, 10, 300, 30_000))
    return data[:start] + data[start:stop] * min(times, _LARGEST // max(1, stop - start)) + data[stop:]


def insert(random: Random, data: bytes, _: bytes) -> bytes:
    """Put a hostile piece in, perhaps at many places."""
    token = random.choice(_TOKENS)
    for _number in range(random.choice((1, 1, 3, 20))):
        place = _place(random, data)
        data = data[:place] + token + data[place:]
    return data


def replace(random: Random, data: bytes, _: bytes) -> bytes:
    """Replace a piece that occurs, wherever it does, by a hostile one."""
    start = _place(random, data)
    old = data[start : start + random.choice((1, 1, 2, 4))]
    return data.replace(old, random.choice(_TOKENS), random.choice((1, 5, 50))) if old else data


def noise(random: Random, data: bytes, _: bytes) -> bytes:
    """Put random bytes in the place of a piece."""
    start, stop = _piece(random, data)
    return data[:start] + random.randbytes(min(stop - start, 5000)) + data[stop:]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """Go on with another file."""
    return data[: _place(random, data)] + other[_place(random, other) :]


def swap_head(random: Random, data: bytes, other: bytes) -> bytes:
    """Begin as another file does."""
    if random.random() < 0.5:
        return other.partition(b"\n")[0] + b"\n" + data.partition(b"\n")[2]
    size = random.choice((4, 8, 16, 64))
    return other[:size] + data[size:]


def extreme_length(random: Random, data: bytes, _: bytes) -> bytes:
    """Write an extreme number where a length may be."""
    size, form = random.choice(((1, "b"), (2, "h"), (4, "i"), (8, "q")))
    value = random.choice(_EXTREMES) & (2 ** (8 * size) - 1)
    packed = struct.pack(random.choice("<>") + form.upper(), value)
    start = _place(random, data)
    return data[:start] + packed + data[start + size :]


def extreme_number(random: Random, data: bytes, _: bytes) -> bytes:
    """Write an extreme number in the place of one in text, of some or of all."""
    number, share = random.choice(_NUMBERS), random.choice((0.02, 0.2, 1.0))
    # Long numbers written by an earlier mutation would fill the memory of the one who spoils, not of who reads.
    most = _LARGEST // max(1, len(number))
    return _NUMBER.sub(lambda found: number if random.random() < share else found[0], data, count=most)


def other_number(random: Random, data: bytes, _: bytes) -> bytes:
    """Write an extreme number in the place of the first one in text: a header's."""
    return _NUMBER.sub(lambda _found: random.choice(_NUMBERS), data, count=random.choice((1, 2)))


def encode(random: Random, data: bytes, _: bytes) -> bytes:
    """Store the same text in another encoding."""
    return data.decode("utf-8", "replace").encode(random.choice(_ENCODINGS), "replace")


def pack(random: Random, data: bytes, _: bytes) -> bytes:
    """Pack the file."""
    return PACKERS[random.choice(sorted(PACKERS))](data)


def shuffle(random: Random, data: bytes, _: bytes) -> bytes:
    """Bring the lines into another order, leave some out, and join some."""
    lines = data.split(b"\n")
    random.shuffle(lines)
    return random.choice((b"\n", b"\r", b"\r\n", b"")).join(lines[: random.randrange(len(lines) + 1)])


MUTATIONS: tuple[Mutation, ...] = (
    flip, flip, truncate, delete, repeat, insert, insert, replace, noise, splice, swap_head, extreme_length,
    extreme_length, extreme_number, extreme_number, other_number, encode, pack, shuffle,
)  # fmt: skip


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """Spoil a file in one to four ways."""
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        data = random.choice(MUTATIONS)(random, data, other)[:_LARGEST]
    return data
