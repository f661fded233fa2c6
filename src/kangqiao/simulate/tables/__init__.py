"""Columns of each prescribed dataset, a chunk of rows at a time."""
