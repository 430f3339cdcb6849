"""Recognizing edge lists: only comments or names of columns are clear, since two columns of numbers may be anything."""

from __future__ import annotations

from dataclasses import replace

from embedlab.core.kind import Kind
from embedlab.kinds.graph.columns import announces_graph, edge_columns, share_nodes, with_header
from embedlab.kinds.graph.reading import FIRST_ROW_NAMES, spaced_rows
from embedlab.kinds.guess import Column, Guess
from embedlab.reading.columns import column_type
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import renamed_columns


def graph_in(upload: OpenedUpload) -> Guess | None:
    """Return a guess if comments or names of columns say that a file is an edge list, and its columns share nodes."""
    table = upload.table
    is_text = not (upload.is_parquet or upload.is_workbook)
    announced = is_text and announces_graph(upload.lines)
    if table is not None and len(table.names) >= 2:
        names, rows, has_header = with_header(table.names, table.rows, has_header=table.table_format.has_header)
        columns = edge_columns(names, rows, has_header=has_header)
        if columns is None or not (announced or columns.are_named) or not share_nodes(rows, columns):
            return None
        if has_header != table.table_format.has_header:
            reasons = [*table.reasons[:1], FIRST_ROW_NAMES, *filter(None, [renamed_columns(table.rows[0], names)])]
            stored = replace(table.table_format, has_header=True)
            table = replace(table, names=names, rows=rows, table_format=stored, reasons=reasons)
        roles = {columns.source: "source", columns.target: "target"}
        if columns.weight is not None:
            roles[columns.weight] = "weight"
        return Guess.of_table(Kind.GRAPH, table, roles, _REASONS[announced])
    found = spaced_rows(upload.lines) if is_text else None
    if found is None:
        return None
    names, rows, has_header, n_skipped = found
    columns = edge_columns(names, rows, has_header=has_header)
    if columns is None or not (announced or columns.are_named) or not share_nodes(rows, columns):
        return None
    roles = {columns.source: "source", columns.target: "target"}
    if columns.weight is not None:
        roles[columns.weight] = "weight"
    return Guess(
        Kind.GRAPH,
        Layout.LINES,
        upload.encoding,
        None,
        has_header,
        columns=[
            Column(name, place, column_type([row[place] for row in rows]), roles.get(place, ""))
            for place, name in enumerate(names)
        ],
        member=upload.member,
        reasons=["Spaces or tabs separate the columns.", _REASONS[announced]],
        skip_lines=n_skipped,
    )


_REASONS = {
    True: "Comments at the start say that a graph follows.",
    False: "The names of the columns are those of edges, and some nodes occur in both.",
}
