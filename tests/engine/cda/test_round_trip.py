"""Whatever rows hold that XML can, a document of them is read back as the same rows, and written as the same bytes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.cda.making import HOSPITAL

from kangqiao.base.errors import RequestRefused
from kangqiao.engine.cda.definitions import DocumentType, document_types
from kangqiao.engine.cda.documents import read_document
from kangqiao.engine.cda.findings import Findings
from kangqiao.engine.cda.mapping import Rows, map_rows
from kangqiao.engine.cda.outline import outline
from kangqiao.engine.cda.parsing import parse
from kangqiao.engine.cda.writing import default_header, write_document
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Field

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)
ODD = st.sampled_from(
    [
        " x ",
        "a\nb",
        "\tq",
        "<&>\"'",
        "]]>",
        "\r\nz",
        "20240230",
        "true",
        "0",
        "-1",
        "１",
        "T",
        "20240601T101500",
        "&amp;",
    ]
)


def values(field: Field) -> st.SearchStrategy[str]:
    """Texts of a field: mostly of its type, sometimes words, sometimes what might be mistaken for something else."""
    days = st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0"))
    moments = st.datetimes().map(lambda moment: f"{moment:%Y%m%dT%H%M%S}".rjust(15, "0"))
    typed: st.SearchStrategy[str] = {
        "D": days,
        "DT": moments,
        "L": st.sampled_from("TF"),
        "N": st.decimals(-1000, 1000, places=2).map(str) | st.integers(0, 500).map(str),
    }.get(field.type, WORDS)
    if field.value_set:
        typed = st.sampled_from(list(catalogue().value_sets[field.value_set].codes))
    return typed | ODD | WORDS


@st.composite
def documents(draw: st.DrawFn) -> tuple[DocumentType, Rows]:
    kind = document_types()[draw(st.sampled_from(sorted(document_types())))]
    rows: Rows = {}
    for item in kind.datasets:
        dataset = kind.dataset(item.name)
        count = draw(st.integers(1, 3)) if item.repeats else 1
        strategy = st.fixed_dictionaries(
            {name: values(dataset.by_name[name]) for name in dataset.key},
            optional={f.name: values(f) for f in dataset.fields if f.name not in dataset.key},
        )
        rows[item.name] = [draw(strategy) for _ in range(count)]
    return kind, rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents())
def test_rows_written_are_rows_read(made: tuple[DocumentType, Rows]) -> None:
    kind, rows = made
    header = default_header(kind, rows, "NJ-H01", HOSPITAL)
    content = write_document(kind, header, rows)
    root = parse(content)
    read = map_rows(root, outline(root, kind), kind, Findings())
    assert read == rows
    assert read_document(content).header == header
    assert write_document(kind, header, read) == content


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\uffff"])
def test_what_xml_cannot_hold_is_refused_by_name(character: str) -> None:
    kind = document_types()["C0037"]
    rows = {"first_course_record": [{"admission_no": "1", "chief_complaint": f"a{character}"}]}
    with pytest.raises(RequestRefused) as refused:
        write_document(kind, default_header(kind, rows), rows)
    assert refused.value.code == "cda.write_character"


def test_one_document_has_one_row_of_its_own_dataset() -> None:
    kind = document_types()["C0037"]
    rows = {"first_course_record": [{"admission_no": "1"}, {"admission_no": "2"}]}
    with pytest.raises(RequestRefused) as refused:
        write_document(kind, default_header(kind, rows), rows)
    assert refused.value.code == "cda.write_rows"
