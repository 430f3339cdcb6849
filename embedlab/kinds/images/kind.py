"""Images as a kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.plain import one_line
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, KeyNames, Noun, Preview, Values
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.guess import Guess
from embedlab.kinds.images.details import ImagesDetails
from embedlab.kinds.images.options import ImagesOptions
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.core.pictures import Pictures
    from embedlab.kinds.images.dataset import ImagesDataset


class ImagesKind(DatasetKind[ImagesOptions]):
    """Small images of one size, with optional labels."""

    name = "images"
    title = "Images"
    summary = "Small images: a zip of PNG or JPEG files in folders, a NumPy array, or IDX files such as MNIST."
    example = "digits.zip\n  7/img_001.png"
    nouns: ClassVar[Mapping[str, Noun]] = {
        "images": Noun("image", "images"),
        "labels": Noun("label", "labels"),
        "pixels": Noun("pixel per image", "pixels per image"),
        "channels": Noun("color channel", "color channels"),
        "test_images": Noun("test image", "test images"),
    }
    companions = (
        Companion(
            "labels",
            "Labels file",
            "One label per image, in the same order: IDX, .npy, a text file, or a table with a column of labels.",
        ),
        Companion("test_images", "Test images", "Images of the published test part: IDX or .npy."),
        Companion("test_labels", "Labels of the test images", "One label per test image, in the same order."),
    )
    sniff_order = 5
    reads_several_files = True
    one_hot_count = "labels"
    default_shares = (0.1, 0.2)
    cases = "images"
    has_pictures = True
    groups_duplicates = True
    reported_details = ("height", "width", "channels", "labels")
    certain_counts = ("images", "labels", "pixels", "channels")
    details_class = ImagesDetails
    files = r"pixels\.npy|images\.parquet"

    @property
    def options_class(self) -> type[ImagesOptions]:
        """How images are read."""
        return ImagesOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file is clearly of images."""
        from embedlab.kinds.images.sniffing import images_in

        return images_in(upload)

    def guess_options(self, upload: OpenedUpload) -> ImagesOptions:
        """Return the defaults: everything is detected from the content."""
        del upload
        return ImagesOptions()

    def preview(self, upload: OpenedUpload, options: ImagesOptions, context: BuildContext) -> Preview:
        """Read the first images; a row names one of them."""
        from embedlab.kinds.images.building import first_images

        first = first_images(upload, options, context)
        size = f"{first.shape.width} x {first.shape.height}"
        rows = [[label, size] for label in first.labels]
        return Preview(first.counts, ["Label", "Size in pixels"], rows, first.warnings, first.is_complete)

    def build(self, upload: OpenedUpload, options: ImagesOptions, folder: Path, context: BuildContext) -> Built:
        """Import all images, streaming."""
        from embedlab.kinds.images.building import import_images

        return Built(import_images(upload, options, folder, context))

    def open(self, folder: Path) -> ImagesDataset:
        """Open the images in a folder."""
        from embedlab.kinds.images.dataset import ImagesDataset

        return ImagesDataset.open(folder)

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        """Return whether a file holds labels or the test part of these images."""
        from embedlab.kinds.images.sniffing import match_second_file

        return match_second_file(main, other)

    def companion_summary(self, name: str, imported: Imported) -> str:
        """Return how many images have a label, or are test images."""
        n_images = int(imported.counts["images"])
        if name == "labels":
            return matched("labels", n_images - int(imported.details["labels"]["missing"]), n_images, "images")
        return f"{int(imported.counts.get('test_images', 0)):,} test images"

    def one_hot(self, dataset: ImagesDataset, min_count: int) -> Values:  # noqa: ARG002
        """Return the labels."""
        return Values(list(dataset.classes), {}, "labels")

    def key_names(self, dataset: ImagesDataset, role: str, most: int) -> KeyNames:
        """Return names and classes of images; classes are their own names."""
        if role != "images":
            return KeyNames({}, {})
        keys, names = dataset.keys, dataset.names()
        rows = dataset.spread(most).tolist()
        return KeyNames(
            {keys[row]: one_line(names[row], 80) for row in rows},
            {key: label for key, label in zip(keys, dataset.labels, strict=True) if label},
        )

    def pictures(self, dataset: ImagesDataset, role: str) -> Pictures | None:
        """Return the images, the mean image of each class, or where each pixel is."""
        from embedlab.kinds.images.pictures import pictures_of

        return pictures_of(dataset, role)
