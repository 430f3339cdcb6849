"""Texts in files of all layouts: tables, archives, dumps, subtitles, labels at the start of lines."""
