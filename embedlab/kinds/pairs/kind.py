"""Pairs as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.kinds.base import BuildContext, Built, DatasetKind, KeyNames, Noun, Preview, Values
from embedlab.kinds.guess import Guess
from embedlab.kinds.pairs.details import PairsDetails
from embedlab.kinds.protocols import Protocol
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.core.pictures import Pictures
    from embedlab.kinds.pairs.dataset import PairsDataset
    from embedlab.kinds.pairs.options import PairsOptions

#: Rows that a preview reads.
_PREVIEW_ROWS = 2000
_SHOWN_ROWS = 20
#: With fewer groups, random pairs are held out.
_FEWEST_GROUPS = 3


class PairsKind(DatasetKind["PairsOptions"]):
    """Rows that pair a thing on the left with things of other kinds on the right."""

    name = "pairs"
    title = "Pairs"
    summary = (
        "Pairs of different kinds of things: texts with labels or tags, users with items, images with words. A table "
        "with a column for each kind, or a zip archive with images and a table that names them."
    )
    nouns: ClassVar[Mapping[str, Noun]] = {
        "pairs": Noun("pair", "pairs"),
        "left": Noun("thing on the left", "things on the left"),
        "right": Noun("thing on the right", "things on the right"),
        "groups": Noun("group", "groups"),
        "values": Noun("different id, tag or word", "different ids, tags and words"),
        "inputs": Noun("input", "inputs"),
        "pixels": Noun("number per image", "numbers per image"),
    }
    example = "left,right\nfast wooden boat,boat|wood\nred racing bicycle,bicycle|sport"
    # Before images, which take any archive of pictures; only what is clearly of pairs is recognized.
    sniff_order = 4
    one_hot_count = "values"
    default_shares = (0.1, 0.1)
    protocol_names = ("random", "whole-groups")
    cases = "pairs"
    has_pictures = True
    certain_counts = ("pairs", "left", "right", "values", "inputs")
    details_class = PairsDetails
    files = r"(left|right|right_kinds|groups)\.npy|things_\d{1,2}\.parquet|pixels_\d{1,2}\.npy|group_names\.parquet"

    @property
    def options_class(self) -> type[PairsOptions]:
        """How a file of pairs is read."""
        from embedlab.kinds.pairs.options import PairsOptions

        return PairsOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if columns are named left and right, or titles or images of an archive have tags."""
        from embedlab.kinds.pairs.sniffing import pairs_in

        try:
            return pairs_in(self.name, upload)
        except InputError:
            # The kinds that are asked later say what the file is instead, and why it cannot be read.
            return None

    def guess_options(self, upload: OpenedUpload) -> PairsOptions:
        """Return options with columns and forms guessed."""
        from embedlab.kinds.pairs.options import PairsOptions
        from embedlab.kinds.pairs.plan import plan_of

        return plan_of(upload, PairsOptions()).options

    def preview(self, upload: OpenedUpload, options: PairsOptions, context: BuildContext) -> Preview:  # noqa: ARG002
        """Read the first rows."""
        from embedlab.kinds.pairs.previewing import preview_pairs

        return preview_pairs(upload, options, _PREVIEW_ROWS, _SHOWN_ROWS)

    def build(self, upload: OpenedUpload, options: PairsOptions, folder: Path, context: BuildContext) -> Built:
        """Import pairs, streaming."""
        from embedlab.kinds.pairs.importing import import_pairs

        return Built(import_pairs(upload, options, folder, context.report))

    def open(self, folder: Path) -> PairsDataset:
        """Open the pairs in a folder."""
        from embedlab.kinds.pairs.dataset import PairsDataset

        return PairsDataset.open(folder)

    def one_hot(self, dataset: PairsDataset, min_count: int) -> Values:  # noqa: ARG002
        """Return all ids, tags and words of the kinds that are no images; of those in several kinds, with the kind."""
        return Values(dataset.token_names, {}, "ids, tags and words")

    def key_names(self, dataset: PairsDataset, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return the labels of things, and their kinds as classes."""
        labels = {
            key: label
            for kind, keys in zip(dataset.kinds, dataset.keys, strict=True)
            for key, label in zip(keys[:most], kind.labels[:most], strict=True)
        }
        of_kinds = zip(dataset.kinds, dataset.keys, strict=True)
        classes = {key: kind.name for kind, keys in of_kinds for key in keys[:most]}
        return KeyNames(labels, classes)

    def original(self, dataset: PairsDataset, role: str, key: str) -> str | None:  # noqa: ARG002
        """Return the whole text that a key stands for."""
        place = dataset.places.get(key)
        if place is None or dataset.kinds[place[0]].form != "text":
            return None
        return dataset.kinds[place[0]].values[place[1]]

    def pictures(self, dataset: PairsDataset, role: str) -> Pictures | None:
        """Return the images among the things, if any."""
        from embedlab.kinds.pairs.pictures import pictures_of

        return pictures_of(dataset, role)

    def default_protocol(self, counts: Counts) -> Protocol:
        """Hold out whole groups if the dataset has several."""
        default = super().default_protocol(counts)
        if default.name == "random" and counts.get("groups", 0) >= _FEWEST_GROUPS:
            return Protocol("whole-groups", 0, default.validation_share, default.test_share)
        return default
