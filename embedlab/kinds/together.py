"""Several files given together: which one holds the data, and what the others are for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile
from embedlab.kinds.registry import AnyKind
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.sniffing import sniff_opened


@dataclass(frozen=True)
class Unused:
    """A file that is not used: why, and what it could be if its owner says so."""

    file: int
    reason: str
    match: CompanionMatch | None = None


@dataclass(frozen=True)
class Arrangement:
    """The files of one dataset, by their numbers in the list.

    Parameters
    ----------
    kind
        Name of the kind of data.
    main
        The file of the data, or all of them where the kind reads several files as one dataset.
    companions
        What the other files are for it, by file.
    unused
        The remaining files; none is left out in silence.
    """

    kind: str
    main: tuple[int, ...]
    companions: dict[int, CompanionMatch] = field(default_factory=dict)
    unused: tuple[Unused, ...] = ()

    @property
    def confidence(self) -> float:
        """Sum over the companions: the arrangement that explains most files is the best."""
        return sum(match.confidence for match in self.companions.values())


#: Of more files than this none is tried as a companion: they are documents.
_MOST_TRIED = 12


def arrange(files: Sequence[NamedFile]) -> Arrangement:
    """Return what each of several files is.

    Every file is tried as the main one; its kind says which of the others are its companions. The files that explain
    each other best are used. If none does, or there are more than 12, files of a kind that reads several files become
    one dataset together.

    Raises
    ------
    InputError
        No file can be read; or there is none.
    """
    if not files:
        raise InputError("There is no file.", remedy="Choose at least one file.")
    kinds: dict[int, AnyKind] = {}
    shapes: dict[int, tuple[str, ...]] = {}
    refusals: dict[int, EmbedLabError] = {}
    for number, file in enumerate(files):
        try:
            guess = sniff_opened(file.upload)
            kinds[number] = kind_of(guess.kind)
            shapes[number] = tuple(column.name for column in guess.columns)
        except EmbedLabError as error:
            refusals[number] = error
    if not kinds:
        raise next(iter(refusals.values()))
    found = [
        arrange_around(number, kinds[number].name, files, unreadable=refusals, tries=len(files) <= _MOST_TRIED)
        for number in kinds
    ]
    best = max(found, key=lambda each: (each.confidence, -kind_of(each.kind).sniff_order))
    if best.companions or not kind_of(best.kind).reads_several_files:
        return best
    # Tables with other columns, or plain texts beside tables, are not the same data.
    readable = [number for number, known in kinds.items() if known.name == best.kind]
    n_alike = Counter(shapes[number] for number in readable)
    usual = shapes[max(readable, key=lambda each: (n_alike[shapes[each]], files[each].upload.path.stat().st_size))]
    alike = tuple(number for number in readable if shapes[number] == usual)
    known = kind_of(best.kind)
    others = (number for number in range(len(files)) if number not in alike)
    return Arrangement(
        best.kind, alike, {}, tuple(Unused(each, reason_unused(known, None, refusals.get(each))) for each in others)
    )


def match_of(kind: str, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return what `other` is for `main`; None if it does not fit or cannot be read."""
    try:
        return kind_of(kind).match_companion(main, other)
    except EmbedLabError:
        # A file that cannot be read this way is no companion; whoever uses it nevertheless sees the error then.
        return None


def arrange_around(
    main: int,
    kind: str,
    files: Sequence[NamedFile],
    *,
    unreadable: Mapping[int, EmbedLabError] = MappingProxyType({}),
    tries: bool = True,
) -> Arrangement:
    """Return what the other files are for a chosen one; each companion is taken by the file that fits it best.

    Parameters
    ----------
    main
        Number of the file with the data.
    kind
        Name of its kind.
    unreadable
        Errors of files that no kind can read.
    tries
        Whether other files are read at all.
    """
    known = kind_of(kind)
    others = [number for number in range(len(files)) if number != main]
    matches = {
        number: match
        for number in others
        if tries and number not in unreadable and (match := match_of(kind, files[main], files[number])) is not None
    }
    used: dict[int, CompanionMatch] = {}
    for number, match in sorted(matches.items(), key=lambda pair: -pair[1].confidence):
        if match.is_sure and match.companion not in {each.companion for each in used.values()}:
            used[number] = match
    unused = tuple(
        Unused(number, reason_unused(known, matches.get(number), unreadable.get(number)), matches.get(number))
        for number in others
        if number not in used
    )
    return Arrangement(known.name, (main,), used, unused)


def reason_unused(kind: AnyKind, match: CompanionMatch | None, error: EmbedLabError | None = None) -> str:
    """Return in one sentence why a file is not used with data of a kind."""
    if error is not None:
        return error.what
    if match is not None:
        title = next(each.title for each in kind.companions if each.name == match.companion)
        return f"Could be used as {title.lower()}: {match.summary}."
    return f"Not recognized as a second file of the {kind.title.lower()}."
