"""What is wrong with a document is said by a code of its own; nothing hostile is expanded, fetched or followed."""

from __future__ import annotations

import pytest
from tests.engine.cda import breaking
from tests.engine.cda.breaking import Broken

from kangqiao.engine.cda.documents import read_document
from kangqiao.engine.cda.findings import MESSAGES, DocumentRefused
from kangqiao.standards.model import Severity

REFUSED = [*breaking.hostile(), *breaking.malformed(), *breaking.of_no_type()]
HEADERS = list(breaking.wrong_header())
ENTRIES = list(breaking.wrong_entries())
DOUBTFUL = list(breaking.doubtful())


def names(items: list[Broken]) -> list[str]:
    return [item.name for item in items]


@pytest.mark.parametrize("broken", REFUSED, ids=names(REFUSED))
def test_what_is_no_document_is_refused_by_name(broken: Broken) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read_document(broken.content)
    assert refused.value.code == broken.code
    assert refused.value.message.endswith("。")


@pytest.mark.parametrize("broken", HEADERS, ids=names(HEADERS))
def test_an_error_of_the_header_refuses_the_document(broken: Broken) -> None:
    document = read_document(broken.content)
    assert document.refusal is not None
    assert document.refusal.code == broken.code


@pytest.mark.parametrize("broken", ENTRIES, ids=names(ENTRIES))
def test_an_error_of_an_entry_is_noted(broken: Broken) -> None:
    document = read_document(broken.content)
    assert document.refusal is None
    assert broken.code in [item.code for item in document.findings if item.severity is Severity.ERROR]


@pytest.mark.parametrize("broken", DOUBTFUL, ids=names(DOUBTFUL))
def test_a_doubt_is_a_warning(broken: Broken) -> None:
    document = read_document(broken.content)
    assert document.refusal is None
    assert broken.code in [item.code for item in document.findings]
    assert {item.severity for item in document.findings if item.code == broken.code} == {Severity.WARNING}


def test_a_finding_says_where() -> None:
    (broken,) = (item for item in DOUBTFUL if item.name == "display name of another code")
    (finding,) = (item for item in read_document(broken.content).findings if item.code == broken.code)
    line = broken.content.decode()[: broken.content.decode().index('displayName="不详"')].count("\n") + 1
    assert (finding.line, finding.path) == (line, "value/@displayName")
    assert finding.message == "检验结果代码的代码 2 应为“异常”，displayName 写作“不详”。"


def test_no_finding_names_a_person() -> None:
    for broken in (*HEADERS, *ENTRIES, *DOUBTFUL):
        said = " ".join(item.message for item in read_document(broken.content).findings)
        assert "钱二娘" not in said
        assert "11010519491231002" not in said


def test_an_unknown_code_comes_with_those_that_exist() -> None:
    (broken,) = (item for item in ENTRIES if item.name == "code not in the value set")
    (finding,) = (item for item in read_document(broken.content).findings if item.code == "cda.code_unknown")
    assert finding.message == "检验结果代码的代码“7”不在值域 DE04.30.017.00 中，相近的有 2 异常。"


def test_findings_are_bounded() -> None:
    entry = '<entry><observation><code code="DE99.00.000.00" displayName="x"/></observation></entry>'
    content = breaking.changed("</section>", entry * 5000 + "</section>")
    document = read_document(content)
    assert len(document.findings) == 201
    assert document.findings[-1].code == "cda.too_many_findings"


def test_every_sentence_is_used_by_a_broken_document() -> None:
    """A code that nothing can provoke would be a sentence nobody has read."""
    made = {item.code for item in (*HEADERS, *ENTRIES, *DOUBTFUL)}
    others = {"cda.code_missing", "cda.code_system_wrong", "cda.id_root_wrong", "cda.section_repeated"}
    others |= {"cda.unit_differs", "cda.too_many_findings"}
    assert set(MESSAGES) - made == others
