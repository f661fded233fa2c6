"""The lake (数据湖): Iceberg tables, one a channel and dataset, written by DuckDB as Parquet.

How files lie, which nobody else needs to know::

    lake/
      catalog.db                                     the Iceberg catalog (SQLite)
      data/scheduled/outpatient_visit/
        NJ-H01/2024-06/<batch>-<n>.parquet           rows of one institution and month, a run of days
        metadata/                                    Iceberg's own files

A table is partitioned by institution and by month of the day. What one load brings is one snapshot, which carries
the batch's id (``kangqiao.batch``) in its summary; that is how a load that was cut off is recognised. A file holds
at most some 500,000 rows unless one day has more, so that replacing a day rewrites little.
"""
