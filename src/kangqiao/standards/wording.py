"""What a definition says, in words of a clerk: formats, checks, people, rules. For the web and the written pages."""

from __future__ import annotations

from dataclasses import dataclass

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.model import LOCAL, Dataset, Dimension, Field, Order, Rule, Severity, Source

TYPE_TITLES = {
    "S1": "文本",
    **dict.fromkeys(("S2", "S3"), "代码"),
    "N": "数字",
    "D": "日期",
    "DT": "日期时间",
    "L": "是否",
}
IDENTIFIES_TITLES = {"id_no": "证件号码", "name": "姓名", "phone": "电话", "address": "地址"}
CHECKSUM_TITLES = {"resident_id": "居民身份证校验码（GB 11643）", "uscc": "统一社会信用代码校验码（GB 32100）"}
SEVERITY_TITLES = {Severity.ERROR: "错误（拒收）", Severity.WARNING: "警告（入库并计数）"}
ORDER_TITLES = {Order.NOT_AFTER: "不晚于", Order.NOT_BEFORE: "不早于"}
ROLE_TITLES = {
    **IDENTIFIES_TITLES,
    "id_type": "证件类别",
    "sex": "性别",
    "birth_date": "出生日期",
    "local_no": "院内编号",
}


@dataclass(frozen=True, slots=True)
class GeneralCheck:
    """A check that needs no rule of its own: it follows from a field, the key, a reference or the file."""

    code: str
    title: str
    words: str
    severity: Severity = Severity.ERROR


GENERAL_CHECKS = (
    GeneralCheck("required", "必填项没有填", "必填字段没有值，或只有空格。"),
    GeneralCheck("type", "数据类型不对", "数字、日期、日期时间、是否的写法不能识别，或日期不存在。"),
    GeneralCheck("format", "格式不对", "数字的整数或小数位数超出格式，或只能填数字的字段有其他字符。"),
    GeneralCheck("length", "长度不对", "文本的字符数不在格式规定的范围内。"),
    GeneralCheck(
        "value_set", "代码不在值域中", "填写的代码在字段的值域中查不到。代码前后不能有空格，前面的 0 不能省略。"
    ),
    GeneralCheck("checksum", "校验位不对", "身份证号码或统一社会信用代码的校验位不对；证件类别不是身份证时不校验。"),
    GeneralCheck("event_day", "业务日期与数据日期不一致", "业务时间的日期不是文件所属的日期。", Severity.WARNING),
    GeneralCheck("reference", "引用的记录不存在", "关联字段的值在被关联的数据集中没有；级别见“关联”一节。"),
    GeneralCheck("duplicate", "主键重复", "主键与已收到的一行相同：只保留先收到的一行，这一行计为重复。"),
    GeneralCheck("ragged", "列数与表头不一致", "这一行的列数与表头不同，多半是内容中的逗号没有加双引号。"),
    GeneralCheck("unclosed_quote", "双引号没有成对", "内容中的双引号要写成两个双引号。"),
    GeneralCheck("too_long", "一行过长", "一行超过 1 MiB。"),
)
"""Codes are those of receipts (``kangqiao.engine.validation.checks.Builtin``)."""

_MENDING = {
    Dimension.COMPLETENESS: "在原系统中补填{fields}",
    Dimension.CONFORMITY: "按规定的写法改正{fields}",
    Dimension.CONTINUITY: "核对{fields}是否及时、连续",
    Dimension.LINKAGE: "补填或改正{fields}，使这一行能与有关的记录关联",
    Dimension.USABILITY: "与原始记录核对{fields}，改正填错的一项",
}


def format_words(item: Field) -> str:
    """What may be written into a field: ``数字，整数不超过 5 位，小数不超过 2 位``."""
    if item.value_set:
        return f"填值域 {item.value_set} 中的代码"
    fixed = {
        "D": "写作 YYYYMMDD，如 20240601",
        "DT": "写作 YYYYMMDDThhmmss，如 20240601T083000",
        "L": "T 为是，F 为否",
    }
    if item.type in fixed:
        return fixed[item.type]
    return _number_words(item) if item.type == "N" else _text_words(item)


def _number_words(item: Field) -> str:
    form = item.parsed
    if form.decimals:
        return f"整数不超过 {form.integer_digits} 位，小数不超过 {form.decimals} 位"
    return f"整数，{_span(form.minimum, form.maximum)}位"


def _text_words(item: Field) -> str:
    form = item.parsed
    unit = "位，只能是数字" if form.letters == "N" else "个字符"
    return f"{_span(form.minimum, form.maximum)}{unit}"


def _span(minimum: int, maximum: int) -> str:
    if minimum == maximum:
        return f"必须 {maximum} "
    return f"不超过 {maximum} " if minimum == 1 else f"{minimum} 至 {maximum} "


def source_words(source: Source) -> str:
    """``WS 445.4-2014 第4部分：检查检验记录 HDSD00.05 检验记录``; the platform's own table says so."""
    if source.standard == LOCAL:
        return "平台自定（没有相应的国家或行业标准）"
    return " ".join(part for part in (source.standard, source.part, source.table) if part)


def origin_words(item: Field) -> str:
    """Data element and year: ``DE02.01.039.00（2011）``; ``平台自定`` where there is none."""
    return "平台自定" if item.element == LOCAL else f"{item.element}（{item.year}）"


def row_words(dataset: Dataset) -> str:
    """What one row means and what makes it one."""
    keys = "、".join(dataset.by_name[name].title for name in dataset.key)
    when = dataset.by_name[dataset.event_time].title
    return f"一行是一条{dataset.title}，由{keys}唯一确定；归入{when}所在的日期。"


def person_words(dataset: Dataset) -> str:
    """Whom a row is about, by which fields; and that these stay out of the lake."""
    roles = dataset.person.fields()
    if not roles:
        return "不涉及居民个人。"
    said = "、".join(f"{ROLE_TITLES[role]}（{name}）" for role, name in roles.items())
    return f"涉及一位居民，由这些字段描述：{said}。能识别个人的内容与业务数据分开存放。"


def titles_of(dataset: Dataset, names: tuple[str, ...]) -> str:
    """``门（急）诊号、住院号``"""
    return "、".join(dataset.by_name[name].title for name in names)


def rule_words(rule: Rule) -> str:
    """What becomes of a row that breaks the rule."""
    if rule.severity is Severity.ERROR:
        return "有这个问题的行拒收，不入库。"
    return "有这个问题的行照常入库，同时计数，在回执和质量评价中列出，请核对。"


def basis_words(rule: Rule) -> str:
    """The source of a rule, or that it is the platform's own."""
    return rule.source or "平台自定的校验，没有可引用的标准条文"


def mending_words(rule: Rule, dataset: Dataset, columns: tuple[str, ...]) -> str:
    """What the sender does about a violation. ``columns`` are the fields that the rule names."""
    fields = "、".join(f"“{dataset.by_name[name].title}”" for name in columns if name in dataset.by_name)
    act = _MENDING[rule.dimension].format(fields=fields)
    if rule.severity is Severity.ERROR:
        return f"{act}，然后把这一天的数据整份重新上传；重传会替换原来的一份。"
    return f"{act}；如果原始记录就是这样，可以不改。"


def cell_words(item: Field, cell: str, catalogue: Catalogue) -> str:
    """The name of a code in a drawn row; empty when the cell is no code."""
    if not cell or not item.value_set:
        return ""
    return catalogue.value_sets[item.value_set].codes.get(cell, "")
