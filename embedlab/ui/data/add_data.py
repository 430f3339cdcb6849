"""Adding a dataset: upload a file, preview it, and save it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st
from pydantic import BaseModel, ValidationError

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.plain import LONGEST_NAME
from embedlab.kinds.guess import Guess
from embedlab.kinds.registry import KINDS, AnyKind
from embedlab.reading.bundles import is_bundle
from embedlab.ui.data import import_job, public_data
from embedlab.ui.kinds import reading_form, staging
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import show, shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import views
from embedlab.ui.widgets.wording import counts, size
from embedlab.workspace.uploads import Upload

_ADDRESS = "From a URL"


def is_in_progress() -> bool:
    """Return whether the URL names a file that is being previewed or imported."""
    return "upload" in st.query_params or import_job.NAME in st.query_params


def draw() -> None:
    """Draw a running import, the preview of a file, or the choice of a file."""
    if import_job.draw():
        return
    upload = staging.staged("upload")
    if upload is None:
        _choose()
    else:
        _preview(upload)


def _choose() -> None:
    settings = resources.workspace().settings
    more = {"Download": public_data.cards, _ADDRESS: public_data.address} if settings.downloads else {}
    if settings.local_paths:
        more["File on this computer"] = lambda: staging.by_path("upload")
    has_url = _ADDRESS in more and st.session_state.get(import_job.FETCH_URL)
    tabs = st.tabs(["Drop a file", "Paste text", *more], default=_ADDRESS if has_url else None)
    with tabs[0]:
        staging.drop("upload", "Text, ratings or vectors: plain, .gz, .bz2, .xz or .zip, up to 1 GB", several=True)
        st.caption(
            f"{' '.join(known.summary for known in KINDS.values())} "
            "The kind is detected from the content. Several text files together become one dataset."
        )
    with tabs[1]:
        staging.paste("upload")
    for tab, draw_it in zip(tabs[2:], more.values(), strict=True):
        with tab:
            draw_it()


def _preview(upload: Upload) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/draft: **{plain(upload.name)}** \u2002 {size(upload.size_bytes)}", width="stretch")
        st.button("Choose another file", icon=":material/close:", on_click=_discard, key="discard")
    _duplicate_notice(upload)
    with shown_errors():
        fields = Fields(upload)
        guess = reading_form.guess_of(upload.id, st.session_state.get(f"field:{upload.id}:member"))
        # The save button is above the figures, visible without scrolling, but is drawn once the figures are known.
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            kind = reading_form.choose_kind(fields, guess)
            save_slot = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right")
        options, ready, companions = _options_and_preview(fields, guess, kind)
        with save_slot:
            _save_form(fields, kind, options, companions, ready=ready)


def _options_and_preview(fields: Fields, guess: Guess, kind: AnyKind) -> tuple[BaseModel | None, bool, dict[str, str]]:
    """Draw form and figures of a kind; a refusal is shown between them, and what was chosen stays."""
    if is_bundle(reading_form.opened(fields.upload.id)) and not kind.reads_several_files:
        several = ", ".join(known.title for known in KINDS.values() if known.reads_several_files)
        st.info(f"Only one of these files is read. Kinds that read several files: {several}.", icon=":material/info:")
    page = page_of(kind.name)
    try:
        options = page.draw_options(fields, guess)
    except EmbedLabError as error:
        show(error)
        return None, False, {}
    except ValidationError as error:
        first = error.errors()[0]
        show(InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", received=first["input"]))
        return None, False, {}
    companions = page.draw_companions(guess) if page.companions_first else {}
    ready = _preview_or_error(lambda: page.draw_preview(fields, options, companions))
    if not page.companions_first:
        companions = page.draw_companions(guess)
    return options, ready, companions


def _preview_or_error(preview: Callable[[], bool]) -> bool:
    try:
        return preview()
    except EmbedLabError as error:
        show(error)
        return False


def _save_form(
    fields: Fields, kind: AnyKind, options: BaseModel | None, companions: dict[str, str], *, ready: bool
) -> None:
    upload = fields.upload
    stem = (
        upload.name
        if is_bundle(reading_form.opened(upload.id))
        else PurePath(upload.name).name.split(".")[0] or upload.name
    )
    name = st.text_input("Name", key=fields.key("name", stem), max_chars=LONGEST_NAME, width=260)
    save = st.button("Save dataset", type="primary", icon=":material/check:", disabled=not ready, key="keep")
    if save and options is not None:
        with shown_errors():
            values = options.model_dump(mode="json")
            job = resources.jobs().submit_import(upload.id, kind.name, values, name, companions=companions)
            reading_form.remember(upload.id, {"kind": str(kind.name), **fields.values()})
            for staged in _staged_names():
                st.query_params.pop(staged, None)
            st.query_params[import_job.NAME] = job.id
            st.rerun()


def _duplicate_notice(upload: Upload) -> None:
    """Say so if the same file was imported before."""
    duplicate = resources.workspace().find_dataset(upload.digest)
    if duplicate is None:
        return

    def open_duplicate() -> None:
        _discard()
        current.set_dataset(duplicate.id)
        views.go("one")

    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/content_copy: This file is already saved as **{plain(duplicate.name)}** "
            f"({counts(duplicate.counts)}). You can save it again with other options.",
            width="stretch",
        )
        st.button("Open dataset", on_click=open_duplicate, key="open-known")


def _discard() -> None:
    staging.discard(*_staged_names())


def _staged_names() -> list[str]:
    """Return the URL parameters that hold the ids of staged uploads."""
    companions = {companion.name for known in KINDS.values() for companion in known.companions}
    return ["upload", *sorted(companions)]
