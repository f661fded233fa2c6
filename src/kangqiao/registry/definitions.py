"""The catalogue of datasets and profiles as the rooms above read it: once a process."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from kangqiao.standards.model import Channel, Dataset, Field, Identifies, Prescription, Source


@cache
def datasets() -> dict[str, Dataset]:
    """All datasets by name."""
    folder = files("kangqiao.standards") / "data" / "datasets"
    found = [_dataset(yaml.safe_load(file.read_text("utf-8"))) for file in folder.iterdir()]
    return {item.name: item for item in sorted(found, key=lambda item: item.name)}


@cache
def prescriptions(kind: str) -> tuple[Prescription, ...]:
    """What is prescribed to institutions of ``kind`` (``hospital`` or ``district``)."""
    text = (files("kangqiao.standards") / "data" / "profiles" / f"{kind}.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    scheduled = [
        Prescription(name, Channel.SCHEDULED, every) for every, names in data["scheduled"].items() for name in names
    ]
    return (*scheduled, *(Prescription(name, Channel.REALTIME) for name in data["realtime"]))


def _dataset(data: dict[str, Any]) -> Dataset:
    return Dataset(
        name=data["name"],
        title=data["title"],
        source=Source("local"),
        key=(),
        event_time="",
        fields=tuple(_field(item) for item in data["fields"]),
    )


def _field(item: dict[str, Any]) -> Field:
    return Field(
        **{name: item[name] for name in ("name", "title", "id", "element", "year", "type", "format")},
        identifies=Identifies(item["identifies"]) if "identifies" in item else None,
    )
