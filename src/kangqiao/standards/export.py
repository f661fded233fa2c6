"""What hospitals take away: the data dictionary, upload templates and Frictionless Table Schemas.

::

    DIR/data-dictionary.xlsx
    DIR/templates/NAME.csv      header of Chinese titles, UTF-8 with BOM (opens in a spreadsheet)
    DIR/templates/NAME.en.csv   header of English field names
    DIR/schemas/NAME.json       Table Schema (https://specs.frictionlessdata.io/table-schema/)
    DIR/datapackage.json        all schemas as one Data Package, whose foreign keys lead within it
    DIR/value-sets/NAME.csv     a code table: code, name
    DIR/value-sets.csv          what is said of each code table
    DIR/catalogue.json          everything, for ``kangqiao standards diff``
    DIR/pages/NAME.md           a page a dataset, its rules with their drawn rows; README.md is the contents
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kangqiao.standards.catalogue import Catalogue
from kangqiao.standards.dictionary import write_dictionary
from kangqiao.standards.difference import plain
from kangqiao.standards.model import LOCAL, Dataset, Field
from kangqiao.standards.written_pages import write_pages

DICTIONARY = "data-dictionary.xlsx"

_TYPES: dict[str, dict[str, Any]] = {
    "D": {"type": "date", "format": "%Y%m%d"},
    "DT": {"type": "datetime", "format": "%Y%m%dT%H%M%S"},
    "L": {"type": "boolean", "trueValues": ["T"], "falseValues": ["F"]},
}


def export(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Write everything under ``folder`` (made if need be); returns the files written, in order."""
    for name in ("templates", "schemas"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_dictionary(catalogue, folder / DICTIONARY)
    written = [folder / DICTIONARY]
    for dataset in catalogue.datasets.values():
        chinese = folder / "templates" / f"{dataset.name}.csv"
        chinese.write_bytes(template(dataset, chinese=True))
        english = folder / "templates" / f"{dataset.name}.en.csv"
        english.write_bytes(template(dataset, chinese=False))
        schema = folder / "schemas" / f"{dataset.name}.json"
        schema.write_bytes(schema_file(dataset, catalogue))
        written += [chinese, english, schema]
    written += _write_value_sets(catalogue, folder)
    for name, content in (("datapackage.json", data_package(catalogue)), ("catalogue.json", plain(catalogue))):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append(folder / name)
    return [*written, *write_pages(catalogue, folder)]


def data_package(catalogue: Catalogue) -> dict[str, Any]:
    """All datasets as a Frictionless Data Package: a resource a dataset, its data in the English template."""
    return {
        "profile": "tabular-data-package",
        "name": "kangqiao-standards",
        "title": "康桥数据集标准",
        **({"version": catalogue.edition.version} if catalogue.edition.version else {}),
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": dataset.name,
                "title": dataset.title,
                "path": f"templates/{dataset.name}.en.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"lineTerminator": "\r\n"},
                "schema": table_schema(dataset, catalogue),
            }
            for dataset in catalogue.datasets.values()
        ],
    }


def _write_value_sets(catalogue: Catalogue, folder: Path) -> list[Path]:
    (folder / "value-sets").mkdir(exist_ok=True)
    index = [("name", "title", "standard", "version", "owner", "codes")]
    written = []
    for item in catalogue.value_sets.values():
        path = folder / "value-sets" / f"{item.name}.csv"
        path.write_bytes(csv_file([("code", "name"), *item.codes.items()]))
        index.append((item.name, item.title, item.standard, item.version, item.owner, str(len(item.codes))))
        written.append(path)
    (folder / "value-sets.csv").write_bytes(csv_file(index))
    return [*written, folder / "value-sets.csv"]


def template(dataset: Dataset, *, chinese: bool) -> bytes:
    """An upload template: the header alone; the Chinese one begins with a BOM so that a spreadsheet opens it."""
    return csv_file([[item.title if chinese else item.name for item in dataset.fields]], bom=chinese)


def schema_file(dataset: Dataset, catalogue: Catalogue) -> bytes:
    """The Table Schema as a file."""
    return (json.dumps(table_schema(dataset, catalogue), ensure_ascii=False, indent=2) + "\n").encode()


def csv_file(rows: Iterable[Iterable[str]], *, bom: bool = True) -> bytes:
    """Rows as a CSV file in UTF-8."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode("utf-8-sig" if bom else "utf-8")


def table_schema(dataset: Dataset, catalogue: Catalogue) -> dict[str, Any]:
    """``dataset`` as a Frictionless Table Schema; foreign keys name other datasets as resources."""
    schema: dict[str, Any] = {
        "name": dataset.name,
        "title": dataset.title,
        "fields": [_schema_field(item, catalogue) for item in dataset.fields],
        "missingValues": [""],
        "primaryKey": list(dataset.key),
    }
    if dataset.references:
        schema["foreignKeys"] = [
            {"fields": list(item.fields), "reference": {"resource": item.dataset, "fields": list(item.to)}}
            for item in dataset.references
        ]
    return schema


def _schema_field(item: Field, catalogue: Catalogue) -> dict[str, Any]:
    described: dict[str, Any] = {"name": item.name, "title": item.title, **_schema_type(item)}
    origin = [text for text in (item.id, item.element) if text != LOCAL]
    if origin or item.note:
        described["description"] = "；".join([" ".join(origin)] * bool(origin) + [item.note] * bool(item.note))
    constraints = _constraints(item, catalogue)
    if constraints:
        described["constraints"] = constraints
    return described


def _schema_type(item: Field) -> dict[str, Any]:
    if item.type == "N":
        return {"type": "number" if item.parsed.decimals else "integer"}
    return _TYPES.get(item.type, {"type": "string"})


def _constraints(item: Field, catalogue: Catalogue) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if item.required else {}
    if not item.is_text:
        return constraints
    if item.value_set:
        return {**constraints, "enum": list(catalogue.value_sets[item.value_set].codes)}
    if item.parsed.minimum > 1:
        constraints["minLength"] = item.parsed.minimum
    constraints["maxLength"] = item.parsed.maximum
    if item.parsed.letters == "N":
        constraints["pattern"] = "[0-9]+"
    return constraints
