"""How a file of images is read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

#: Longest side of a stored image, in pixels.
LARGEST_SIDE = 128


class ImagesOptions(BaseModel):
    """Options for reading images; what is left out is detected from the content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int | None = Field(
        None,
        ge=1,
        le=LARGEST_SIDE,
        description=f"Height of all images in pixels, at most {LARGEST_SIDE}; left out: the most frequent one.",
    )
    width: int | None = Field(
        None,
        ge=1,
        le=LARGEST_SIDE,
        description=f"Width of all images in pixels, at most {LARGEST_SIDE}; left out: the most frequent one.",
    )
    color: Literal["auto", "gray", "rgb"] = Field(
        "auto", description="gray: one channel; rgb: three; auto: gray if the images have no color."
    )
    label_by: Literal["auto", "folder", "table", "none"] = Field(
        "auto",
        description="Where labels of an archive come from: the folder of an image, a table in the archive with a "
        "column of file names, or none; auto: the table if there is one, else the folder.",
    )
    part_by: Literal["auto", "none"] = Field(
        "auto", description="auto: folders or arrays named train and test are the published split; none: ignore them."
    )
    first: int | None = Field(None, ge=1, description="Read only this many images, from the start of the file.")
