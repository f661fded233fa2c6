"""Plausible clean rows of any dataset, made from its definition alone.

    vocabulary   what a field's Chinese title says of it: ranges, moments, words, flags (data/generic/*.csv)
    basis        what is given: the institution, the day, the people, numbers of visits to point at
    people       the persons a row speaks of: the patient, mother, father, contact
    moments      one time line for all dates of a row, around the event
    draft        candidate columns, field by field
    bench        the engine's own expressions evaluated on candidates
    mending      a violated rule read as an instruction: what to write so that it holds
    rows         the loop of it all: draw, judge, mend, judge again; ``rows_of`` and ``example_rows``

Nothing here knows a dataset by name. A rule that no row can meet raises Unsatisfiable, naming it: then the rule
is wrong, or the vocabulary lacks a word.
"""
