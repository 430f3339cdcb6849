"""Tables as a kind of dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from embedlab.core.kind import Kind
from embedlab.core.roles import first_color
from embedlab.kinds.base import BuildContext, Built, DatasetKind, KeyNames, Noun, Preview
from embedlab.kinds.guess import Guess
from embedlab.kinds.table.details import TableDetails
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.table.dataset import TableDataset
    from embedlab.kinds.table.options import TableOptions

#: Rows whose category is known during a training: those of its film are among the first.
_MOST_CLASSIFIED = 100_000


class TableKind(DatasetKind["TableOptions"]):
    """A table with a row for each case: categories, numbers, texts and dates, and perhaps a target to predict."""

    name = Kind("table")
    title = "Table"
    summary = (
        "A table with categories, numbers, texts and dates, one case per row: predict a column from the others, or, "
        "without a target, compare the rows by their numbers. A zip of short WAV files is read as a table of their "
        "features."
    )
    nouns: ClassVar[Mapping[str, Noun]] = {
        "rows": Noun("row", "rows"),
        "columns": Noun("column", "columns"),
        "values": Noun("categorical value", "categorical values"),
        "classes": Noun("class", "classes"),
        "words": Noun("word in texts", "words in texts"),
        "numbers": Noun("numeric column", "numeric columns"),
    }
    example = "zipcode,sqft,price\n98178,1180,221900"
    # After ratings and vectors, which are tables too, and before text, which reads any file.
    sniff_order = 90
    reported_details = ("target",)
    default_shares = (0.1, 0.2)
    cases = "rows"
    certain_counts = ("rows", "columns", "values")
    details_class = TableDetails
    files = r"columns\.json|rows\.parquet|column_\d{1,4}\.npy|values_\d{1,4}\.parquet"

    @property
    def options_class(self) -> type[TableOptions]:
        """How a table is read."""
        from embedlab.kinds.table.options import TableOptions

        return TableOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file is a table of named columns, mostly numbers and categories, without prose."""
        from embedlab.kinds.table.sniffing import table_in

        return table_in(self.name, upload)

    def also_fits(self, upload: OpenedUpload) -> str:
        """Return what can be predicted in a table that was recognized as text because of one column of it."""
        from embedlab.kinds.table.sniffing import n_number_columns

        n_numbers = n_number_columns(upload)
        if n_numbers is None:
            return ""
        return (
            f"The file has {n_numbers} columns of numbers, too. Read as a table, one column, such as a price, is "
            "predicted from the others, texts included."
        )

    def guess_options(self, upload: OpenedUpload) -> TableOptions:
        """Return options that leave everything to the content of the file; there is no target."""
        from embedlab.kinds.table.options import TableOptions
        from embedlab.kinds.table.sounds import sounds_in

        return TableOptions() if sounds_in(upload) is not None else TableOptions(member=upload.member)

    def preview(self, upload: OpenedUpload, options: TableOptions, context: BuildContext) -> Preview:  # noqa: ARG002
        """Read the first rows."""
        from embedlab.kinds.table.preview import preview_table

        seen = preview_table(upload, options)
        width = len(seen.names)
        rows = [[*row, *[""] * (width - len(row))][:width] for row in seen.rows]
        return Preview(
            dict(seen.counts),
            seen.names,
            rows,
            [seen.problem] if seen.problem else [],
            is_complete=seen.is_complete,
            assumptions=[seen.renamed] if seen.renamed else [],
        )

    def build(self, upload: OpenedUpload, options: TableOptions, folder: Path, context: BuildContext) -> Built:
        """Import a table, streaming."""
        from embedlab.kinds.table.importing import import_table

        return Built(import_table(self.name, upload, options, folder, context.report))

    def key_names(self, dataset: TableDataset, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return the category that initially colors a map of the rows: the target, or the first one."""
        if role != "rows":
            return KeyNames({}, {})
        categories = [column.name for column in dataset.columns if column.type == "category"]
        if dataset.target is not None:
            categories.sort(key=dataset.target.name.__ne__)
        name = first_color(role, pd.DataFrame(columns=categories, dtype=object))
        if name is None:
            return KeyNames({}, {})
        values = dataset.metadata([name])[name].head(_MOST_CLASSIFIED)
        return KeyNames({}, {key: value for key, value in zip(dataset.row_keys, values, strict=False) if value})

    def texts(self, dataset: TableDataset) -> Iterator[str]:
        """Yield the cells of the columns of text."""
        for column in dataset.columns:
            if column.type == "text":
                yield from dataset.texts(column.name)

    def open(self, folder: Path) -> TableDataset:
        """Open the table in a folder."""
        from embedlab.kinds.table.dataset import TableDataset

        return TableDataset.open(folder)
