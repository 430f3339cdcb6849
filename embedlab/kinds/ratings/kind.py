"""Ratings as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, KeyNames, Noun, Preview, Values
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.guess import Guess
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset
    from embedlab.kinds.ratings.options import RatingsOptions


class RatingsKind(DatasetKind["RatingsOptions"]):
    """Ratings of items by users, one per row, with an optional published test part and an optional table of items."""

    name = Kind.RATINGS
    title = "Ratings"
    summary = (
        "Ratings of items by users, or what they chose: a table with a row for each rating, purchase or play count, "
        "a column for each item, or a basket on each line."
    )
    nouns: ClassVar[Mapping[str, Noun]] = {
        "ratings": Noun("rating", "ratings"),
        "users": Noun("user", "users"),
        "items": Noun("item", "items"),
        "test_ratings": Noun("test rating", "test ratings"),
    }
    example = "userId,movieId,rating\n1,296,4.5"
    example_keys = ("Toy Story (1995)", "Bug's Life, A (1998)", "Heat (1995)")
    companions = (
        Companion("items", "Items file", "Titles, genres and years by item, such as movies.csv, movies.dat or u.item."),
        Companion("test", "Test file", "The published test part of the data, in the format of the main file."),
        Companion("users", "Users file", "Age, country or any other columns by user, such as users.csv or users.dat."),
        Companion("tags", "Tags file", "Tags that users gave to items, one per row, such as tags.csv."),
    )
    # Before vectors: a wide table of decimal ratings also looks like one of vectors.
    sniff_order = 8
    reported_details = ("feedback", "count_scaling", "scale", "mean_rating")
    one_hot_count = "items"
    default_shares = (0.1, 0.1)
    protocol_names = ("random", "leave-last", "time-cut", "unseen-users")
    cases = "ratings"
    certain_counts = ("ratings", "users", "items")
    files = r"(test_)?(users|items|ratings|times)\.npy|(users|items|unrated_items)\.parquet"

    @property
    def options_class(self) -> type[RatingsOptions]:
        """How a file of ratings is read."""
        from embedlab.kinds.ratings.options import RatingsOptions

        return RatingsOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file is a table with columns of user and item, or holds baskets."""
        from embedlab.kinds.ratings.sniffing import ratings_in

        try:
            return ratings_in(self.name, upload)
        except InputError:
            # The kinds that are asked later say what the file is instead, and why it cannot be read.
            return None

    def guess_options(self, upload: OpenedUpload) -> RatingsOptions:
        """Return options with everything guessed."""
        from embedlab.kinds.ratings.options import RatingsOptions, complete

        return complete(upload, RatingsOptions(member=upload.member), upload.limits)

    def preview(self, upload: OpenedUpload, options: RatingsOptions, context: BuildContext) -> Preview:
        """Read the first ratings."""
        from embedlab.kinds.ratings.preview import preview_ratings

        seen = preview_ratings(upload, options, context.limits)
        width = len(seen.column_names)
        rows = [[*row, *[""] * (width - len(row))][:width] for row in seen.rows]
        return Preview(dict(seen.counts), seen.column_names, rows, [*seen.assumptions, *seen.warnings], seen.is_all)

    def build(self, upload: OpenedUpload, options: RatingsOptions, folder: Path, context: BuildContext) -> Built:
        """Import ratings, streaming."""
        from embedlab.kinds.ratings.importing import import_ratings

        imported = import_ratings(
            upload,
            options,
            folder,
            items_path=context.companions.get("items"),
            test_path=context.companions.get("test"),
            tags_path=context.companions.get("tags"),
            users_path=context.companions.get("users"),
            limits=context.limits,
            report=context.report,
        )
        return Built(imported)

    def open(self, folder: Path) -> RatingsDataset:
        """Open the ratings in a folder."""
        from embedlab.kinds.ratings.dataset import RatingsDataset

        return RatingsDataset.open(folder)

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        """Return whether a file holds titles, tags or a test part of these ratings."""
        from embedlab.kinds.ratings.second_files.companions import match

        return match(main, other)

    def companion_summary(self, name: str, imported: Imported) -> str:
        """Return how many items have titles or tags, how many users have columns, or the size of the test part."""
        if name == "test":
            return f"{imported.counts.get('test_ratings', 0):,} test ratings"
        figures = imported.details.get(f"{name}_file")
        if figures is None:
            return ""
        if name == "users":
            columns = ", ".join(figures["columns"]) or "no columns"
            return matched(columns, figures["matched"], int(imported.counts["users"]), "users")
        what = {"items": "titles", "tags": "tags"}[name]
        return matched(what, figures["matched"], int(imported.counts["items"]), "items")

    def one_hot(self, dataset: RatingsDataset, min_count: int) -> Values:  # noqa: ARG002
        """Return all rated items."""
        items = dataset.items
        return Values(items["key"].tolist(), dict(zip(items["key"], items["label"].astype(str), strict=True)), "items")

    def key_names(self, dataset: RatingsDataset, role: str, most: int) -> KeyNames:
        """Return the titles of the most rated items; users have none."""
        if role != "items":
            return KeyNames({}, {})
        items = dataset.items.head(most)
        return KeyNames(dict(zip(items["key"].astype(str), items["label"].astype(str), strict=True)), {})
