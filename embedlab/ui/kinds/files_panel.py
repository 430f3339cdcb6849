"""Files that were dropped together: what each of them is used for, which the user can change."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from embedlab.kinds.companion_match import CompanionMatch, NamedFile
from embedlab.kinds.registry import AnyKind
from embedlab.kinds.together import arrange_around, match_of, reason_unused
from embedlab.reading.bundles import is_bundle
from embedlab.ui.kinds import reading_form, staging
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.workspace.uploads import Upload

_MAIN, _UNUSED = "main", "unused"
_NAME = "upload"


def draw(main: Upload, kind: AnyKind, icon: str, counts: str) -> None:
    """Draw a row for each file if there are several: what it is, how much of it fits, and the choice of its part.

    Parameters
    ----------
    main, kind, icon, counts
        The file of the data, its kind with its icon, and what is in it, as text; empty: not known.
    """
    companions, unused = _others(kind)
    if not companions and not unused:
        return
    with st.container(border=True, gap="xsmall", key="files"):
        n_files = len(reading_form.opened(main.id).members) if is_bundle(reading_form.opened(main.id)) else 1
        what = kind.title if n_files == 1 else f"{kind.title}, {n_files} files as one dataset"
        what = f"{what}: {counts}" if counts else what
        _row(main, icon, what, _MAIN, kind)
        for name, upload in companions.items():
            match = _match(kind.name, main.id, upload.id)
            fits = match is not None and match.companion == name
            title = next(each.title for each in kind.companions if each.name == name)
            summary = f"{title}: {match.summary}" if fits and match is not None else f"{title}. {_DOUBT}"
            _row(upload, ":material/link:" if fits else ":material/help:", summary, name, kind)
        for upload in unused:
            match = _match(kind.name, main.id, upload.id)
            _row(upload, ":material/block:", f"Not used. {reason_unused(kind, match)}", _UNUSED, kind)


_DOUBT = "Its ids do not seem to fit; the import will say."


def _row(upload: Upload, icon: str, what: str, role: str, kind: AnyKind) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{icon} **{plain(upload.name)}** \u2002 {plain(what, 300)}", width="stretch")
        titles = {_MAIN: kind.title, **{each.name: each.title for each in kind.companions}, _UNUSED: "Do not use"}
        key = f"role-of:{upload.id}"
        st.session_state[key] = role
        st.selectbox(
            f"Use {upload.name} as",
            list(titles),
            format_func=titles.__getitem__,
            key=key,
            label_visibility="collapsed",
            width=210,
            on_change=_assign,
            args=(upload.id, key, kind),
        )


def _others(kind: AnyKind) -> tuple[dict[str, Upload], list[Upload]]:
    """Return the second files by name, and the files that are not used: also those of another kind."""
    accepted = [each.name for each in kind.companions]
    by_name = {name: staging.staged(name) for name in staging.companion_names()}
    found = {name: upload for name, upload in by_name.items() if upload is not None}
    companions = {name: found[name] for name in accepted if name in found}
    return companions, [*(found[name] for name in found if name not in accepted), *staging.unused()]


def _assign(upload_id: str, key: str, kind: AnyKind) -> None:
    """Give a file another part; the file that had it is no longer used."""
    role: str = st.session_state[key]
    main = st.query_params[_NAME]
    found, unused = _others(kind)
    companions = {name: upload.id for name, upload in found.items()}
    rest = [upload.id for upload in unused]
    if role == _MAIN and upload_id != main:
        _rearrange(upload_id, [main, *companions.values(), *rest])
        return
    if upload_id == main:
        # Without its data a dataset is nothing; the row shows that nothing changed.
        return
    companions = {name: each for name, each in companions.items() if each != upload_id}
    rest = [each for each in rest if each != upload_id]
    if role != _UNUSED:
        rest += [companions[role]] if role in companions else []
        companions[role] = upload_id
    else:
        rest.append(upload_id)
    staging.put_files(_NAME, main, companions, rest)


def _rearrange(main: str, all_ids: list[str]) -> None:
    """Make another file the data; its kind says again what the others are."""
    others = [each for each in all_ids if each != main]
    files = [_named(each) for each in [main, *others]]
    arrangement = arrange_around(0, str(reading_form.guess_of(main).kind), files)
    ids = [main, *others]
    companions: Mapping[str, str] = {match.companion: ids[number] for number, match in arrangement.companions.items()}
    staging.put_files(_NAME, main, companions, [ids[each.file] for each in arrangement.unused])


@st.cache_data(max_entries=100, show_spinner="Comparing the files …")
def _match(kind: str, main_id: str, other_id: str) -> CompanionMatch | None:
    return match_of(kind, _named(main_id), _named(other_id))


def _named(upload_id: str) -> NamedFile:
    return NamedFile(resources.workspace().upload(upload_id).name, reading_form.opened(upload_id))
