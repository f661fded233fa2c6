"""Rows that break exactly one rule, on purpose, so that what the judges find can be compared with what was planted.

A faulty row that will be rejected is a copy of a good row under a key of its own, so nothing refers to it; a fault
that only warns is made in a good row, which is stored all the same.
"""
