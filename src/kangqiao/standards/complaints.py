"""What is wrong in a definition, told to the standards officer in Chinese.

The readers refuse in English, for the developer; this table has the same in Chinese. What it does not have stays.
"""

from __future__ import annotations

import re

from kangqiao.base.errors import DefinitionError

_KINDS = {
    "text": "文字",
    "true or false": "true 或 false",
    "a list of texts": "文字的列表",
    "a mapping": "键和值",
    "a list of mappings": "键和值的列表",
    "absent": "空",
}
"""Kinds of a value, as the readers name them."""

_WORDS = {
    "value set": "值域",
    "dataset": "数据集",
    "profile": "上报要求",
    "type": "类型",
    "year": "年份",
    "severity": "级别",
    "dimension": "质量维度",
    "category": "类别",
    "identifies": "个人标识",
    "checksum": "校验方式",
    "kind": "机构类别",
    "order": "先后",
    "function": "函数",
    "key": "键",
    "format": "格式",
    "field name": "字段名",
    "title": "标题",
    "field id": "数据项标识",
    "code": "代码",
}

_Q = r"['\"](.*?)['\"]"

_COMPLAINTS = (
    # the file
    (r"no such folder(?: \((\w+)\))?", r"没有这个目录"),
    (r"is none of the folders (.+)", r"不是 \1 之一，不会被读取"),
    (r"must be a \.(\w+) file", r"应为 .\1 文件"),
    (r"is not UTF-8", r"不是 UTF-8 编码"),
    (rf"is not YAML: key {_Q} is written twice", r"键 \1 写了两次"),
    (rf"is not YAML: {_Q} must be in quotes", r"\1 应加引号"),
    (r"is not YAML: a key must be text", r"键应为文字"),
    (r"is not YAML: (.+)", r"不是正确的 YAML：\1"),
    (r"is not YAML", r"不是正确的 YAML"),
    (r"must be a mapping", r"应为键和值"),
    (rf"(?:name|dataset) {_Q} must be the file's name", r"名称 \1 应与文件名相同"),
    (rf"unknown key {_Q}, one of (.+)", r"没有键 \1，可用的键：\2"),
    (rf"missing (?:key|line) {_Q}", r"缺少 \1"),
    (rf"key {_Q} must be ({'|'.join(_KINDS)}), not (.+)", r"\1 应为<\2>，不是 \3"),
    (r"must be two cells with a tab between them", r"应为两栏，中间一个制表符"),
    (rf"must begin with one of (.+), not {_Q}", r"应以 \1 之一开头，不是 \2"),
    (r"has no line 'code' and 'name'", r"缺少 code、name 一行"),
    (r"must be 'code' and 'name'", r"应为 code、name 两栏"),
    (r"has no codes", r"没有代码"),
    # a city's own
    (r"the platform has a (dataset|profile) (\S+) already(; change its rules)?", r"平台已有<\1> \2，不能再设"),
    (rf"there is no rule {_Q} to switch off", r"没有规则 \1，不能停用"),
    (rf"there is no rule {_Q} to change", r"没有规则 \1，不能修改"),
    (rf"there is a rule {_Q} already; write it under change", r"已有规则 \1，请写在 change 下"),
    (r"there is no value set (\S+) to extend", r"平台没有值域 \1，不能扩展"),
    (rf"extends must be true, not {_Q}", r"extends 应为 true，不是 \1"),
    # names and choices
    (rf"unknown (value set|dataset|function) {_Q}", r"没有<\1> \2"),
    (rf"unknown (\w+) {_Q}, one of (.+)", r"没有<\1> \2，可用的：\3"),
    (rf"(field name|title|field id|dataset|code) {_Q} is (?:used|written) twice", r"<\1> \2 用了两次"),
    (r"code is used twice", r"规则代码用了两次"),
    (rf"{_Q} must be lower-case letters, digits(?:, hyphens)? and underscores", r"\1 应由小写字母、数字、下划线组成"),
    (rf"{_Q} is a word of SQL and cannot name a field", r"\1 是 SQL 的词，不能作字段名"),
    (rf"(id|element|version|date) {_Q} must be like (.+)", r"\1 的值 \2 应写作 \3 的形式"),
    (rf"year {_Q} must be four digits", r"年份 \1 应为四位数字"),
    (r"element and year must both be local, or neither", r"数据元和年份应同为 local，或都不是"),
    # fields
    (r"has no fields|names no field", r"没有字段"),
    (rf"{_Q} is not a field(?: of (\S+))?", r"没有字段 \1"),
    (rf"field {_Q} must be required", r"字段 \1 应为必填"),
    (rf"field {_Q} must be a required D or DT", r"字段 \1 应为必填的日期或日期时间"),
    (rf"field {_Q}(?: of \S+)? must be an? (.+)", r"字段 \1 的类型应为 \2"),
    (rf"field {_Q} identifies a person and cannot be in a key", r"字段 \1 是个人标识，不能作主键"),
    (rf"field {_Q} must have identifies (\w+)", r"字段 \1 的个人标识应为 \2"),
    (r"type S2 needs a value_set", r"类型 S2 要有值域"),
    (r"type S1 is free text and has no value_set", r"类型 S1 是自由文本，没有值域"),
    (rf"key {_Q} is for text, but the type is (\w+)", r"\1 只用于文本，而类型是 \2"),
    (rf"code {_Q} of value set (\S+) does not fit format (\S+)", r"值域 \2 的代码 \1 不合格式 \3"),
    (rf"unknown format {_Q}", r"没有格式 \1"),
    (rf"format {_Q} does not fit type (\w+)(?:, which is written (\S+))?", r"格式 \1 不合类型 \2"),
    (rf"format {_Q} has no upper length", r"格式 \1 没有最大长度"),
    (rf"format {_Q} has impossible lengths", r"格式 \1 的长度不可能"),
    (rf"format {_Q} has decimals, but type (\w+) is text", r"格式 \1 有小数，而类型 \2 是文本"),
    # rules
    (rf"expr names {_Q}, which is not a field", r"表达式中的 \1 不是字段"),
    (r"expr names no field", r"表达式没有用到字段"),
    (r"expr does not give true or false", r"表达式的结果不是真假"),
    (r"expr cannot be parsed at character (\d+)", r"表达式第 \1 个字符处不能理解"),
    (r"expr cannot be parsed", r"表达式不能理解"),
    (r"expr must be one expression", r"应只有一个表达式"),
    (r"expr may not use (\w+)", r"表达式不能用 \1"),
    (rf"expr may not name a table: {_Q}", r"表达式不能写表名：\1"),
    (rf"function {_Q} takes (.+) arguments, not (\d+)", r"函数 \1 要 \2 个参数，不是 \3 个"),
    # references, successions, profiles
    (r"(\d+) fields refer to (\d+)", r"关联的字段 \1 个，对应 \2 个"),
    (rf"{_Q} and {_Q} are of different types", r"\1 与 \2 的类型不同"),
    (r"references go round: (.+)", r"关联成了循环：\1"),
    (r"rows of (\S+) have no person\.id_no to know the person by", r"\1 没有身份证件号码，不能认出同一个人"),
    (r"a dataset cannot be held against itself", r"数据集不能与自己比较"),
    (r"names no kind of institution", r"没有写机构类别"),
    (r"names a kind twice", r"机构类别写了两次"),
    (rf"dataset {_Q} is prescribed to (\w+) by (\S+) already", r"\3 已要求 \2 上报数据集 \1"),
)  # fmt: skip
"""What the readers say → the same in Chinese; a word in <> is looked up."""


def in_chinese(error: DefinitionError) -> str:
    """File, line and part as they are, and the reason in Chinese.

    ``rules/bed.yaml:2: disable: 没有规则 x，不能停用``
    """
    line = f":{error.line}" if error.line else ""
    return ": ".join(text for text in (f"{error.file}{line}", error.part, _told(error.reason)) if text)


def _told(reason: str) -> str:
    for english, chinese in _COMPLAINTS:
        found = re.fullmatch(english, reason, re.DOTALL)
        if found:
            return re.sub(r"<(.*?)>", _word, found.expand(chinese))
    return reason


def _word(found: re.Match[str]) -> str:
    return _KINDS.get(found[1]) or _WORDS.get(found[1], found[1])
