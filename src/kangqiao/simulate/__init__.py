"""A made-up city that sends what the published figures say: it knocks at the doors like a hospital.

    figures      what 51 institutions reported in June 2024, as published
    tables_month what 37 institutions reported in May 2020: tables declared and uploaded, rows, days, health records
    choosing     which tables an institution of 2020 sends, and how many rows of each
    scale        the plan: whole numbers of rows, visits and cents for a smaller city
    population   people, from a seed and an index
    days         which days of the month are busy
    medicine     diagnoses, drugs, laboratory panels, departments: data files
    tables/      columns of each prescribed dataset
    generic      clean rows of any dataset, from its definition alone
    faults       rows that break exactly one rule, on purpose
    writing      how an institution writes its files: encoding, header, delimiter
    city         all of it, institution by institution; tables_city for a month told by tables

No person in it is real. The same seed and arguments give the same bytes.
"""
