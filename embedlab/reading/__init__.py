"""From bytes to opened sources: packing and limits, encodings, tables, columns, downloads."""
