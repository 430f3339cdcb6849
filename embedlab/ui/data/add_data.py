"""Adding a dataset: upload files, preview them, and make their map with one button, or save them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

import streamlit as st
from pydantic import BaseModel, ValidationError

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.plain import LONGEST_NAME
from embedlab.jobs.first_run import first_run_refusal
from embedlab.kinds.guess import Guess
from embedlab.kinds.registry import KINDS, AnyKind
from embedlab.reading.bundles import is_bundle
from embedlab.reading.opened import OpenedUpload
from embedlab.ui.data import first_model, import_job, public_data
from embedlab.ui.kinds import drop_zone, files_panel, one_hot_size, reading_form, staging
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
    tabs = st.tabs(["Drop files", "Paste text", *more], default=_ADDRESS if has_url else None)
    with tabs[0]:
        drop_zone.draw()
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
        # What most people need is at the top, but is known only when the options below have been read.
        files_slot, action_slot = st.container(), st.container()
        trouble = f"trouble:{upload.id}"
        kind_name = st.session_state.get(f"field:{upload.id}:kind") or guess.kind
        opens = page_of(kind_name).opens_choices
        is_open = trouble in st.session_state or opens
        # The browser remembers by this key whether it is open, also when another kind opens it.
        key = "expander-more-open" if opens else "expander-more"
        with st.expander("More choices", icon=":material/tune:", expanded=is_open, key=key):
            with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
                kind = reading_form.choose_kind(fields, guess)
                name = _name_field(fields)
                save_slot = st.container(width="content")
            model_name = first_model.choose(fields, kind)
            page = page_of(kind.name)
            options = _options(fields, guess, kind)
            companions = {} if options is None else page.draw_companions(guess)
        ready = options is not None and _preview_or_error(lambda: page.draw_preview(fields, options, companions))
        if not ready and trouble not in st.session_state:
            # The choices that may help are opened once.
            st.session_state[trouble] = True
            st.rerun()
        form = _Form(fields, kind, options, companions, name)
        seen = page.expected_counts(fields, options, companions) if ready and options is not None else {}
        with files_slot:
            files_panel.draw(upload, kind, page.icon, "" if kind.is_embedding else counts(seen))
        with action_slot:
            details = page.expected_details(fields, options, companions) if ready and options is not None else {}
            refusal = first_run_refusal(kind.name, seen, model_name, details) if ready else ""
            line = refusal or (first_model.sentence_for(kind, seen, model_name, details) if ready else "")
            _make_map(form, line, model_name, ready=ready and not refusal)
            if ready and options is not None and kind.one_hot_count is not None:
                is_complete = page.is_complete(fields, options, companions)
                st.caption(one_hot_size.sentence_for(kind, seen, model_name, details, is_complete=is_complete))
            if kind.name == guess.kind:
                _other_kinds(fields, kind)
        with save_slot:
            if st.button("Save dataset", icon=":material/check:", disabled=not ready, key="keep"):
                _import(form)


@dataclass(frozen=True)
class _Form:
    """What the form says: how the upload is read, and the name of the dataset."""

    fields: Fields
    kind: AnyKind
    options: BaseModel | None
    companions: dict[str, str]
    name: str


def _make_map(form: _Form, line: str, model_name: str | None, *, ready: bool) -> None:
    """Draw the main button, with one line that says what it does."""
    with st.container(border=True):
        text, button = st.columns([5, 1], gap="medium", vertical_alignment="center")
        text.markdown(plain(line, 400) or "Choose below how to read the file.")
        make = button.button(
            "Make the map",
            type="primary",
            icon=":material/scatter_plot:",
            disabled=not ready,
            key="make",
            width="stretch",
        )
    if make:
        _import(form, then_train=(model_name, None))


def _other_kinds(fields: Fields, recognized: AnyKind) -> None:
    """Offer the other kinds that the file fits, too: its content does not say what a reader wants to know."""
    for known, sentence in other_kinds(reading_form.opened(fields.upload.id), recognized):
        with st.container(border=True):
            text, button = st.columns([5, 1], gap="medium", vertical_alignment="center")
            text.markdown(f"{page_of(known.name).icon} {plain(sentence, 400)}")
            button.button(
                f"Read as {known.title.lower()}",
                key=f"read-as-{known.name}",
                width="stretch",
                on_click=_read_as,
                args=(fields.key("kind", str(recognized.name)), known.name),
            )


def other_kinds(upload: OpenedUpload, recognized: AnyKind) -> list[tuple[AnyKind, str]]:
    """Return the kinds that a file fits besides the one that recognized it, each with what it makes of the file."""
    found = []
    for known in KINDS.values():
        # A kind may refuse a file that it cannot read.
        with suppress(InputError):
            if known.name != recognized.name and (sentence := known.also_fits(upload)):
                found.append((known, sentence))
    return found


def _read_as(field: str, kind: str) -> None:
    st.session_state[field] = kind


def _options(fields: Fields, guess: Guess, kind: AnyKind) -> BaseModel | None:
    """Draw the form of a kind; a refusal is shown in it, and what was chosen stays."""
    if is_bundle(reading_form.opened(fields.upload.id)) and not kind.reads_several_files:
        several = ", ".join(known.title for known in KINDS.values() if known.reads_several_files)
        st.info(f"Only one of these files is read. Kinds that read several files: {several}.", icon=":material/info:")
    try:
        return page_of(kind.name).draw_options(fields, guess)
    except EmbedLabError as error:
        show(error)
    except ValidationError as error:
        first = error.errors()[0]
        show(InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", received=first["input"]))
    return None


def _preview_or_error(preview: Callable[[], bool]) -> bool:
    try:
        return preview()
    except EmbedLabError as error:
        show(error)
        return False


def _name_field(fields: Fields) -> str:
    upload = fields.upload
    stem = (
        upload.name
        if is_bundle(reading_form.opened(upload.id))
        else PurePath(upload.name).name.split(".")[0] or upload.name
    )
    return st.text_input("Name", key=fields.key("name", stem), max_chars=LONGEST_NAME, width=220)


def _import(form: _Form, then_train: tuple[str | None, None] | None = None) -> None:
    """Queue the import of the form, and the training that follows; the page shows it until it ends."""
    if form.options is None:
        return
    with shown_errors():
        upload, values = form.fields.upload, form.options.model_dump(mode="json")
        job = resources.jobs().submit_import(
            upload.id, form.kind.name, values, form.name, companions=form.companions, then_train=then_train
        )
        reading_form.remember(upload.id, {"kind": str(form.kind.name), **form.fields.values()})
        # Files that are not used stay in the URL until the import succeeds: another try may use them.
        for staged in ("upload", *staging.companion_names()):
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
    return ["upload", *staging.companion_names(), staging.UNUSED]
