"""Tables that are neither delimited nor Parquet, and what all readers of tables share."""
