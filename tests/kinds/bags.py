"""A complete kind of data in one file: bags of symbols, one per line, separated by commas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from embedlab.core.errors import InputError, StorageError
from embedlab.core.files import write_json
from embedlab.core.stored import damaged
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, Noun, Preview, Values
from embedlab.kinds.guess import Guess
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import open_text

BAGS_FILE = "bags.json"
SAMPLE = "a,b,c\nb,c\na,b,c,d\nc,a\n"


class BagsOptions(BaseModel):
    """How a file of bags is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    duplicates: Literal["keep", "drop"] = Field("keep", description="What to do with a symbol that a bag has twice.")
    smallest: int = Field(1, ge=1, le=100, description="Leave out bags of fewer symbols.")
    upper_case: bool = Field(False, description="Write all symbols in upper case.")
    member: str | None = Field(None, description="Which file of a zip archive.")


@dataclass(frozen=True)
class BagsDataset:
    """Imported bags."""

    folder: Path
    bags: list[list[str]]
    names: dict[str, str]


class BagsKind(DatasetKind[BagsOptions]):
    """Bags of symbols."""

    name = "bags"
    title = "Bags of symbols"
    summary = "Bags of symbols: one bag per line, separated by commas."
    nouns: ClassVar[Mapping[str, Noun]] = {
        "bags": Noun("bag", "bags"),
        "symbols": Noun("different symbol", "different symbols"),
    }
    companions = (Companion("names", "Names of the symbols", "One per line: symbol=name."),)
    sniff_order = 5
    one_hot_count = "symbols"
    files = r"bags\.json"
    options_class = BagsOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Recognize lines of short symbols, not all with the same number of them."""
        bags = [line.split(",") for line in upload.lines if line]
        are_symbols = all(0 < len(symbol) <= 3 and symbol.isalpha() for bag in bags for symbol in bag)
        if not are_symbols or len({len(bag) for bag in bags}) < 2:
            return None
        reason = "Each line holds short symbols, separated by commas."
        return Guess(self.name, Layout.LINES, upload.encoding, member=upload.member, reasons=[reason])

    def guess_options(self, upload: OpenedUpload) -> BagsOptions:
        """Upper case where the file has it everywhere."""
        return BagsOptions(upper_case="".join(upload.lines).isupper(), member=upload.member)

    def preview(self, upload: OpenedUpload, options: BagsOptions, context: BuildContext) -> Preview:
        """Read all bags: they are few."""
        bags = _read(upload, options)
        return Preview(_counts(bags), ["Bag"], [[" ".join(bag)] for bag in bags[:10]])

    def build(self, upload: OpenedUpload, options: BagsOptions, folder: Path, context: BuildContext) -> Built:
        """Write the bags as JSON."""
        bags = _read(upload, options)
        names: dict[str, str] = {}
        if (beside := context.companions.get("names")) is not None:
            with open_text(beside, "utf-8", context.limits) as stream:
                names = dict(line.strip().split("=", 1) for line in stream if "=" in line)
        context.report(0.5, "writing")
        write_json(folder / BAGS_FILE, {"bags": bags, "names": names})
        return Built(Imported(self.name, _counts(bags), options.model_dump(mode="json"), [], {"named": len(names)}))

    def open(self, folder: Path) -> BagsDataset:
        """Open the JSON file."""
        imported = Imported.load(folder)
        if imported.kind != self.name:
            raise StorageError("The folder does not hold bags.", received=folder.name)
        try:
            stored = json.loads((folder / BAGS_FILE).read_text(encoding="utf-8"))
            return BagsDataset(folder, [list(bag) for bag in stored["bags"]], dict(stored["names"]))
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise damaged(BAGS_FILE) from error

    def one_hot(self, dataset: BagsDataset, min_count: int) -> Values:
        """Return the symbols, most frequent first."""
        counts = Counter(symbol for bag in dataset.bags for symbol in bag)
        return Values([symbol for symbol, n in counts.most_common() if n >= min_count], dataset.names, "symbols")


def _read(upload: OpenedUpload, options: BagsOptions) -> list[list[str]]:
    with open_text(upload, "utf-8", upload.limits, options.member) as stream:
        bags = [line.strip().split(",") for line in stream if line.strip()]
    if options.upper_case:
        bags = [[symbol.upper() for symbol in bag] for bag in bags]
    if options.duplicates == "drop":
        bags = [list(dict.fromkeys(bag)) for bag in bags]
    bags = [bag for bag in bags if len(bag) >= options.smallest]
    if not bags:
        raise InputError("No bag is left.", received=f"smallest={options.smallest}", remedy="Choose a smaller number.")
    return bags


def _counts(bags: list[list[str]]) -> dict[str, Any]:
    return {"bags": len(bags), "symbols": len({symbol for bag in bags for symbol in bag})}
