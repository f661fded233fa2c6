"""What may be taken away: templates, example rows, schemas, codes, the workbook, the whole package."""

from __future__ import annotations

import tempfile
import zipfile
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.dictionary import write_dictionary
from kangqiao.standards.export import csv_file, export, schema_file
from kangqiao.standards.export import template as template_file
from kangqiao.web.dictionary.examples import examples_of
from kangqiao.web.dictionary.finding import find_dataset, find_value_set
from kangqiao.web.dictionary.views import tells_near_names

CSV = "text/csv; charset=utf-8"
JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
_FIXED_DATE = (2000, 1, 1, 0, 0, 0)
"""The same catalogue, the same bytes."""


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})


@needs("dictionary.view")
@require_safe
@tells_near_names
def template(request: HttpRequest, dataset: str) -> HttpResponse:
    """The upload template with Chinese titles."""
    item = find_dataset(catalogue(), dataset)
    return _file(template_file(item, chinese=True), CSV, f"{item.name}.csv")


@needs("dictionary.view")
@require_safe
@tells_near_names
def template_en(request: HttpRequest, dataset: str) -> HttpResponse:
    """The upload template with English names."""
    item = find_dataset(catalogue(), dataset)
    return _file(template_file(item, chinese=False), CSV, f"{item.name}.en.csv")


@needs("dictionary.view")
@require_safe
@tells_near_names
def example(request: HttpRequest, dataset: str) -> HttpResponse:
    """Example rows under English names, as they would be uploaded."""
    known = catalogue()
    item = find_dataset(known, dataset)
    rows = [[field.name for field in item.fields], *examples_of(item, known)]
    return _file(csv_file(rows), CSV, f"{item.name}.example.csv")


@needs("dictionary.view")
@require_safe
@tells_near_names
def schema(request: HttpRequest, dataset: str) -> HttpResponse:
    """The Table Schema."""
    known = catalogue()
    item = find_dataset(known, dataset)
    return _file(schema_file(item, known), JSON, f"{item.name}.json")


@needs("dictionary.view")
@require_safe
@tells_near_names
def codes(request: HttpRequest, value_set: str) -> HttpResponse:
    """The codes of a value set."""
    item = find_value_set(catalogue(), value_set)
    return _file(csv_file([("代码", "名称"), *item.codes.items()]), CSV, f"{item.name}.csv")


@needs("dictionary.view")
@require_safe
def workbook(request: HttpRequest) -> HttpResponse:
    """The whole dictionary as a workbook."""
    return _file(_workbook(catalogue().edition.digest), XLSX, "data-dictionary.xlsx")


@needs("dictionary.view")
@require_safe
def package(request: HttpRequest) -> HttpResponse:
    """Everything that ``kangqiao standards export`` writes, in one archive."""
    return _file(_package(catalogue().edition.digest), ZIP, "kangqiao-standards.zip")


@lru_cache(maxsize=1)
def _workbook(digest: str) -> bytes:
    """The workbook of the catalogue that has ``digest``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dictionary.xlsx"
        write_dictionary(catalogue(), path)
        return path.read_bytes()


@lru_cache(maxsize=1)
def _package(digest: str) -> bytes:
    """The archive of the catalogue that has ``digest``."""
    content = BytesIO()
    with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(content, "w") as archive:
        folder = Path(name)
        for path in sorted(set(export(catalogue(), folder))):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), _FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()
