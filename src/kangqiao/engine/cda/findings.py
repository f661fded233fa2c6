"""What can be wrong with a document: codes, severities, sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kangqiao.base.errors import FileRefused
from kangqiao.base.text import mask_numbers
from kangqiao.standards.model import Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

MESSAGES: dict[str, tuple[Severity, str]] = {
    # header
    "cda.realm_wrong": (WARNING, "realmCode 应为 CN。"),
    "cda.type_id_wrong": (WARNING, "typeId 应为 2.16.840.1.113883.1.3 / POCD_MT000040。"),
    "cda.template_missing": (WARNING, "没有 templateId，仅按文档代码 {0} 识别。"),
    "cda.code_missing": (WARNING, "没有文档代码 code，仅按 templateId 识别为 {0}。"),
    "cda.code_system_wrong": (WARNING, "文档代码的 codeSystem 应为 2.16.156.10011.2.4。"),
    "cda.title_differs": (WARNING, "标题“{0}”与文档类型 {1}“{2}”不一致。"),
    "cda.id_missing": (ERROR, "没有文档流水号（ClinicalDocument/id）。"),
    "cda.id_root_wrong": (WARNING, "文档流水号的 root 应为 2.16.156.10011.1.1。"),
    "cda.effective_time_missing": (ERROR, "没有文档生成时间（effectiveTime）。"),
    "cda.effective_time_malformed": (ERROR, "文档生成时间不存在或格式不对，应写作 YYYYMMDDhhmmss。"),
    "cda.confidentiality_unknown": (WARNING, "confidentialityCode 应为 N、R、V 之一。"),
    "cda.language_wrong": (WARNING, "languageCode 应为 zh-CN。"),
    "cda.set_id_missing": (WARNING, "没有文档集编号（setId），更正时无法识别旧版本。"),
    "cda.version_malformed": (ERROR, "versionNumber 应为 1 以上的整数。"),
    "cda.patient_missing": (ERROR, "没有患者（recordTarget/patientRole/patient）。"),
    "cda.patient_name_missing": (ERROR, "没有患者姓名。"),
    "cda.patient_id_missing": (WARNING, "没有患者身份证号（OID 2.16.156.10011.1.3）。"),
    "cda.patient_id_invalid": (ERROR, "患者身份证号的位数、日期或校验位不正确（GB 11643）。"),
    "cda.patient_id_repeated": (ERROR, "患者标识 {0} 出现了两个不同的值。"),
    "cda.gender_missing": (ERROR, "没有性别代码。"),
    "cda.gender_unknown": (ERROR, "性别代码“{0}”不在 GB/T 2261.1 中。"),
    "cda.birth_time_malformed": (ERROR, "出生日期不是存在的日期，应写作 YYYYMMDD。"),
    "cda.author_missing": (WARNING, "没有文档作者（author）的姓名。"),
    "cda.custodian_missing": (ERROR, "没有保管机构（custodian）的标识或名称。"),
    "cda.signature_missing": (WARNING, "没有责任签名人（legalAuthenticator）的姓名。"),
    # sections and entries
    "cda.body_missing": (ERROR, "文档没有任何章节（section）。"),
    "cda.section_missing": (WARNING, "没有章节“{0}”（{1}）；该要求取自厂商模板，未经标准原文核实。"),
    "cda.section_unknown": (WARNING, "章节“{0}”不属于 {1}，其中的条目照常读取。"),
    "cda.section_repeated": (WARNING, "章节“{0}”出现了 {1} 次。"),
    "cda.entry_code_missing": (WARNING, "观察条目（observation）没有数据元代码。"),
    "cda.entry_unmapped": (WARNING, "条目 {0}“{1}”没有对应的数据项，只保留在原文中。"),
    "cda.value_repeated": (WARNING, "{0}在文档中有 {1} 个不同的值，只取第一个。"),
    "cda.value_type_missing": (WARNING, "{0}的 value 没有 xsi:type。"),
    "cda.value_type_unknown": (ERROR, "{0}的 xsi:type“{1}”不是 CDA 的数据类型。"),
    "cda.value_type_differs": (WARNING, "{0}的 xsi:type 应为 {1}，实为 {2}。"),
    "cda.code_unknown": (ERROR, "{0}的代码“{1}”不在值域 {2} 中{3}"),
    "cda.display_name_differs": (WARNING, "{0}的代码 {1} 应为“{2}”，displayName 写作“{3}”。"),
    "cda.code_system_differs": (WARNING, "{0}的 codeSystem 应为 {1}，实为 {2}。"),
    "cda.unit_differs": (WARNING, "{0}的单位应为 {1}，实为 {2}，请核对数值。"),
    "cda.number_malformed": (ERROR, "{0}的数值“{1}”不是数字。"),
    "cda.boolean_malformed": (ERROR, "{0}的取值“{1}”应为 true 或 false。"),
    "cda.time_malformed": (ERROR, "时间“{0}”不存在或格式不对，应写作 YYYYMMDD 或 YYYYMMDDhhmmss。"),
    "cda.xml_id_repeated": (ERROR, "ID“{0}”在文档中出现了不止一次。"),
    "cda.too_many_findings": (WARNING, "问题超过 {0} 条，其余不再列出。"),
}
"""Code → severity and sentence. An error of the header refuses the document; one of an entry is left to the rows."""

HEADER_ERRORS = frozenset(
    {
        "cda.id_missing",
        "cda.effective_time_missing",
        "cda.effective_time_malformed",
        "cda.version_malformed",
        "cda.patient_missing",
        "cda.patient_name_missing",
        "cda.patient_id_invalid",
        "cda.patient_id_repeated",
        "cda.gender_missing",
        "cda.gender_unknown",
        "cda.birth_time_malformed",
        "cda.custodian_missing",
        "cda.body_missing",
        "cda.xml_id_repeated",
    }
)
FINDINGS_LIMIT = 200


class DocumentRefused(FileRefused):
    """A document that cannot be taken at all. ``line`` is where, 0 when it is nowhere in particular."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(code, message)
        self.line = line


@dataclass(frozen=True, slots=True)
class DocumentFinding:
    """One thing that is wrong: ``path`` and ``line`` say where. Its message names no person."""

    code: str
    severity: Severity
    message: str
    path: str = ""
    line: int = 0

    @property
    def refuses(self) -> bool:
        """Whether the document is refused whole for it."""
        return self.code in HEADER_ERRORS

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "path": self.path,
            "line": self.line,
        }


class Findings:
    """Gathers the findings of one document, :data:`FINDINGS_LIMIT` at most."""

    def __init__(self) -> None:
        self.items: list[DocumentFinding] = []
        self._is_full = False

    def add(self, code: str, *words: object, path: str = "", line: int = 0) -> None:
        """Note ``code`` with the words its sentence needs. What refuses the document is always noted."""
        if len(self.items) >= FINDINGS_LIMIT and code not in HEADER_ERRORS:
            if not self._is_full:
                self._is_full = True
                self.items.append(_finding("cda.too_many_findings", (FINDINGS_LIMIT,), "", 0))
            return
        self.items.append(_finding(code, words, path, line))

    @property
    def refusal(self) -> DocumentFinding | None:
        """The first finding that refuses the document."""
        return next((item for item in self.items if item.refuses), None)


def _finding(code: str, words: tuple[object, ...], path: str, line: int) -> DocumentFinding:
    severity, sentence = MESSAGES[code]
    shown = [mask_numbers(_short(str(word))) for word in words]
    return DocumentFinding(code, severity, sentence.format(*shown), path, line)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
