"""Completing the options of a file of pairs: its table, the columns on both sides, and their forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from embedlab.core.errors import InputError
from embedlab.kinds.pairs.forms import MISSING, Form, form_of, words_of
from embedlab.kinds.pairs.headers import with_header
from embedlab.kinds.pairs.options import MOST_RIGHT, PairsOptions, names_in
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.delimited import read_head
from embedlab.reading.opened import OpenedUpload, TableSample
from embedlab.reading.pictures import is_picture_name
from embedlab.reading.table_columns import resolve_column, unnamed_column

_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".json", ".xlsx", ".data")
#: Names of columns with labels or tags, which are the right side.
LABEL_NAMES = frozenset(
    {
        f"{name}{ending}"
        for name in ("label", "tag", "genre", "category", "topic", "class", "keyword")
        for ending in ("", "s", "es")
    }
    | {"categories"}
)
_SAMPLE_ROWS = 1000


@dataclass(frozen=True)
class Plan:
    """How a file of pairs is read.

    Parameters
    ----------
    options
        Complete options.
    names
        Names of the columns: the left one, then the right ones.
    positions
        Their 0-based positions, and those of the group columns.
    forms
        Of the columns, as `names`.
    rows
        The first rows, cells of all columns.
    column_names
        Names of all columns of the file.
    reasons
        What was assumed, in plain sentences.
    """

    options: PairsOptions
    names: list[str]
    forms: list[Form]
    positions: list[int]
    group_positions: list[int]
    rows: list[list[str]]
    column_names: list[str]
    reasons: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[int]:
        """Positions of all columns that are read: left, right ones, groups."""
        return [*self.positions, *self.group_positions]


def table_member(upload: OpenedUpload) -> str | None:
    """Return the largest table of an archive, or the member that is read anyway."""
    if upload.is_workbook:
        return None
    tables = [each for each in upload.members if each.name.lower().endswith(_TABLES)]
    return max(tables, key=lambda each: each.size_bytes).name if tables else upload.member


def image_members(upload: OpenedUpload) -> list[str]:
    """Return the names of the images in an archive."""
    return [each.name for each in upload.members if is_picture_name(each.name)]


def plan_of(upload: OpenedUpload, options: PairsOptions) -> Plan:
    """Return how a file is read: what the options leave out is guessed.

    Raises
    ------
    InputError
        The file is not a table with two columns, or a chosen column does not exist or is chosen twice.
    """
    images = image_members(upload) if upload.head else []
    member = options.member or table_member(upload)
    of_member = upload.of_member(member) if member != upload.member else upload
    wanted = [*names_in(options.left), *names_in(options.right), *names_in(options.groups)]
    sample = None if of_member.table is None else with_header(of_member.table, wanted)
    if sample is None and options.layout is None:
        of_member.refuse_header_only()
        raise InputError(
            "The file is not a table, so there are no pairs in it.",
            remedy="Use a table (CSV, TSV, Parquet, Excel), or an archive with a table that names its images.",
        )
    options = _with_format(options, sample, member)
    names, rows = read_head(of_member, options.table_format, upload.limits, _SAMPLE_ROWS)
    rows = [[*row, *[""] * (len(names) - len(row))][: len(names)] for row in rows]
    if len(names) < 2:
        raise InputError(
            "Pairs need two columns.", received=f"{len(names)} column", remedy="Check the separator of columns."
        )
    groups = [resolve_column(names, name) for name in names_in(options.groups)]
    left, right = _sides(names, rows, options, groups, images)
    chosen = [left, *right]
    if len(set(chosen)) < len(chosen):
        raise InputError(
            "A column is on both sides, or chosen twice.",
            received=", ".join(names[each] for each in chosen),
            remedy="Choose different columns.",
        )
    given: list[Form | None] = [options.left_form, *_padded(options, len(right))]
    forms = [
        form or form_of([row[position] for row in rows], options.tag_separator, images)
        for form, position in zip(given, chosen, strict=True)
    ]
    if "image" in forms and not images:
        raise InputError(
            "The file contains no images.",
            received=", ".join(names[each] for each, form in zip(chosen, forms, strict=True) if form == "image"),
            remedy="Import a zip archive with the images and a table that names them, or choose another form.",
        )
    if options.table_format.has_header:
        shown = [names[position] for position in chosen]
    else:
        shown = [_name_of_form(form, is_left=number == 0) for number, form in enumerate(forms)]
    complete = options.model_copy(
        update={
            "left": _choice(names, left),
            "right": ",".join(_choice(names, each) for each in right),
            "left_form": forms[0],
            "right_forms": ",".join(forms[1:]),
            "groups": ",".join(_choice(names, each) for each in groups) or None,
        }
    )
    said = [sample.renamed] if sample is not None and sample.renamed and sample.names == names else []
    return Plan(complete, _kind_names(shown), forms, chosen, groups, rows, names, said)


def _with_format(options: PairsOptions, sample: TableSample | None, member: str | None) -> PairsOptions:
    update: dict[str, object] = {"member": member}
    if sample is not None:
        found = sample.table_format
        detected = {
            "layout": str(found.layout),
            "encoding": found.encoding,
            "delimiter": found.delimiter,
            "has_header": found.has_header,
            "quoting": found.quoting,
            "skip_lines": found.skip_lines,
            "sheet": found.sheet,
        }
        if options.layout in {None, detected["layout"]}:
            update |= {name: value for name, value in detected.items() if getattr(options, name) is None}
    return options.model_copy(update=update)


def _padded(options: PairsOptions, n_right: int) -> list[Form | None]:
    forms: list[Form | None] = list(names_in(options.right_forms))  # type: ignore[arg-type]
    if len(forms) > n_right:
        raise InputError(
            "There are more forms than columns on the right.",
            received=f"{len(forms)} forms, {n_right} columns",
            remedy="Give one form for each column.",
        )
    return [*forms, *[None] * (n_right - len(forms))]


def _choice(names: Sequence[str], position: int) -> str:
    """Return how an option names a column: by its name, or by its number where the name would be ambiguous."""
    name = names[position]
    return name if name.strip() == name and "," not in name and names.index(name) == position else str(position)


def _name_of_form(form: Form, *, is_left: bool) -> str:
    """Return what the things of a column without a name are called."""
    return {"id": "id" if is_left else "label", "tags": "tag"}.get(form, form)


def _kind_names(shown: Sequence[str]) -> list[str]:
    """Return a different, non-empty name for each column."""
    found: list[str] = []
    for number, name in enumerate(shown):
        plain = " ".join(name.split())[:40] or unnamed_column(number)
        while plain in found:
            plain += "'"
        found.append(plain)
    return found


def _sides(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: PairsOptions,
    groups: Sequence[int],
    images: Sequence[str],
) -> tuple[int, list[int]]:
    right = [resolve_column(names, name) for name in names_in(options.right)]
    if len(right) > MOST_RIGHT:
        raise InputError(
            f"There can be at most {MOST_RIGHT} columns on the right.", received=len(right), remedy="Choose fewer."
        )
    usable = [place for place in range(len(names)) if place not in groups]
    if options.left is not None:
        left = resolve_column(names, options.left)
        return left, right or _right_of([each for each in usable if each != left], names, rows)
    usable = [place for place in usable if place not in right]
    lower = [name.strip().lower() for name in names]
    if not right and "left" in lower and "right" in lower:
        return lower.index("left"), [lower.index("right")]
    if not usable:
        raise InputError("No column is left for the left side.", received=options.right, remedy="Choose fewer.")
    forms = {place: form_of([row[place] for row in rows], options.tag_separator, images) for place in usable}
    candidates = [place for place in usable if lower[place] not in LABEL_NAMES] or usable
    left = next((place for place in candidates if forms[place] == "image"), -1)
    if left < 0:
        texts = [place for place in candidates if forms[place] == "text"]
        left = max(texts, key=lambda place: _n_words(rows, place)) if texts else candidates[0]
    return left, right or _right_of([each for each in usable if each != left], names, rows)


def _n_words(rows: Sequence[Sequence[str]], place: int) -> int:
    return sum(len(words_of(row[place])) for row in rows)


def _right_of(usable: Sequence[int], names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of labels or tags; without any, the first that is not a number, or else the first."""
    if not usable:
        raise InputError("No column is left for the right side.", remedy="Choose another column on the left.")
    labels = [place for place in usable if names[place].strip().lower() in LABEL_NAMES]
    if labels:
        return labels[:MOST_RIGHT]
    filled = [place for place in usable if any(row[place].strip() not in MISSING for row in rows)] or list(usable)
    kinds = {place: column_type([row[place] for row in rows]) for place in filled}
    return [next((place for place in filled if kinds[place] != ColumnType.NUMBER), filled[0])]
