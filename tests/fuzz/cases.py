"""The cases of a run: the same number of the same seed is the same file."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from random import Random

from embedlab.kinds.registry import KINDS
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import Seed, seeds


@dataclass(frozen=True)
class Case:
    """A spoiled file, what it is imported as, and how."""

    seed: int
    number: int
    name: str
    kind: str
    content: bytes
    beside: bytes | None

    @property
    def random(self) -> Random:
        """A generator for choices within the import, the same each time."""
        return Random(f"options:{self.seed}:{self.number}")


@cache
def _seeds() -> tuple[Seed, ...]:
    return tuple(seeds())


def case(seed: int, number: int) -> Case:
    """Return one case of a run."""
    random = Random(f"{seed}:{number}")
    good, other = random.choices(_seeds(), k=2)
    # What comes from one kind of file is now and then taken for another.
    kind = good.kind if random.random() < 0.85 else random.choice(sorted(KINDS))
    content, beside = good.content, good.beside
    if beside is not None and random.random() < 0.3:
        beside = mutate(random, beside, other.content)
    else:
        content = _mutated(random, content, other.content)
    return Case(seed, number, good.name, kind, content, beside)


def _mutated(random: Random, content: bytes, other: bytes) -> bytes:
    """Spoil the file, or what is packed in it: a checksum would hide the latter from a spoiled archive."""
    if random.random() < 0.5:
        if content.startswith(b"\x1f\x8b"):
            return gzip.compress(mutate(random, gzip.decompress(content), other), mtime=0)
        if content.startswith(b"PK\x03\x04"):
            return _repacked(random, content, other)
    return mutate(random, content, other)


def _repacked(random: Random, content: bytes, other: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(stream, "w") as target:
        for member in archive.infolist():
            name, data = member.filename, archive.read(member)
            if random.random() < 0.5:
                data = mutate(random, data, other)
            if random.random() < 0.3:
                name = mutate(random, name.encode(), other[:40])[:20_000].decode("utf-8", "replace") or "x"
            info = zipfile.ZipInfo(name)
            info.external_attr = random.choice((0, 0, 0o120777 << 16, 0o040755 << 16))
            with warnings.catch_warnings():
                # Two files of one name are among what is tried.
                warnings.simplefilter("ignore")
                target.writestr(info, data, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)))
    packed = bytearray(stream.getvalue())
    if random.random() < 0.2:
        # The checksum of the first member fits what it no longer is.
        packed[14:18] = zlib.crc32(other).to_bytes(4, "little")
    return bytes(packed)
