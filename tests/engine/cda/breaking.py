"""Broken documents, each made from a good one by one change, with the code it must be given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HAND = Path(__file__).parent / "corpus" / "hand"
LAB = (HAND / "C0007-lab-report.xml").read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
FIRST_COURSE = (HAND / "C0037-first-course-record.xml").read_bytes()


class Broken(NamedTuple):
    """A broken document: refused whole with ``code``, or read with a finding of it."""

    name: str
    content: bytes
    code: str


def changed(old: str, new: str, times: int = 1) -> bytes:
    """The laboratory report with ``old`` replaced; it must be there."""
    assert old in LAB, old
    return LAB.replace(old, new, times).encode()


def with_doctype(doctype: str, text: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return LAB.replace(head, head + doctype).replace("空腹血糖升高", text).encode()


def laughs() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE lolz [<!ENTITY l0 "哈">{levels}]>'


def without(start: str, end: str) -> bytes:
    """The laboratory report without what stands from ``start`` to ``end``."""
    before, _, rest = LAB.partition(start)
    assert rest, start
    return (before + rest.partition(end)[2]).encode()


def hostile() -> Iterator[Broken]:
    """Documents made to do harm: entities, depth, size, numbers."""
    yield Broken("billion laughs", with_doctype(laughs(), "&l9;"), "cda.doctype_refused")
    quadratic = f'<!DOCTYPE a [<!ENTITY a "{"x" * 100_000}">]>'
    yield Broken("quadratic blow-up", with_doctype(quadratic, "&a;" * 10_000), "cda.doctype_refused")
    external = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield Broken("external entity", with_doctype(external, "&x;"), "cda.doctype_refused")
    parameter = '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>'
    yield Broken("parameter entity", with_doctype(parameter, "x"), "cda.doctype_refused")
    yield Broken(
        "external DTD", with_doctype('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">', "x"), "cda.doctype_refused"
    )
    yield Broken("entity nobody declared", changed("空腹血糖升高", "&nbsp;"), "cda.not_xml")
    deep = "<a>" * 100_000 + "</a>" * 100_000
    yield Broken("deep nesting", changed("<text></text>", f"<text>{deep}</text>"), "cda.too_deep")
    yield Broken("many elements", changed("<text></text>", f"<text>{'<a/>' * 200_000}</text>"), "cda.too_many_elements")
    attributes = " ".join(f'a{n}=""' for n in range(200_000))
    yield Broken("many attributes", changed("<text></text>", f"<text {attributes}/>"), "cda.too_many_attributes")
    spaces = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(100_000))
    yield Broken("many namespaces", changed("<text></text>", f"<text {spaces}/>"), "cda.too_many_attributes")
    yield Broken("huge text", changed("空腹血糖升高", "啊" * 300_000), "cda.text_too_long")
    yield Broken(
        "huge attribute",
        changed("酶法", "酶法").replace(b'displayName="STUDIES', b'displayName="' + b"x" * 300_000),
        "cda.text_too_long",
    )
    yield Broken("huge file", changed("<text></text>", f"<text>{'<!-- x -->' * 500_000}</text>"), "cda.too_large")
    name = "n" * 300_000
    yield Broken("huge name", changed("<text></text>", f"<text><{name}/></text>"), "cda.too_many_attributes")


def large() -> Iterator[Broken]:
    """Documents as large as a document may be, of the shapes that cost most; they are read, with a warning."""
    state = SPECIMEN_STATE.replace("溶血", "合格")
    yield Broken("one entry 8,000 times", changed("</section>", state * 8000 + "</section>"), "cda.value_repeated")
    row = (
        '<entry><organizer><component><observation><code code="lab_result_item.unit" codeSystemName="康桥平台数据项"/>'
    )
    rows = (row + "<value>x</value></observation></component></organizer></entry>") * 6000
    yield Broken("6,000 rows", changed("</section>", rows + "</section>"), "cda.entry_unmapped")
    signer = "<authenticator><assignedEntity><code displayName='x'/></assignedEntity></authenticator>"
    yield Broken("12,000 signers", changed("  <legalAuthenticator>", signer * 12_000 + "<legalAuthenticator>"), "")
    unit = "<asOrganizationPartOf><wholeOrganization><id root='1.2'/></wholeOrganization></asOrganizationPartOf>"
    place = "<serviceProviderOrganization>"
    yield Broken("12,000 wards", changed(place, place + unit * 12_000), "")
    number = "<id root='1.2.3' extension='x'/>"
    yield Broken(
        "40,000 identifiers",
        changed('<patientRole classCode="PAT">', '<patientRole classCode="PAT">' + number * 40_000),
        "",
    )
    sections = "<component><section><code code='1-1'/></section></component>" * 12_000
    yield Broken("12,000 sections", changed("<structuredBody>", "<structuredBody>" + sections), "cda.section_unknown")
    spaces = "".join(f"<a xmlns:n{n}='u{n}'>" for n in range(40))
    nested = spaces + "<b/>" * 30_000 + "</a>" * 40
    yield Broken("namespaces in namespaces", changed("<text></text>", f"<text>{nested}</text>"), "")
    comments = "<!--x-->" * 400_000
    yield Broken("400,000 comments", changed("<text></text>", f"<text>{comments}</text>"), "")


def malformed() -> Iterator[Broken]:
    """Files that are no whole, well-formed document of HL7 CDA."""
    yield Broken("empty", b"", "cda.empty")
    yield Broken("blank", b" \n\t", "cda.empty")
    yield Broken("no XML", "就诊号,姓名\n1,张三\n".encode(), "cda.not_xml")
    yield Broken("truncated", LAB.encode()[: len(LAB.encode()) // 2], "cda.truncated")
    yield Broken("tags crossed", changed("</structuredBody>", "</structuredBodies>"), "cda.not_xml")
    yield Broken("control character", changed("空腹血糖升高", "空腹\x0b血糖"), "cda.not_xml")
    yield Broken("two roots", LAB.encode() + b"<a/>", "cda.not_xml")
    yield Broken("wrong namespace", changed('xmlns="urn:hl7-org:v3"', 'xmlns="urn:hl7-org:v2"'), "cda.namespace_wrong")
    wrong_root = LAB.replace("ClinicalDocument", "ClinicalDocuments").encode()
    yield Broken("wrong root", wrong_root, "cda.root_wrong")
    yield Broken("GBK declared as UTF-8", LAB.encode("gb18030"), "cda.encoding_wrong")
    yield Broken("UTF-8 declared as GBK", changed('encoding="UTF-8"', 'encoding="GBK"'), "cda.encoding_wrong")
    yield Broken("unknown encoding", changed('encoding="UTF-8"', 'encoding="EUC-JP"'), "cda.encoding_unknown")
    yield Broken(
        "GB18030 cut in a character", FIRST_COURSE.replace("平肝".encode("gb18030"), b"\x81", 1), "cda.encoding_wrong"
    )


def of_no_type() -> Iterator[Broken]:
    template, code = '<templateId root="2.16.156.10011.2.1.1.27"/>', 'code="C0007"'
    yield Broken("unknown template", changed("10011.2.1.1.27", "10011.2.1.1.99"), "cda.template_unknown")
    yield Broken("unknown code", changed(code, 'code="C0099"'), "cda.type_unknown")
    yield Broken("template and code disagree", changed(code, 'code="C0006"'), "cda.type_mismatch")
    neither = LAB.replace(template, "").replace(code, 'code=""').encode()
    yield Broken("neither template nor code", neither, "cda.type_missing")


def wrong_header() -> Iterator[Broken]:
    """Errors of the header, for which the document is refused whole."""
    number = 'extension="11010519491231002X"'
    patient = "recordTarget/patientRole/patient"
    assert patient
    yield Broken(
        "identity check character", changed(number, 'extension="110105194912310021"'), "cda.patient_id_invalid"
    )
    yield Broken("identity date", changed(number, 'extension="110105194902300025"'), "cda.patient_id_invalid")
    yield Broken(
        "no document number", changed('extension="JY20240605003311"/>\n  <code', "/>\n  <code"), "cda.id_missing"
    )
    yield Broken("no time", changed('<effectiveTime value="20240605153012"/>', ""), "cda.effective_time_missing")
    yield Broken(
        "time that does not exist", changed("20240605153012", "20240605253012"), "cda.effective_time_malformed"
    )
    yield Broken(
        "version in words",
        changed('<versionNumber value="1"/>', '<versionNumber value="一"/>'),
        "cda.version_malformed",
    )
    yield Broken("no patient", without('      <patient classCode="PSN"', "</patient>\n"), "cda.patient_missing")
    yield Broken("no name", changed("<name>钱二娘</name>", "<name/>"), "cda.patient_name_missing")
    yield Broken(
        "unknown sex",
        changed('administrativeGenderCode code="2"', 'administrativeGenderCode code="F"'),
        "cda.gender_unknown",
    )
    yield Broken("no sex", without("<administrativeGenderCode", "/>"), "cda.gender_missing")
    yield Broken(
        "birth that does not exist",
        changed('birthTime value="19491231"', 'birthTime value="19491331"'),
        "cda.birth_time_malformed",
    )
    yield Broken("no custodian", without('  <custodian typeCode="CST">', "</custodian>\n"), "cda.custodian_missing")
    twice = '<id root="2.16.156.10011.1.33" extension="JY24060503311"/>'
    yield Broken("identifier twice", changed(twice, twice + twice.replace("3311", "3312")), "cda.patient_id_repeated")
    yield Broken(
        "XML id twice",
        changed("<text></text>", '<text><content ID="a"/><content ID="a"/></text>'),
        "cda.xml_id_repeated",
    )
    yield Broken("no body", without("<structuredBody>", "</structuredBody>"), "cda.body_missing")


def wrong_entries() -> Iterator[Broken]:
    """Errors of entries: noted, and the row is left to its rules."""
    yield Broken(
        "date that does not exist",
        changed('effectiveTime value="20240605"/>', 'effectiveTime value="20240230"/>'),
        "cda.time_malformed",
    )
    unknown = changed('code="2" displayName="异常"', 'code="7" displayName="异常"')
    yield Broken("code not in the value set", unknown, "cda.code_unknown")
    yield Broken("number in words", changed('value="6.91"', 'value="6.9l"'), "cda.number_malformed")
    yield Broken("unknown data type", changed('xsi:type="REAL"', 'xsi:type="FLOAT"'), "cda.value_type_unknown")
    boolean = changed('<value xsi:type="ST">酶法</value>', '<value xsi:type="BL" value="是"/>')
    yield Broken("boolean in words", boolean, "cda.boolean_malformed")


def doubtful() -> Iterator[Broken]:
    """Warnings: the document is taken."""
    yield Broken(
        "display name of another code", changed('displayName="异常"', 'displayName="不详"'), "cda.display_name_differs"
    )
    yield Broken("another code system", changed("10011.2.3.2.38", "10011.2.3.2.99"), "cda.code_system_differs")
    yield Broken(
        "data type of another kind",
        changed('<value xsi:type="ST">静脉血</value>', '<value xsi:type="BL" value="true"/>'),
        "cda.value_type_differs",
    )
    yield Broken("no data type", changed('<value xsi:type="ST">静脉血', "<value>静脉血"), "cda.value_type_missing")
    yield Broken(
        "no section",
        without('<component>\n<section>\n<code displayName="检验报告"/>', "</section>\n</component>"),
        "cda.section_missing",
    )
    strange = changed('code="29548-5" displayName="Diagnosis"', 'code="99999-9" displayName="X"')
    yield Broken("section of another type", strange, "cda.section_unknown")
    element = changed('code="DE04.50.130.00"', 'code="DE99.99.999.00"')
    yield Broken("element of another type", element, "cda.entry_unmapped")
    yield Broken("entry without element", changed('<code code="DE04.50.130.00"', "<code"), "cda.entry_code_missing")
    yield Broken(
        "no identity number", changed('extension="11010519491231002X"', 'extension=""'), "cda.patient_id_missing"
    )
    yield Broken("another country", changed('realmCode code="CN"', 'realmCode code="US"'), "cda.realm_wrong")
    yield Broken("another type id", changed("POCD_MT000040", "POCD_MT000041"), "cda.type_id_wrong")
    yield Broken("no template", changed('<templateId root="2.16.156.10011.2.1.1.27"/>', ""), "cda.template_missing")
    yield Broken("title of another type", changed("<title>检验报告", "<title>检查报告"), "cda.title_differs")
    yield Broken("no set", changed("<setId", "<noSetId"), "cda.set_id_missing")
    yield Broken("no author", changed("<name>吴检验</name>", "<name/>"), "cda.author_missing")
    yield Broken("no signature", changed("<name>郑审核</name>", "<name/>"), "cda.signature_missing")
    yield Broken("another language", changed('"zh-CN"', '"en-US"'), "cda.language_wrong")
    yield Broken(
        "unknown confidentiality",
        changed('confidentialityCode code="N"', 'confidentialityCode code="Q"'),
        "cda.confidentiality_unknown",
    )
    repeated = changed(
        '<value xsi:type="ST">合格</value>\n</observation>\n</entry>\n',
        '<value xsi:type="ST">合格</value>\n</observation>\n</entry>\n' + SPECIMEN_STATE,
    )
    yield Broken("value twice", repeated, "cda.value_repeated")


SPECIMEN_STATE = """<entry><observation classCode="OBS" moodCode="EVN">
<code code="DE04.50.135.00" displayName="标本状态"/><value xsi:type="ST">溶血</value></observation></entry>
"""
