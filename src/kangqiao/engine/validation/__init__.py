"""One SQL pass judges the files of a dataset.

``checks`` lists what is checked, ``compile`` makes the SQL, ``judge`` runs it, ``findings`` says it in Chinese.
"""
