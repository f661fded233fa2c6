"""Which of C0001-C0053 a document is, by its template and its code."""

from __future__ import annotations

from functools import cache

from kangqiao.engine.cda.definitions import DocumentType, document_types
from kangqiao.engine.cda.findings import DocumentRefused, Findings
from kangqiao.engine.cda.parsing import HL7, Element

CODE_SYSTEM = "2.16.156.10011.2.4"
_TEMPLATE, _CODE, _TITLE = f"{{{HL7}}}templateId", f"{{{HL7}}}code", f"{{{HL7}}}title"


@cache
def _by_template() -> dict[str, DocumentType]:
    return {item.template: item for item in document_types().values()}


def recognise(root: Element, findings: Findings) -> DocumentType:
    """The document's type. Raises DocumentRefused when it has none, an unknown one, or two that disagree."""
    templates = [item.get("root") or "" for item in root.findall(_TEMPLATE)]
    template = next((name for name in templates if name in _by_template()), templates[0] if templates else "")
    element = root.find(_CODE)
    code = "" if element is None else (element.get("code") or "").strip()
    kind = _agreed(template, code)
    if not template:
        findings.add("cda.template_missing", code, path="templateId")
    if not code:
        findings.add("cda.code_missing", kind.code, path="code")
    elif element is not None and element.get("codeSystem") != CODE_SYSTEM:
        findings.add("cda.code_system_wrong", path="code/@codeSystem", line=element.sourceline or 0)
    _check_title(root, kind, findings)
    if not kind.is_mapped:
        raise DocumentRefused("cda.type_unmapped", f"文档类型 {kind.code}“{kind.title}”尚无对应的数据集，不能入库。")
    return kind


def _agreed(template: str, code: str) -> DocumentType:
    if not template and not code:
        raise DocumentRefused("cda.type_missing", "没有 templateId 和文档代码，不能识别文档类型。")
    by_template, by_code = _by_template().get(template), document_types().get(code)
    if template and by_template is None:
        raise DocumentRefused("cda.template_unknown", f"templateId {template[:60]} 不是 WS/T 500 的文档模板。")
    if code and by_code is None:
        raise DocumentRefused("cda.type_unknown", f"文档代码 {code[:20]} 不是 C0001 至 C0053。")
    if by_template and by_code and by_template is not by_code:
        sentence = f"templateId 是 {by_template.code}“{by_template.title}”的，文档代码却是 {code}“{by_code.title}”。"
        raise DocumentRefused("cda.type_mismatch", sentence)
    kind = by_template or by_code
    assert kind is not None
    return kind


def _check_title(root: Element, kind: DocumentType, findings: Findings) -> None:
    title = (root.findtext(_TITLE) or "").strip()
    if title and _plain(title) != _plain(kind.title):
        findings.add("cda.title_differs", title, kind.code, kind.title, path="title")


def _plain(title: str) -> str:
    return title.translate(str.maketrans("（）", "()")).replace(" ", "")
