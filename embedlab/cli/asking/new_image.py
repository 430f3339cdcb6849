"""`classify` for images: the label of a new picture, and the images nearest to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedlab.cli.importing.job import check_file, reading_errors
from embedlab.cli.output import write_json, write_line, write_note, write_table

if TYPE_CHECKING:
    from embedlab.workspace.workspace import Workspace


def classify_image_file(workspace: Workspace, run: str, file: Path, topn: int, *, as_json: bool) -> None:
    """Write the label probabilities of a picture and its nearest images."""
    from embedlab.exploration.new_things.classify_image import classify_image
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.images.dataset import ImagesDataset
    from embedlab.kinds.images.new_image import new_image
    from embedlab.models.contract.abilities import ClassifiesImages
    from embedlab.reading.pictures import MOST_BYTES

    predictor, dataset = open_with_dataset(workspace, run, ClassifiesImages, ImagesDataset)
    with reading_errors(file), check_file(file).open("rb") as stream:
        # One byte above the bound, so that decoding refuses it.
        image = new_image(stream.read(MOST_BYTES + 1), dataset)
    images = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{ClassifiesImages.role}").id)
    result = classify_image(predictor, image.pixels, images, topn)
    for change in image.changes:
        write_note(change)
    if as_json:
        write_json(
            {
                "label": result.label,
                "probabilities": dict(result.probabilities),
                "vector": [float(value) for value in result.vector],
                "nearest": [
                    {"key": each.key, "label": each.label, "similarity": float(each.score)} for each in result.nearest
                ],
                "changes": list(image.changes),
            }
        )
        return
    rows = [(label, f"{probability:.5f}") for label, probability in result.probabilities[:10]]
    write_table(["label", "probability"], rows, empty="No labels.")
    write_line()
    near = [(each.key, each.label, f"{each.score:.4f}") for each in result.nearest]
    write_table(["key", "nearest image", "similarity"], near, empty="No image is near.")
