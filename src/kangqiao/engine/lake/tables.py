"""What a lake table looks like: its columns, its Iceberg schema and partitions."""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform, MonthTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    IcebergType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from kangqiao.engine.compute.duck import quote_name as q
from kangqiao.engine.identity.separation import separate
from kangqiao.standards.model import Dataset, Field


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a lake table: its name, its type, and the expression over ``judged`` that fills it."""

    name: str
    type: IcebergType
    expression: str


INSTITUTION, DAY = "_institution", "_day"


def columns_of(dataset: Dataset) -> list[Column]:
    """Columns of the lake table of ``dataset``, in order. Nothing here identifies a person."""
    fields = separate(dataset)
    return [
        Column(INSTITUTION, StringType(), f"judged.{INSTITUTION}"),
        Column(DAY, DateType(), f"judged.{DAY}"),
        Column("_submission", StringType(), "judged._submission"),
        Column("_line", LongType(), "judged._line"),
        Column("person_key", StringType(), "identity.person_key"),
        Column("identity_key", StringType(), "identity.token"),
        *(Column(field.name, _type(field), f"judged.{q(field.name)}") for field in fields.kept),
        *(Column(f"{field.name}_token", StringType(), f"{q('p_' + field.name)}.token") for field in fields.tokens),
    ]


def joins_of(dataset: Dataset) -> str:
    """The joins that ``columns_of`` expressions need, after ``FROM judged``."""
    joins = ["LEFT JOIN identity ON identity._who = judged._who"]
    for field in separate(dataset).tokens:
        alias = q("p_" + field.name)
        joins.append(f"LEFT JOIN pseudonym AS {alias} ON {alias}.value = judged.{q(field.name)}")
    return " ".join(joins)


def schema_of(dataset: Dataset) -> Schema:
    """The Iceberg schema; every column may be NULL, its id is its place."""
    return Schema(
        *(
            NestedField(field_id=number, name=column.name, field_type=column.type, required=False)
            for number, column in enumerate(columns_of(dataset), 1)
        )
    )


def partitions_of(schema: Schema) -> PartitionSpec:
    institution = schema.find_field(INSTITUTION).field_id
    day = schema.find_field(DAY).field_id
    return PartitionSpec(
        PartitionField(source_id=institution, field_id=1000, transform=IdentityTransform(), name="institution"),
        PartitionField(source_id=day, field_id=1001, transform=MonthTransform(), name="month"),
    )


def _type(field: Field) -> IcebergType:
    match field.type:
        case "D":
            return DateType()
        case "DT":
            return TimestampType()
        case "L":
            return BooleanType()
        case "N" if field.parsed.decimals:
            form = field.parsed
            return DecimalType(form.integer_digits + form.decimals, form.decimals)
        case "N" if field.parsed.maximum > 18:
            return DecimalType(field.parsed.maximum, 0)
        case "N":
            return LongType()
    return StringType()
