"""Files as hospitals write them: compressed, in GB18030, quoted, ragged, broken.

``received`` opens and unpacks, ``header`` finds the columns, ``records`` cuts records and sets aside the
ones that are not rows, ``spool`` collects what is left, so that the files of a dataset are judged in one pass.
"""
