"""Read a document whole: parse, recognise, check, map."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kangqiao.engine.cda.checking import check_body, check_header
from kangqiao.engine.cda.definitions import DocumentType
from kangqiao.engine.cda.findings import DocumentFinding, DocumentRefused, Findings
from kangqiao.engine.cda.header import Header, read_header
from kangqiao.engine.cda.mapping import Rows, map_rows
from kangqiao.engine.cda.outline import outline
from kangqiao.engine.cda.parsing import parse
from kangqiao.engine.cda.recognition import recognise


@dataclass(frozen=True, slots=True)
class Document:
    """A document read: ``rows`` by dataset, in the order of the type's datasets."""

    kind: DocumentType
    header: Header
    rows: Rows
    findings: tuple[DocumentFinding, ...]
    sha256: str
    size: int

    @property
    def refusal(self) -> DocumentFinding | None:
        """The finding for which the document is refused whole, if there is one."""
        return next((item for item in self.findings if item.refuses), None)


def read_document(content: bytes) -> Document:
    """Read ``content``. Raises DocumentRefused when it is no document of WS/T 500; else look at ``refusal``."""
    findings = Findings()
    root = parse(content)
    kind = recognise(root, findings)
    header = read_header(root, findings)
    check_header(root, header, findings)
    found = outline(root, kind)
    check_body(root, found, kind, findings)
    rows = map_rows(root, found, kind, findings)
    digest = hashlib.sha256(content).hexdigest()
    if not rows and findings.refusal is None:
        raise DocumentRefused("cda.nothing_mapped", f"文档是 {kind.code}“{kind.title}”，但没有可入库的条目。")
    return Document(kind, header, rows, tuple(findings.items), digest, len(content))
