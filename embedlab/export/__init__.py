"""Export of embeddings to the formats of other tools."""

from embedlab.export.download import export_download, export_zip, file_stem
from embedlab.export.formats import FORMATS, Format, export_embedding

__all__ = ["FORMATS", "Format", "export_download", "export_embedding", "export_zip", "file_stem"]
