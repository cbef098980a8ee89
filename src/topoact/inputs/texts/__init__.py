"""Texts and words from folders, tables and CoNLL-U files."""
