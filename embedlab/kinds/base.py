"""The interface of a kind of data, the outcome of an import, and the description in a dataset's folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.files import read_json, write_json
from embedlab.core.kind import Counts
from embedlab.core.pictures import Pictures
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import damage_errors, damaged
from embedlab.kinds.companion_match import CompanionMatch, NamedFile
from embedlab.kinds.guess import Guess
from embedlab.kinds.protocols import Protocol, ProtocolName
from embedlab.kinds.stored_details import StoredDetails
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

DATASET_FILE = "dataset.json"


@dataclass(frozen=True)
class Imported:
    """What an import found; written as `dataset.json` into the dataset's folder.

    Parameters
    ----------
    kind
        The name of the dataset's kind.
    counts
        Text: `documents, tokens, vocabulary`; ratings: `ratings, users, items`; vectors: `keys, vector_size`.
    options
        The options of the import, as JSON.
    warnings
        Plain sentences about problems (rejected rows, a text too small to learn from).
    details
        Further figures of the kind, as JSON.
    """

    kind: str
    counts: dict[str, int | float]
    options: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the description into the dataset's folder."""
        write_json(folder / DATASET_FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Imported:
        """Read the description of the dataset in `folder`; raises `StorageError` when it is damaged."""
        stored = read_json(folder / DATASET_FILE)
        with damage_errors(DATASET_FILE):
            imported = cls(**stored)
            counts = imported.counts.values()
            if not all(isinstance(count, int | float) and not isinstance(count, bool) for count in counts):
                raise damaged(DATASET_FILE)
            if not (
                isinstance(imported.kind, str)
                and isinstance(imported.options, dict)
                and isinstance(imported.details, dict)
            ):
                raise damaged(DATASET_FILE)
            if not all(isinstance(warning, str) for warning in imported.warnings):
                raise damaged(DATASET_FILE)
            return imported


@dataclass(frozen=True)
class Noun:
    """The noun for a count: `document`, `documents`."""

    singular: str
    plural: str


@dataclass(frozen=True)
class Companion:
    """An optional second file; the request of an import names it `<name>_upload_id`."""

    name: str
    title: str
    help: str


@dataclass(frozen=True)
class Preview:
    """The start of a file before it is imported.

    Parameters
    ----------
    counts
        Counts of the part that was read, by the names of the import's counts.
    columns, rows
        The first records as text, each row as long as `columns`.
    warnings
        Plain sentences about problems.
    is_complete
        Whether the whole file was read.
    assumptions
        Plain sentences: how the file is read, and why.
    """

    counts: dict[str, int | float]
    columns: list[str]
    rows: list[list[str]]
    warnings: list[str] = field(default_factory=list)
    is_complete: bool = True
    assumptions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Values:
    """The distinct values of a dataset in the order of their indices, their labels, and their plural noun."""

    keys: list[str]
    labels: Mapping[str, str]
    noun: str


def _no_words(dataset_id: str) -> list[str]:
    raise InputError("The vocabulary of another dataset is not available here.", received=dataset_id)


@dataclass(frozen=True)
class KeyNames:
    """Display names and classes of the keys of an embedding.

    Parameters
    ----------
    labels
        Display name by key; a missing key is its own name.
    classes
        Class by key, if the dataset has classes for these keys.
    """

    labels: Mapping[str, str]
    classes: Mapping[str, str]


@dataclass(frozen=True)
class BuildContext:
    """What an import gets in addition to the file and its options.

    Parameters
    ----------
    limits
        Bounds on what is opened.
    companions
        Second files, by the name of the companion.
    report
        Called with the progress, at least once a second.
    words_of
        Returns the vocabulary of another dataset by its id.
    """

    limits: Limits = field(default_factory=Limits)
    companions: Mapping[str, Path] = field(default_factory=dict)
    report: ReportProgress = ignore_progress
    words_of: Callable[[str], list[str]] = _no_words


@dataclass(frozen=True)
class Built:
    """The result of an import: the description, and the embedding if the data already is one."""

    imported: Imported
    embedding: Embedding | None = None


OptionsT = TypeVar("OptionsT", bound=BaseModel)


class DatasetKind(ABC, Generic[OptionsT]):
    """One kind of data: how it is recognized, read, stored, opened, split, and named.

    An entry is an object of a subclass in the registry. Importing it is cheap: what reads files is imported inside its
    methods.
    """

    #: Name in the catalog, in addresses and on the command line: lower-case letters, digits and hyphens.
    name: ClassVar[str]
    #: Displayed name: `Text`.
    title: ClassVar[str]
    #: One sentence: what it is and which files contain it.
    summary: ClassVar[str]
    #: The noun of each count of an import.
    nouns: ClassVar[Mapping[str, Noun]]
    #: The first lines of a typical file, shown where files are chosen; empty: no example is shown.
    example: ClassVar[str] = ""
    #: Second files it accepts.
    companions: ClassVar[tuple[Companion, ...]] = ()
    #: Kinds are tried in this order; a kind that reads any file comes last.
    sniff_order: ClassVar[int] = 50
    #: Whether an import makes an embedding, so that there is nothing to train.
    is_embedding: ClassVar[bool] = False
    #: Whether all files of an archive, or several files together, become one dataset.
    reads_several_files: ClassVar[bool] = False
    #: Whether `words` returns a vocabulary.
    has_words: ClassVar[bool] = False
    #: Whether the keys of its embeddings are words of a language, so that tests for words apply.
    keys_are_words: ClassVar[bool] = False
    #: A typical key, one similar to it and one different from it, for examples of what may be typed.
    example_keys: ClassVar[tuple[str, str, str]] = ("this", "that", "another")
    #: The count that says how many values `one_hot` returns; None when nothing can be one-hot encoded.
    one_hot_count: ClassVar[str | None] = None
    #: Shares of the validation and the test part; None if data of this kind is never split.
    default_shares: ClassVar[tuple[float, float] | None] = None
    #: Names of the protocols that can be chosen if no test part is published.
    protocol_names: ClassVar[tuple[ProtocolName, ...]] = ("random",)
    #: The name of the count of the cases that a protocol splits.
    cases: ClassVar[str] = ""
    #: Whether equal cases are kept in the same part.
    groups_duplicates: ClassVar[bool] = False
    #: Whether `linked` returns keys that are linked to a key in the data, as nodes of a graph are.
    has_links: ClassVar[bool] = False
    #: Whether `pictures` returns any.
    has_pictures: ClassVar[bool] = False
    #: Names of details that an import reports besides its counts.
    reported_details: ClassVar[tuple[str, ...]] = ()
    #: Counts that all its datasets have.
    certain_counts: ClassVar[tuple[str, ...]] = ()
    #: Details that its datasets must have, as far as pages read them: a backup with others is refused.
    details_class: ClassVar[type[StoredDetails]] = StoredDetails
    #: Regular expression of the names of its files in a dataset's folder, besides `dataset.json`; a backup may contain
    #: no others.
    files: ClassVar[str]

    @property
    @abstractmethod
    def options_class(self) -> type[OptionsT]:
        """How a file is read: the source of form, flags and validation. All options have defaults."""

    @abstractmethod
    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file is of this kind, else None; raises `InputError` for files it cannot read."""

    @abstractmethod
    def guess_options(self, upload: OpenedUpload) -> OptionsT:
        """Return options that fit the content; raises `InputError` when there are none."""

    @abstractmethod
    def preview(self, upload: OpenedUpload, options: OptionsT, context: BuildContext) -> Preview:
        """Read the start of an upload; raises `InputError` if that is impossible with these options."""

    @abstractmethod
    def build(self, upload: OpenedUpload, options: OptionsT, folder: Path, context: BuildContext) -> Built:
        """Import an upload into an empty folder.

        Raises
        ------
        InputError
            The file or a companion cannot be read with these options. Nothing is left in the folder.
        """

    @abstractmethod
    def open(self, folder: Path) -> Any:
        """Open what `build` wrote.

        Raises
        ------
        StorageError
            The data is missing or damaged.
        InputError
            Data of this kind already is an embedding.
        """

    def also_fits(self, upload: OpenedUpload) -> str:  # noqa: ARG002
        """Return in one sentence what this kind makes of a file that another kind recognized; empty: it does not fit.

        The page offers it beside the kind that was recognized. Raises `InputError` for files it cannot read.
        """
        return ""

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:  # noqa: ARG002
        """Return which second file of `main`, a file of this kind, another file is; None if it does not fit.

        Decide by the content, as far as the content tells, and count how many ids or rows fit. Bound what is read.

        Raises
        ------
        InputError
            The other file cannot be read; it is not a companion then.
        """
        return None

    def companion_summary(self, name: str, imported: Imported) -> str:  # noqa: ARG002
        """Return what a second file brought to an imported dataset: `titles of 9,724 of 9,724 items`; empty: unknown.

        Parameters
        ----------
        name
            Of the companion.
        imported
            What the import found.
        """
        return ""

    def one_hot(self, dataset: Any, min_count: int) -> Values:  # noqa: ARG002
        """Return the values of an opened dataset that can be one-hot encoded."""
        raise InputError("This data has no values that can be one-hot encoded.", received=self.name)

    def words(self, dataset: Any) -> list[str]:  # noqa: ARG002
        """Return the vocabulary of an opened dataset, most frequent first; raises `InputError` where it has none."""
        raise InputError("This dataset has no vocabulary.", received=self.title, remedy="Choose a dataset of text.")

    def texts(self, dataset: Any) -> Iterable[str]:  # noqa: ARG002
        """Return the texts of an opened dataset without a vocabulary, to find those that it shares with a text."""
        return ()

    def key_names(self, dataset: Any, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return display names of the first keys of an embedding that is being trained on a dataset."""
        return KeyNames({}, {})

    def kept_words(self, dataset: Any, min_count: int) -> tuple[int, int]:  # noqa: ARG002
        """Return the number of words with at least `min_count` occurrences, and of all their occurrences together.

        Zeros where the data has no vocabulary.
        """
        return 0, 0

    def original(self, dataset: Any, role: str, key: str) -> str | None:  # noqa: ARG002
        """Return what an embedding's key stands for as it was in the file, in full; None where nothing is stored.

        Parameters
        ----------
        dataset
            An opened dataset.
        role
            Name of the embedding: `documents`, `words`, ...
        key
            One of its keys.
        """
        return None

    def linked(self, dataset: Any, role: str, key: str) -> list[str]:  # noqa: ARG002
        """Return the keys that are linked to a key of an embedding in the data itself; empty where nothing is linked.

        Parameters
        ----------
        dataset
            An opened dataset.
        role
            Name of the embedding.
        key
            One of its keys.
        """
        return []

    def pictures(self, dataset: Any, role: str) -> Pictures | None:  # noqa: ARG002
        """Return pictures of an embedding's keys, which the map shows; None where they have none.

        Parameters
        ----------
        dataset
            An opened dataset.
        role
            Name of the embedding.
        """
        return None

    def words_from(self, options: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """Return the id of the dataset whose words the options of an import need, or None."""
        return None

    def default_protocol(self, counts: Counts) -> Protocol:
        """Return the default protocol of a dataset.

        Parameters
        ----------
        counts
            `test_<cases>`, such as `test_ratings`, is present if there is a published test part.

        Raises
        ------
        InputError
            Data of this kind is never split.
        """
        if self.default_shares is None:
            raise InputError("Data of this kind has no evaluation protocol.", received=self.name)
        validation_share, test_share = self.default_shares
        if f"test_{self.cases}" in counts:
            return Protocol("published", 0, validation_share, 0.0)
        return Protocol("random", 0, validation_share, test_share)

    def protocol_before_0004(self, counts: Counts, seed: int) -> Protocol:
        """Return the protocol of runs of versions without protocols: the model's seed split cases one by one."""
        first = replace(self.default_protocol(counts), seed=seed)
        return replace(first, duplicates="apart") if self.groups_duplicates else first
