"""Which files hold images, and what a second file is for them."""

from __future__ import annotations

from embedlab.core.errors import InputError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.guess import Guess
from embedlab.kinds.images.arrays import StoredArray, array_of, arrays_in
from embedlab.kinds.images.building import KIND
from embedlab.kinds.images.idx import idx_header
from embedlab.kinds.images.label_tables import labels_in_order
from embedlab.kinds.images.sources import starts_like_pictures
from embedlab.reading.encodings import HEAD_BYTES
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload

_LARGEST_TEXT = 64 * 1024**2


def images_in(upload: OpenedUpload) -> Guess | None:
    """Return a guess if a file is clearly of images: an array with the shape of images, or pictures."""
    found = arrays_in(upload)
    arrays = [each for each in found if each.holds_images]
    if not arrays and len(found) == 1 and _is_label_file(upload, found[0]):
        # On its own it is of no use, but the file of images may come with it.
        return Guess(KIND, Layout.IDX, reasons=[f"The file holds {found[0].shape[0]:,} labels, without their images."])
    if arrays:
        layout = Layout.IDX if arrays[0].is_idx else Layout.NUMPY
        n = sum(array.shape[0] for array in arrays)
        height, width, _ = arrays[0].image_shape
        reason = f"The file holds an array of {n:,} images with {height} x {width} pixels."
        return Guess(KIND, layout, reasons=[reason])
    if starts_like_pictures(upload):
        n = len(upload.contents.members)
        return Guess(
            KIND,
            Layout.PICTURES,
            reasons=[f"The archive holds {n:,} files, most of them pictures." if n else "The file is a picture."],
        )
    return None


def _is_label_file(upload: OpenedUpload, array: StoredArray) -> bool:
    header = idx_header(upload.start) if array.is_idx and array.holds_labels and not array.name else None
    return header is not None and len(upload.start) == min(HEAD_BYTES, header.n_file_bytes)


def match_second_file(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return whether a file holds labels of an array of images, or the published test part."""
    own = _images_of(main.upload)
    if own is None:
        return None
    array = array_of(other.upload.start)
    n = own.shape[0]
    if array is not None and array.holds_images:
        is_smaller = array.shape[0] < n and array.image_shape == own.image_shape
        summary = f"{array.shape[0]:,} test images"
        return CompanionMatch("test_images", 0.8, summary, array.shape[0], array.shape[0]) if is_smaller else None
    if array is not None and array.holds_labels:
        if array.shape[0] == n:
            return CompanionMatch("labels", 0.9, matched("labels", n, n, "images"), n, n)
        if array.shape[0] < n:
            return CompanionMatch("test_labels", 0.7, f"{array.shape[0]:,} labels of test images", array.shape[0], n)
        return None
    if array is not None or other.upload.path.stat().st_size > _LARGEST_TEXT:
        return None
    try:
        labels_in_order(other.upload, n)
    except InputError:
        return None
    return CompanionMatch("labels", 0.9, matched("labels", n, n, "images"), n, n)


def _images_of(upload: OpenedUpload) -> StoredArray | None:
    if upload.contents.members:
        return None
    array = array_of(upload.start)
    return array if array is not None and array.holds_images else None
