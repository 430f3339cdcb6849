"""The map as the browser draws it, from the bytes that `static/map/picture/page.js` sends."""

from __future__ import annotations

import struct
from typing import Annotated, Any, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from embedlab.core.errors import InputError
from embedlab.core.plain import LONGEST_NAME, one_line
from embedlab.figures.map.look import SYMBOLS, Group, MapLook, Name, PointPicture
from embedlab.figures.map.page import MOST_POINTS
from embedlab.workspace.bookmarks.bookmark import Camera, Number, Ranges

#: Bytes of a map; one of `MOST_POINTS` points with pictures has a third of it.
LARGEST_BYTES: Final = 16_000_000
_MOST_GROUPS, _MOST_NAMES, _MOST_PICTURES, _MOST_NEIGHBORS = 20_000, 1000, 2000, 200
_MOST_PIXELS = 100.0
_LARGEST_COORDINATE = 1e30

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Source = Annotated[str, StringConstraints(pattern=r"^data:image/png;base64,[A-Za-z0-9+/]+={0,2}$", max_length=40_000)]
Row = Annotated[int, Field(ge=0, lt=MOST_POINTS)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)


class _Group(_Data):
    name: Text
    color: Color
    opacity: Annotated[float, Field(ge=0, le=1)]
    legend: Annotated[int, Field(ge=0, le=_MOST_GROUPS)]
    state: Literal["shown", "faint", "hidden"]


class _Name(_Data):
    text: Text
    at: Annotated[tuple[Number, ...], Field(min_length=2, max_length=3)]
    color: Color | None = None
    side: Literal["right", "left", "above", "below"] | None = None


class _Picture(_Data):
    at: tuple[Number, Number]
    width: Annotated[float, Field(gt=0, le=_LARGEST_COORDINATE)]
    height: Annotated[float, Field(gt=0, le=_LARGEST_COORDINATE)]
    source: Source


class _Header(_Data):
    n_points: Annotated[int, Field(ge=1, le=MOST_POINTS)]
    n_components: Literal[2, 3]
    view: Ranges | Camera | None = None
    picked: Row | None = None
    neighbors: Annotated[tuple[Row, ...], Field(max_length=_MOST_NEIGHBORS)] = ()
    title: Text = ""
    groups: Annotated[tuple[_Group, ...], Field(min_length=1, max_length=_MOST_GROUPS)]
    size: Annotated[float, Field(gt=0, le=_MOST_PIXELS)]
    has_sizes: bool = False
    has_symbols: bool = False
    shapes: tuple[Text, Annotated[tuple[Text, ...], Field(max_length=len(SYMBOLS))]] | None = None
    scale: tuple[Text, Text, Text] | None = None
    names: Annotated[tuple[_Name, ...], Field(max_length=_MOST_NAMES)] = ()
    pictures: Annotated[tuple[_Picture, ...], Field(max_length=_MOST_PICTURES)] = ()
    background: Color
    text: Color
    accent: Color


class SeenMap:
    """A map as the browser draws it.

    Parameters
    ----------
    content
        The length of the header (uint32, little-endian), the header (JSON), and for each point its row (uint32), its
        position (float32), its relative size (float32, if `has_sizes`), its group (uint16), and its shape (uint8, if
        `has_symbols`): one array after the other.
    n_keys
        Number of keys of the map; rows are smaller.

    Attributes
    ----------
    rows
        `(n_points,)` rows of the points.
    coordinates
        `(n_points, 2 or 3)` float32.
    look
        How they look.
    view
        What is in view; None for the whole map.
    picked
        Number of the picked point among these; None if there is none.

    Raises
    ------
    InputError
        The bytes are not such a map.
    """

    def __init__(self, content: bytes, n_keys: int) -> None:
        self._content, self._at = content, 0
        header = self._header()
        n = header.n_points
        self.rows: npt.NDArray[np.int64] = self._next("<u4", n).astype(np.int64)
        self.coordinates: npt.NDArray[np.float32] = self._next("<f4", n * header.n_components).reshape(n, -1)
        sizes = self._next("<f4", n) if header.has_sizes else None
        codes = self._next("<u2", n).astype(np.int64)
        symbols = self._next("<u1", n).astype(np.int64) if header.has_symbols else None
        _check(self._at == len(content), "length", len(content))
        _check(int(self.rows.max()) < n_keys, "row", int(self.rows.max()))
        _check(bool((np.abs(self.coordinates) <= _LARGEST_COORDINATE).all()), "position", "not a finite number")
        _check(int(codes.max()) < len(header.groups), "group", int(codes.max()))
        if sizes is not None:
            _check(bool(((sizes > 0) & (sizes <= _MOST_PIXELS)).all()), "size", "not between 0 and 100")
        if symbols is not None:
            _check(int(symbols.max()) < len(SYMBOLS), "shape", int(symbols.max()))
        for row in (*header.neighbors, *([] if header.picked is None else [header.picked])):
            _check(row < n, "row", row)
        for name in header.names:
            _check(len(name.at) == header.n_components, "name", len(name.at))
        self.view, self.picked = header.view, header.picked
        self.look = MapLook(
            codes=codes,
            groups=tuple(
                Group(_line(each.name), each.color, each.opacity, each.legend, each.state) for each in header.groups
            ),
            title=_line(header.title),
            size=header.size,
            sizes=sizes,
            symbols=symbols,
            shapes=None if header.shapes is None else (_line(header.shapes[0]), tuple(map(_line, header.shapes[1]))),
            scale=header.scale,
            names=tuple(Name(_line(each.text), each.at, each.color, each.side) for each in header.names),
            pictures=tuple(PointPicture(each.at, each.width, each.height, each.source) for each in header.pictures),
            neighbors=header.neighbors,
            background=header.background,
            text=header.text,
            accent=header.accent,
        )

    def _header(self) -> _Header:
        length = struct.unpack_from("<I", self._content)[0] if len(self._content) >= 4 else len(self._content)
        self._at = 4 + length
        _check(self._at <= len(self._content), "length", len(self._content))
        try:
            return _Header.model_validate_json(self._content[4 : self._at])
        except (ValidationError, RecursionError) as error:
            raise _not_valid("header", _place(error)) from error

    def _next(self, dtype: str, count: int) -> npt.NDArray[Any]:
        start, self._at = self._at, self._at + count * np.dtype(dtype).itemsize
        _check(self._at <= len(self._content), "length", len(self._content))
        return np.frombuffer(self._content, dtype, count, start)


def _line(text: str) -> str:
    return one_line(text, LONGEST_NAME)


def _check(is_valid: bool, part: str, received: object) -> None:
    if not is_valid:
        raise _not_valid(part, received)


def _not_valid(part: str, received: object) -> InputError:
    return InputError(
        "The browser sent a map that is not valid.", received=f"{part}: {received}", remedy="Reload the page."
    )


def _place(error: ValidationError | RecursionError) -> str:
    if not isinstance(error, ValidationError):
        return "nested too deeply"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
