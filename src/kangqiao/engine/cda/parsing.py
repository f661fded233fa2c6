"""From bytes to a tree, safely: one pass of expat bounds what the parser of the tree will see.

A DOCTYPE is refused where it begins, before any entity could be defined; nothing is fetched or expanded. Size,
depth, elements, attributes and texts are bounded, so that time and memory are too.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, TypeAlias
from xml.parsers import expat

from lxml import etree

from kangqiao.engine.cda.findings import DocumentRefused

BYTES_LIMIT = 4 << 20
DEPTH_LIMIT = 64
ELEMENTS_LIMIT = 50_000
ATTRIBUTES_LIMIT = 64
TEXT_LIMIT = 200_000
"""Characters of one text or attribute."""

HL7 = "urn:hl7-org:v3"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
Element: TypeAlias = Any
"""An element of lxml, which comes without types."""

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_HANZI = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "utf-16": "utf-16",
}


def parse(content: bytes) -> Element:
    """The root of the document. Raises DocumentRefused with a code of its own for each way it can be wrong."""
    if len(content) > BYTES_LIMIT:
        raise DocumentRefused("cda.too_large", f"文档超过 {BYTES_LIMIT >> 20} MiB，不予读取。")
    if not content.strip():
        raise DocumentRefused("cda.empty", "文档是空的。")
    text = decode(content).encode()
    _Guard().run(text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise _not_xml(error.lineno or 0) from error
    _check_root(root)
    return root


def _check_root(root: Element) -> None:
    name = etree.QName(root)
    if name.localname != "ClinicalDocument":
        raise DocumentRefused("cda.root_wrong", f"根元素应为 ClinicalDocument，实为 {name.localname[:60]}。", 1)
    if name.namespace != HL7:
        raise DocumentRefused("cda.namespace_wrong", f"根元素的命名空间应为 {HL7}。", 1)


def decode(content: bytes) -> str:
    """The document's text by its byte order mark, else by the encoding it declares, else UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16", "UTF-16")
    if content.startswith(codecs.BOM_UTF8):
        return _decoded(content.removeprefix(codecs.BOM_UTF8), "utf-8", "UTF-8")
    found = _DECLARED.match(content)
    declared = found[1].decode("ascii") if found else "UTF-8"
    codec = _CODECS.get(declared.lower())
    if codec is None:
        raise DocumentRefused("cda.encoding_unknown", f"不支持编码 {declared}，请用 UTF-8 或 GB18030。", 1)
    if codec == "gb18030" and _is_utf8(content):
        raise DocumentRefused("cda.encoding_wrong", f"声明的编码是 {declared}，内容却是 UTF-8。", 1)
    return _decoded(content, codec, declared)


def _is_utf8(content: bytes) -> bool:
    if len(_HANZI.findall(content[:20000])) < 2:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(content: bytes, codec: str, declared: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"第 {line} 行的文字不是所声明的编码 {declared}，请核对编码。"
        raise DocumentRefused("cda.encoding_wrong", message, line) from error


def _not_xml(line: int) -> DocumentRefused:
    return DocumentRefused("cda.not_xml", f"第 {line} 行起不是合格的 XML。", line)


class _Guard:
    """Counts what the parser meets and stops it at a limit."""

    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0
        self._text = 0
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def run(self, text: bytes) -> None:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            if self._elements == 0:
                raise DocumentRefused("cda.not_xml", "文件不是 XML 文档。", error.lineno) from error
            code = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
            unclosed = expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]
            if error.code in (code, unclosed):
                message = "文档不完整，可能传输中断，请重新导出。"
                raise DocumentRefused("cda.truncated", message, error.lineno) from error
            raise _not_xml(error.lineno) from error

    def _refuse(self, code: str, message: str) -> DocumentRefused:
        line = self._parser.CurrentLineNumber
        return DocumentRefused(code, f"第 {line} 行：{message}", line)

    def _doctype(self, *_: object) -> None:
        raise self._refuse("cda.doctype_refused", "文档含有 DOCTYPE 声明，可能带有实体，不予读取。")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        self._text = 0
        if self._depth > DEPTH_LIMIT:
            raise self._refuse("cda.too_deep", f"元素嵌套超过 {DEPTH_LIMIT} 层，不予读取。")
        if self._elements > ELEMENTS_LIMIT:
            raise self._refuse("cda.too_many_elements", f"元素超过 {ELEMENTS_LIMIT:,} 个，不予读取。")
        if len(attributes) > ATTRIBUTES_LIMIT or len(name) > TEXT_LIMIT:
            raise self._refuse("cda.too_many_attributes", f"一个元素的属性超过 {ATTRIBUTES_LIMIT} 个，不予读取。")
        if attributes and max(map(len, attributes.values())) > TEXT_LIMIT:
            raise self._too_long()

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._text = 0

    def _characters(self, data: str) -> None:
        self._text += len(data)
        if self._text > TEXT_LIMIT:
            raise self._too_long()

    def _too_long(self) -> DocumentRefused:
        return self._refuse("cda.text_too_long", f"一段文字超过 {TEXT_LIMIT:,} 个字符，不予读取。")
