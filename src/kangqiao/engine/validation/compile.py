"""From a dataset's definition to the SQL that judges its rows.

One statement reads a spool and writes typed, judged rows into the table ``judged``::

    raw     r_<field>     every column as text, as it came; texts are <field> from the start
    typed   <field>       DATE, TIMESTAMP, DECIMAL, BIGINT, BOOLEAN; NULL where it cannot be read
            b_<field>     whether a required text is blank
    ruled   _r<check>     what each rule says: TRUE, FALSE, or NULL where it does not apply
    judged  _file, _line, _institution, _day, _submission, <fields>, _who,
            _w0.._wn      words of violations, a bit a check
            _n0.._nn      words of rules that did not apply
            _cells        the columns as received, of rows with any violation
            _status       0 accepted, 1 rejected, 2 duplicate

Identifiers come from the catalogue and are quoted; codes of value sets are ENUM types filled from bound values.
"""

from __future__ import annotations

from collections.abc import Sequence

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.formats.header import Layout
from kangqiao.engine.validation.checks import Builtin, Check, checks_of, words_of
from kangqiao.standards.model import Dataset, Field, Rule, Severity

ACCEPTED, REJECTED, DUPLICATE = 0, 1, 2

_NUMBER = r"-?[0-9]+(\.[0-9]+)?"

_STRUCTURE_COLUMNS = (
    "_file INTEGER",
    "_line BIGINT",
    "_institution VARCHAR",
    "_day DATE",
    "_submission VARCHAR",
)


def sql_type(field: Field) -> str:
    """The DuckDB type of a field's values."""
    if field.is_text:
        return "VARCHAR"
    if field.type == "N":
        form = field.parsed
        if form.decimals:
            return f"DECIMAL({form.integer_digits + form.decimals},{form.decimals})"
        return "BIGINT" if form.maximum <= 18 else f"DECIMAL({form.maximum},0)"
    return {"D": "DATE", "DT": "TIMESTAMP", "L": "BOOLEAN"}[field.type]


def text_of(field: Field) -> str:
    """A typed value of ``judged`` as the standard's notation writes it."""
    name = q(field.name)
    match field.type:
        case "D":
            return f"strftime({name}, '%Y%m%d')"
        case "DT":
            return f"strftime({name}, '%Y%m%dT%H%M%S')"
        case "L":
            return f"CASE {name} WHEN TRUE THEN 'T' WHEN FALSE THEN 'F' END"
        case "N":
            return f"CAST({name} AS VARCHAR)"
    return name


def create_judged(dataset: Dataset) -> str:
    """The statement that makes the empty table ``judged``."""
    words = range(words_of(dataset))
    columns = [
        *_STRUCTURE_COLUMNS,
        *(f"{q(field.name)} {sql_type(field)}" for field in dataset.fields),
        "_who UHUGEINT",
        *(f"_w{word} UBIGINT" for word in words),
        *(f"_n{word} UBIGINT" for word in words),
        "_cells VARCHAR[]",
        "_status UTINYINT",
    ]
    return f"CREATE TABLE judged ({', '.join(columns)})"


def spool_relation(layout: Layout, path: str) -> str:
    """A relation over a spool whose path is bound to the parameter ``path``: file number, line, columns as text."""
    names = ["_file", "_line", *(f"c{index}" for index in range(len(layout.fields)))]
    types = ["INTEGER", "BIGINT", *("VARCHAR" for _ in layout.fields)]
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in zip(names, types, strict=True))
    return (
        f"read_csv(${path}, columns={{{columns}}}, delim='{layout.delimiter}', quote='\"', escape='\"', "
        "header=false, auto_detect=false, nullstr='', new_line='\\n', strict_mode=true, max_line_size=8388608)"
    )


def insert_judged(dataset: Dataset, sources: Sequence[tuple[Layout, str]]) -> str:
    """The statement that judges the rows of relations (as of :func:`spool_relation`) into ``judged``.

    Relations of all layouts go through one statement: to plan it costs more than to judge a small file.
    """
    raw = " UNION ALL ".join(
        f"SELECT _file, _line, [{_cells(layout)}] AS _cells, {_raw_columns(dataset, layout)} FROM {relation}"
        for layout, relation in sources
    )
    names = ", ".join(q(field.name) for field in dataset.fields)
    words = _violation_words(dataset)
    absent = _absence_words(dataset)
    word_names = ", ".join(f"_w{index}" for index in range(len(words)))
    dirty = " OR ".join(f"_w{index} <> 0" for index in range(len(words)))
    return f"""
INSERT INTO judged
WITH raw AS ({raw}),
typed AS (
  SELECT raw.*, arrival.institution AS _institution, arrival.day AS _day, arrival.submission AS _submission
         {_typed_columns(dataset)}
  FROM raw JOIN arrival ON arrival.number = raw._file),
ruled AS (SELECT *{_rule_columns(dataset)} FROM typed),
marked AS (
  SELECT *, {_aliased(words, "_w")}, {_aliased(absent, "_n")}, {_who(dataset)} AS _who FROM ruled)
SELECT _file, _line, _institution, _day, _submission, {names}, _who,
       {word_names}, {", ".join(f"_n{index}" for index in range(len(absent)))},
       CASE WHEN {_keeping_cells(dataset, dirty)} THEN _cells END,
       CASE WHEN {_rejecting(dataset)} THEN {REJECTED} ELSE {ACCEPTED} END
FROM marked
"""


