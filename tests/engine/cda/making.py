"""Documents made of clean rows, one of each type: ``python -m tests.engine.cda.making`` writes ``corpus/written``."""

from __future__ import annotations

from pathlib import Path

from kangqiao.engine.cda.definitions import DocumentType, document_types
from kangqiao.engine.cda.mapping import Row, Rows
from kangqiao.engine.cda.writing import default_header, write_document
from kangqiao.simulate.generic.rows import example_rows
from kangqiao.standards.catalogue import catalogue

CORPUS = Path(__file__).parent / "corpus"
SEED = 500
HOSPITAL = "南京鼓楼医院"


def clean_rows(kind: DocumentType, seed: int, many: int = 3) -> Rows:
    """Rows that keep all rules, as one document would bring them: ``many`` of a dataset that repeats."""
    rows: Rows = {}
    shared: Row = {}
    for item in kind.datasets:
        columns = example_rows(kind.dataset(item.name), catalogue(), many if item.repeats else 1, seed)
        made = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        for number, row in enumerate(made, 1):
            if "item_no" in row:
                row["item_no"] = str(number)
            if kind.code == "C0005":  # herbal prescriptions go to the same dataset as those of C0004
                row["prescription_no"] = f"9{row['prescription_no'][1:]}"
        places = kind.places_of[item.name]
        common = {name for name, found in places.items() if any(not p.is_row and p.anchor is None for p in found)}
        shared = shared or {name: text for name, text in made[0].items() if name in common}
        for row in made:
            row.update((name, text) for name, text in shared.items() if name in row)
        rows[item.name] = [{name: text for name, text in row.items() if text} for row in made]
    return rows


def written(kind: DocumentType, seed: int = SEED) -> bytes:
    """A document of clean rows; the same bytes for the same seed and catalogue."""
    rows = clean_rows(kind, seed + int(kind.code[1:]))
    return write_document(kind, default_header(kind, rows, "NJ-H01", HOSPITAL), rows)


if __name__ == "__main__":
    for made in document_types().values():
        (CORPUS / "written" / f"{made.code}.xml").write_bytes(written(made))
