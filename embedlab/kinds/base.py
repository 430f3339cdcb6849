"""What all kinds of datasets share: what a kind provides, the outcome of an import, and the folder datasets live in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.files import read_json, write_json
from embedlab.core.kind import Counts
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import damage_told, damaged
from embedlab.kinds.guess import Guess
from embedlab.kinds.protocols import Protocol
from embedlab.reading.opened import Opened
from embedlab.reading.sources import Limits

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
        The options the import was made with, as JSON.
    warnings
        Plain sentences about what is odd (left-out rows, a text too small to learn from).
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
        with damage_told(DATASET_FILE):
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
    """What a count counts, as people say it: `document`, `documents`."""

    singular: str
    plural: str


@dataclass(frozen=True)
class Companion:
    """A second file that may come beside the first; the request of an import names it `<name>_upload_id`."""

    name: str
    title: str
    help: str


@dataclass(frozen=True)
class Preview:
    """What is seen of a file before it is imported.

    Parameters
    ----------
    counts
        Of what was read, by the names that the import's counts have.
    columns, rows
        The first records as text, each row as long as `columns`.
    warnings
        Plain sentences about what is odd.
    is_complete
        Whether the whole file was read.
    """

    counts: dict[str, int | float]
    columns: list[str]
    rows: list[list[str]]
    warnings: list[str] = field(default_factory=list)
    is_complete: bool = True


@dataclass(frozen=True)
class Values:
    """The distinct values of a dataset in the order of their indices, what people call them, and their plural noun."""

    keys: list[str]
    labels: Mapping[str, str]
    noun: str


def _no_words(dataset_id: str) -> list[str]:
    raise InputError("Words of another dataset cannot be read here.", received=dataset_id)


@dataclass(frozen=True)
class KeyNames:
    """What people call keys of embeddings.

    Parameters
    ----------
    labels
        By key; a key that is missing is its own label.
    classes
        By key, where the dataset has classes of such keys.
    """

    labels: Mapping[str, str]
    classes: Mapping[str, str]


@dataclass(frozen=True)
class BuildContext:
    """What an import gets beside the file and its options.

    Parameters
    ----------
    limits
        Bounds on what is opened.
    companions
        Files beside the first, by the name of the companion.
    report
        Told how far the import is, at least once a second.
    words_of
        Returns the vocabulary of another dataset by its id.
    """

    limits: Limits = field(default_factory=Limits)
    companions: Mapping[str, Path] = field(default_factory=dict)
    report: ReportProgress = ignore_progress
    words_of: Callable[[str], list[str]] = _no_words


@dataclass(frozen=True)
class Built:
    """What an import made: the description, and the embedding where the data is one already."""

    imported: Imported
    embedding: Embedding | None = None


OptionsT = TypeVar("OptionsT", bound=BaseModel)


class DatasetKind(ABC, Generic[OptionsT]):
    """One kind of data: how it is recognized, read, kept, opened, divided, and called.

    An entry is an object of a subclass in the registry. Importing it is cheap: what reads files is imported inside its
    methods.
    """

    #: Name in the catalog, in addresses and on the command line: lower-case letters, digits and hyphens.
    name: ClassVar[str]
    #: For people: `Text`.
    title: ClassVar[str]
    #: One sentence: what it is and which files hold it.
    summary: ClassVar[str]
    #: What each count of an import counts.
    nouns: ClassVar[Mapping[str, Noun]]
    #: Second files it accepts.
    companions: ClassVar[tuple[Companion, ...]] = ()
    #: Kinds are asked in this order whether they recognize a file; one that reads any file comes last.
    sniff_order: ClassVar[int] = 50
    #: Whether an import makes an embedding, so that there is nothing to train.
    is_embedding: ClassVar[bool] = False
    #: Whether all files of an archive, or several files at once, become one dataset.
    reads_several_files: ClassVar[bool] = False
    #: Whether `words` returns a vocabulary.
    has_words: ClassVar[bool] = False
    #: Whether the keys of its embeddings are words of a language, so that tests for words apply.
    keys_are_words: ClassVar[bool] = False
    #: The count that says how many values `one_hot` returns; None when nothing can be one-hot encoded.
    one_hot_count: ClassVar[str | None] = None
    #: Shares of the validation and the test part; None when data of this kind is never divided.
    default_shares: ClassVar[tuple[float, float] | None] = None
    #: The count of what a protocol divides.
    cases: ClassVar[str] = ""
    #: Whether cases that are alike are kept in the same part.
    groups_duplicates: ClassVar[bool] = False
    #: Regular expression of the names of its files in a dataset's folder, beside `dataset.json`; a backup may bring no
    #: others.
    files: ClassVar[str]

    @property
    @abstractmethod
    def options_class(self) -> type[OptionsT]:
        """How a file is read: makes form, flags and validation. All options have defaults."""

    @abstractmethod
    def sniff(self, upload: Opened) -> Guess | None:
        """Return a guess if the file is of this kind, else None; raises `InputError` for files it cannot look into."""

    @abstractmethod
    def guess_options(self, upload: Opened) -> OptionsT:
        """Return options that fit the content; raises `InputError` when there are none."""

    @abstractmethod
    def preview(self, path: Path, options: OptionsT, context: BuildContext) -> Preview:
        """Read the start of a file; raises `InputError` when it cannot be read with these options."""

    @abstractmethod
    def build(self, path: Path, options: OptionsT, folder: Path, context: BuildContext) -> Built:
        """Import a file into an empty folder.

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
            It is missing or damaged.
        InputError
            Data of this kind is an embedding already.
        """

    def one_hot(self, dataset: Any, min_count: int) -> Values:  # noqa: ARG002
        """Return the values of an opened dataset that can be one-hot encoded."""
        raise InputError("Nothing of this data can be one-hot encoded.", received=self.name)

    def words(self, dataset: Any) -> list[str]:  # noqa: ARG002
        """Return the vocabulary of an opened dataset, most frequent first; raises `InputError` where it has none."""
        raise InputError("This dataset has no vocabulary.", received=self.title, remedy="Choose a dataset of text.")

    def key_names(self, dataset: Any, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return what people call the first keys of an embedding that is still being learned from a dataset."""
        return KeyNames({}, {})

    def words_from(self, options: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """Return the id of the dataset whose words the options of an import need, or None."""
        return None

    def default_protocol(self, counts: Counts) -> Protocol:
        """Return the protocol of a dataset for which nobody chose one.

        Parameters
        ----------
        counts
            `test_<cases>`, such as `test_ratings`, tells of a published test part.

        Raises
        ------
        InputError
            Data of this kind is never divided.
        """
        if self.default_shares is None:
            raise InputError("Data of this kind has no evaluation protocol.", received=self.name)
        validation_share, test_share = self.default_shares
        if f"test_{self.cases}" in counts:
            return Protocol("published", 0, validation_share, 0.0)
        return Protocol("random", 0, validation_share, test_share)

    def protocol_before_0004(self, counts: Counts, seed: int) -> Protocol:
        """Return the protocol of runs of versions without protocols: the model's seed divided cases one by one."""
        first = replace(self.default_protocol(counts), seed=seed)
        return replace(first, duplicates="apart") if self.groups_duplicates else first