def _cells(layout: Layout) -> str:
    return ", ".join(f"c{index}" for index in range(len(layout.fields)))


def _raw_columns(dataset: Dataset, layout: Layout) -> str:
    position = {name: index for index, name in enumerate(layout.fields) if name is not None}
    return ", ".join(
        f"{f'c{position[field.name]}' if field.name in position else 'NULL::VARCHAR'} AS {_raw(field)}"
        for field in dataset.fields
    )


def _typed_columns(dataset: Dataset) -> str:
    typed = [f", {_typed(field)} AS {q(field.name)}" for field in dataset.fields if not field.is_text]
    blank = [f", {_is_blank(field)} AS {_blank(field)}" for field in dataset.fields if field.is_text and field.required]
    return "".join(typed + blank)


def _rule_columns(dataset: Dataset) -> str:
    """Each rule as a column, so that it is evaluated once; a rule that fails at run time does not apply."""
    return "".join(
        f", TRY(CAST(({check.source.expr}) AS BOOLEAN)) AS _r{check.number}"
        for check in checks_of(dataset)
        if isinstance(check.source, Rule)
    )


def _raw(field: Field) -> str:
    return q(field.name if field.is_text else f"r_{field.name}")


def _blank(field: Field) -> str:
    return q(f"b_{field.name}")


def _is_blank(field: Field) -> str:
    return rf"regexp_full_match({_raw(field)}, '[\s\x{{a0}}\x{{3000}}]*')"


def _typed(field: Field) -> str:
    raw = _raw(field)
    match field.type:
        case "D":
            return (
                f"CASE WHEN regexp_full_match({raw}, '[0-9]{{8}}') AND {_has_year(field)} "
                f"THEN CAST(try_strptime({raw}, '%Y%m%d') AS DATE) END"
            )
        case "DT":
            moment = f"try_strptime({raw}, '%Y%m%dT%H%M%S')"
            return (
                f"CASE WHEN regexp_full_match({raw}, '[0-9]{{8}}T[0-9]{{6}}') AND {_has_year(field)} THEN {moment} END"
            )
        case "L":
            return f"CASE {raw} WHEN 'T' THEN TRUE WHEN 'F' THEN FALSE END"
        case "N":
            pattern = _number_pattern(field)
            return f"CASE WHEN regexp_full_match({raw}, '{pattern}') THEN TRY_CAST({raw} AS {sql_type(field)}) END"
    return raw


def _has_year(field: Field) -> str:
    """There is no year 0; DuckDB counts one."""
    return f"{_raw(field)} >= '0001'"


def _number_pattern(field: Field) -> str:
    form = field.parsed
    if not form.decimals:
        return f"-?[0-9]{{{form.minimum},{form.maximum}}}"
    return rf"-?[0-9]{{1,{form.integer_digits}}}(\.[0-9]{{1,{form.decimals}}})?"


def _violation_words(dataset: Dataset) -> list[str]:
    return _words(dataset, {check.number: _violated(dataset, check) for check in checks_of(dataset)})


def _absence_words(dataset: Dataset) -> list[str]:
    """Bits of the checks that do not apply to a row because a value they need is missing."""
    return _words(dataset, {check.number: _absent(dataset, check) for check in checks_of(dataset)})


def _words(dataset: Dataset, conditions: dict[int, str]) -> list[str]:
    words: list[list[str]] = [[] for _ in range(words_of(dataset))]
    for check in checks_of(dataset):
        if condition := conditions[check.number]:
            # not CASE: inside one, DuckDB evaluates anew what it could share between conditions
            words[check.word].append(f"COALESCE(({condition}), FALSE)::UBIGINT * {1 << check.bit}::UBIGINT")
    return [" | ".join(bits) or "0::UBIGINT" for bits in words]


