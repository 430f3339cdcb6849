"""Tables with a row for each case and a column for each variable, with or without a target to predict."""

from embedlab.kinds.table.columns import TableColumn
from embedlab.kinds.table.dataset import NumericMatrix, TableDataset
from embedlab.kinds.table.options import TableOptions
from embedlab.kinds.table.target import Target

__all__ = ["NumericMatrix", "TableColumn", "TableDataset", "TableOptions", "Target"]
