"""Sequences of events as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.errors import InputError
from embedlab.kinds.base import BuildContext, Built, DatasetKind, KeyNames, Noun, Preview, Values
from embedlab.kinds.guess import Guess
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.kinds.sequences.details import SequencesDetails
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.sequences.dataset import SequencesDataset
    from embedlab.kinds.sequences.options import SequencesOptions

_PREVIEW_EVENTS = 50_000
_PREVIEW_ROWS = 20
_PREVIEW_ITEMS = 12


class SequencesKind(DatasetKind["SequencesOptions"]):
    """Ordered events of users: who, what and when."""

    name = SEQUENCES
    title = "Sequences"
    summary = (
        "Events in order: who did what, and when. A table with one event per row, one sequence or basket per line, "
        "the access log of a web server, or FASTA."
    )
    nouns: ClassVar[Mapping[str, Noun]] = {
        "events": Noun("event", "events"),
        "sequences": Noun("sequence", "sequences"),
        "users": Noun("user", "users"),
        "items": Noun("item", "items"),
    }
    example = "user,item,time\nann,home,2024-05-01 10:00\nann,cart,2024-05-01 10:02"
    # Before ratings and text: only what has marks of its own is recognized.
    sniff_order = 6
    reported_details = ("shape", "order", "share_of_repeats", "predict_repeats")
    one_hot_count = "items"
    default_shares = (0.1, 0.2)
    cases = "users"
    certain_counts = ("events", "sequences", "users", "items")
    details_class = SequencesDetails
    files = r"(items|starts|sequence_users|times)\.npy|(users|items)\.parquet"

    @property
    def options_class(self) -> type[SequencesOptions]:
        """How a file of sequences is read."""
        from embedlab.kinds.sequences.options import SequencesOptions

        return SequencesOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file has typed lines, or is an access log or FASTA."""
        from embedlab.kinds.sequences.sniffing import sequences_in

        try:
            return sequences_in(self.name, upload)
        except InputError:
            # The kinds that are asked later say why the file cannot be read.
            return None

    def guess_options(self, upload: OpenedUpload) -> SequencesOptions:
        """Return options with everything guessed."""
        from embedlab.kinds.sequences.options import SequencesOptions
        from embedlab.kinds.sequences.sniffing import complete

        return complete(upload, SequencesOptions(member=upload.member))

    def preview(self, upload: OpenedUpload, options: SequencesOptions, context: BuildContext) -> Preview:  # noqa: ARG002
        """Read the first events, and show the first sequences."""
        import numpy as np

        from embedlab.kinds.reading_report import Changes
        from embedlab.kinds.sequences.importing import arranged, counts_of, read_events
        from embedlab.kinds.sequences.sniffing import complete

        completed = complete(upload, options)
        changes = Changes()
        events, is_all = read_events(upload, completed, changes, lambda _: None, _PREVIEW_EVENTS)
        found = arranged(events, completed)
        rows = []
        lengths = np.diff(found.starts)
        # Sequences of one event show little.
        for number in np.argsort(lengths < 2, kind="stable")[:_PREVIEW_ROWS].tolist():
            items = found.items[found.starts[number] : found.starts[number + 1]].tolist()
            shown = [events.titles.get(key, key) for key in (events.item_keys[item] for item in items[:_PREVIEW_ITEMS])]
            more = [f"and {len(items) - _PREVIEW_ITEMS:,} more"] if len(items) > _PREVIEW_ITEMS else []
            rows.append([events.user_keys[found.users[number]], f"{len(items):,}", " → ".join([*shown, *more])])
        table = upload.table if completed.shape == "events" else None
        said = [table.renamed] if table is not None and table.renamed else []
        return Preview(
            counts_of(found, events), ["User", "Events", "Items in order"], rows, changes.sentences(), is_all, said
        )

    def build(self, upload: OpenedUpload, options: SequencesOptions, folder: Path, context: BuildContext) -> Built:
        """Import the events, streaming."""
        from embedlab.kinds.sequences.importing import import_sequences

        return Built(import_sequences(upload, options, folder, context.report))

    def open(self, folder: Path) -> SequencesDataset:
        """Open the sequences in a folder."""
        from embedlab.kinds.sequences.dataset import SequencesDataset

        return SequencesDataset.open(folder)

    def one_hot(self, dataset: SequencesDataset, min_count: int) -> Values:  # noqa: ARG002
        """Return all items."""
        items = dataset.items
        return Values(items["key"].tolist(), dict(zip(items["key"], items["label"].astype(str), strict=True)), "items")

    def key_names(self, dataset: SequencesDataset, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return the titles of the most frequent items."""
        items = dataset.items.head(most)
        return KeyNames(dict(zip(items["key"].astype(str), items["label"].astype(str), strict=True)), {})