def _aliased(expressions: list[str], prefix: str) -> str:
    return ", ".join(f"{expression} AS {prefix}{index}" for index, expression in enumerate(expressions))


def _violated(dataset: Dataset, check: Check) -> str:
    """The condition under which a row violates ``check``; empty for checks that the row alone cannot decide."""
    if isinstance(check.source, Rule):
        return f"NOT _r{check.number}"
    if check.rule == Builtin.EVENT_DAY:
        return f"CAST({q(dataset.event_time)} AS DATE) <> _day"
    if isinstance(check.source, Field):
        return _field_violated(dataset, check.source, Builtin(check.rule))
    return ""


def _absent(dataset: Dataset, check: Check) -> str:
    if isinstance(check.source, Rule):
        return f"_r{check.number} IS NULL"
    if check.rule == Builtin.EVENT_DAY:
        return f"{q(dataset.event_time)} IS NULL OR _day IS NULL"
    if isinstance(check.source, Field) and check.rule == Builtin.CHECKSUM:
        condition = checksum_condition(dataset, check.source)
        return f"{_raw(check.source)} IS NOT NULL AND NOT {condition}" if condition else ""
    return ""


def _field_violated(dataset: Dataset, field: Field, rule: Builtin) -> str:
    if rule is Builtin.REQUIRED:
        return f"COALESCE({_blank(field)}, TRUE)" if field.is_text else f"{_raw(field)} IS NULL"
    if rule is Builtin.TYPE:
        return _type_violated(field)
    violated = _value_violated(dataset, field, rule)
    # a required value that is blank has failed already and is not judged further
    return f"({violated}) AND NOT {_blank(field)}" if field.required and field.is_text else violated


def _type_violated(field: Field) -> str:
    raw, typed = _raw(field), q(field.name)
    if field.type == "N":
        return rf"{typed} IS NULL AND NOT regexp_full_match({raw}, '{_NUMBER}')"
    return f"{typed} IS NULL AND {raw} IS NOT NULL"


def _value_violated(dataset: Dataset, field: Field, rule: Builtin) -> str:
    raw, form = _raw(field), field.parsed
    match rule:
        case Builtin.LENGTH:
            return f"length({raw}) NOT BETWEEN {form.minimum} AND {form.maximum}"
        case Builtin.FORMAT if field.is_text:
            return f"NOT regexp_full_match({raw}, '[0-9]*')"
        case Builtin.FORMAT:
            return f"{q(field.name)} IS NULL AND regexp_full_match({raw}, '{_NUMBER}')"
        case Builtin.VALUE_SET:
            return f"{raw} IS NOT NULL AND TRY_CAST({raw} AS {value_set_type(field.value_set or '')}) IS NULL"
        case Builtin.CHECKSUM:
            return _checksum_violated(dataset, field)
    raise ValueError(f"no row condition for {rule}")


def _checksum_violated(dataset: Dataset, field: Field) -> str:
    test = "is_uscc" if field.checksum == "uscc" else "is_resident_id"
    violated = f"{_raw(field)} IS NOT NULL AND NOT {test}({_raw(field)})"
    condition = checksum_condition(dataset, field)
    return f"{condition} AND {violated}" if condition else violated


def checksum_condition(dataset: Dataset, field: Field) -> str:
    """When a value is judged by its checksum: a document's number only where it is an identity card (01)."""
    id_type = "" if field.checksum == "uscc" else dataset.id_type_of(field)
    return f"COALESCE({_raw(dataset.by_name[id_type])}, '01') = '01'" if id_type else ""


def value_set_type(name: str) -> str:
    """The ENUM type that holds the codes of a value set."""
    return q(f"vs_{name}")


def _rejecting(dataset: Dataset) -> str:
    masks = [0] * words_of(dataset)
    for check in checks_of(dataset):
        if check.is_error:
            masks[check.word] |= 1 << check.bit
    return " OR ".join(f"(_w{index} & {mask}::UBIGINT) <> 0" for index, mask in enumerate(masks))


def _keeping_cells(dataset: Dataset, dirty: str) -> str:
    """Rows whose columns are kept as received: every row that may yet be rejected."""
    return "TRUE" if any(reference.severity is Severity.ERROR for reference in dataset.references) else dirty


def _who(dataset: Dataset) -> str:
    """A fingerprint of institution and identity values of a row, to find distinct ones; it never leaves memory."""
    names = dataset.person.fields().values()
    if not names:
        return "NULL::UHUGEINT"
    values = ", ".join(f"COALESCE(CAST({q(name)} AS VARCHAR), '')" for name in names)
    return f"md5_number(concat_ws(chr(31), _institution, {values}))"
