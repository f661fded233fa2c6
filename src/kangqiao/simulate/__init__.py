"""A made-up city that sends what the published figures say: it knocks at the doors like a hospital.

    figures      what 51 institutions reported in one month, as published
    scale        the plan: whole numbers of rows, visits and cents for a smaller city
    population   people, from a seed and an index
    days         which days of the month are busy
    medicine     diagnoses, drugs, laboratory panels, departments: data files
    tables/      columns of each prescribed dataset
    faults       rows that break exactly one rule, on purpose
    writing      how an institution writes its files: encoding, header, delimiter
    city         all of it, institution by institution

No person in it is real. The same seed and arguments give the same bytes.
"""
