"""All settings, read from `EMBEDLAB_*` environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from embedlab.core.errors import InputError


def _default_home() -> Path:
    return Path(platformdirs.user_data_dir("embedlab", appauthor=False))


def _default_slots() -> int:
    return max(1, (os.cpu_count() or 2) // 2)


class Settings(BaseModel):
    """Settings of one process; immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=_default_home, description="The workspace folder.")
    database_url: str = Field("", description="SQLAlchemy URL of the catalog; empty: SQLite in the workspace.")
    slots: int = Field(default_factory=_default_slots, ge=1, le=256, description="Jobs that run at the same time.")
    owner: str = Field("local", min_length=1, max_length=200, description="Owner written into new rows.")
    max_unpacked_mb: int = Field(2048, ge=1, le=1_048_576, description="Maximum unpacked size of an upload.")
    max_archive_members: int = Field(150_000, ge=1, description="Maximum number of files in a zip archive.")
    local_paths: bool = Field(
        False,
        description="Allow pages to read a file by its path; only if you are the only user of the machine.",
    )
    downloads: bool = Field(True, description="Offer downloads over HTTPS: public datasets, and files at an address.")
    max_download_mb: int = Field(4096, ge=1, le=1_048_576, description="Maximum size of a downloaded file.")
    max_snapshots_mb: int = Field(
        2048,
        ge=0,
        le=1_048_576,
        description="Maximum size of the snapshots and films of all runs; the oldest are deleted first.",
    )
    background_maps_s: int = Field(
        120,
        ge=0,
        le=31_536_000,
        description="After a training, maps that take at most this many estimated seconds are computed in the "
        "background (t-SNE); 0: none.",
    )
    map_time_s: int = Field(
        600,
        ge=1,
        le=31_536_000,
        description="A map whose estimated seconds are more lays out a sample of the points, and places the others at "
        "their nearest neighbors in it.",
    )
    stalled_after_s: int = Field(
        3600, ge=0, le=31_536_000, description="A job without progress for this many seconds is stopped; 0: never."
    )
    max_cache_mb: int = Field(1024, ge=0, le=1_048_576, description="Memory for opened embeddings and models.")
    allowed_hosts: str = Field(
        "",
        max_length=10_000,
        description="Hosts that the server answers to besides localhost: host[:port], separated by commas.",
    )
    access_token: str = Field(
        "",
        # Characters that need no escaping in an address (RFC 3986), and too many to guess.
        pattern=r"^(|auto|[A-Za-z0-9._~-]{16,200})$",
        repr=False,
        description="Token that every request needs; `auto`: a new one at each start; empty: none.",
    )


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `EMBEDLAB_<NAME>` variables; unknown ones are ignored.

    Raises
    ------
    InputError
        A variable has a value outside its bounds.
    """
    environ = os.environ if environ is None else environ
    values = {
        name: environ[variable]
        for name in Settings.model_fields
        if (variable := f"EMBEDLAB_{name.upper()}") in environ and environ[variable] != ""
    }
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        if name == "ACCESS_TOKEN":
            # The value is a secret even if it is invalid; `from None`, since pydantic's error shows it.
            raise InputError(
                "The setting EMBEDLAB_ACCESS_TOKEN cannot be used.",
                received=f"{len(str(first['input']))} characters",
                remedy="Use auto, or 16 to 200 letters, digits and . _ ~ -, or remove the variable.",
            ) from None
        raise InputError(
            f"The setting EMBEDLAB_{name} cannot be used: {first['msg']}.",
            received=first["input"],
            remedy="Correct or remove the environment variable.",
        ) from error
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})
