"""The stored details of images, as far as pages read them."""

from __future__ import annotations

from embedlab.kinds.stored_details import Count, StoredDetails, StoredPart


class _Label(StoredPart):
    label: str
    images: Count


class _Labels(StoredPart):
    different: Count
    missing: Count
    most_frequent: list[_Label]


class ImagesDetails(StoredDetails):
    """The labels."""

    labels: _Labels
