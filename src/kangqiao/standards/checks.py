"""What must hold between the parts of a dataset, and between datasets. Raises DefinitionError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.expressions import check_expression
from kangqiao.standards.model import Dataset, Identifies, Reference

_PERSON_IDENTIFIES = {
    "id_no": Identifies.ID_NO,
    "name": Identifies.NAME,
    "phone": Identifies.PHONE,
    "address": Identifies.ADDRESS,
}
"""Roles of a person whose field must say that it identifies; the other roles' fields must not."""


def check_dataset(dataset: Dataset, where: str) -> None:
    """Check key, event time, person, measures, rules and the near side of references."""
    _check_key(dataset, where)
    _check_event_time(dataset, where)
    _check_person(dataset, where)
    _check_measures(dataset, where)
    _check_rules(dataset, where)
    for reference in dataset.references:
        _check_known(dataset, reference.fields, f"{where}: references.{reference.dataset}")


def _check_known(dataset: Dataset, names: Iterable[str], where: str) -> None:
    for name in names:
        if name not in dataset.by_name:
            raise DefinitionError(where, f"{name!r} is not a field")


def _check_key(dataset: Dataset, where: str) -> None:
    place = f"{where}: key"
    if not dataset.key:
        raise DefinitionError(place, "names no field")
    _check_known(dataset, dataset.key, place)
    for name in dataset.key:
        item = dataset.by_name[name]
        if item.identifies is not None:
            raise DefinitionError(place, f"field {name!r} identifies a person and cannot be in a key")
        if not item.required:
            raise DefinitionError(place, f"field {name!r} must be required")


def _check_event_time(dataset: Dataset, where: str) -> None:
    place = f"{where}: event_time"
    _check_known(dataset, [dataset.event_time], place)
    item = dataset.by_name[dataset.event_time]
    if item.type not in ("D", "DT") or not item.required:
        raise DefinitionError(place, f"field {item.name!r} must be a required D or DT")


def _check_person(dataset: Dataset, where: str) -> None:
    for role, name in dataset.person.fields().items():
        place = f"{where}: person.{role}"
        _check_known(dataset, [name], place)
        item = dataset.by_name[name]
        expected = _PERSON_IDENTIFIES.get(role)
        if item.identifies is not expected:
            raise DefinitionError(place, f"field {name!r} must have identifies {expected or 'absent'}")
        if role == "birth_date" and item.type != "D":
            raise DefinitionError(place, f"field {name!r} must be a D")


def _check_measures(dataset: Dataset, where: str) -> None:
    place = f"{where}: measures"
    _check_known(dataset, dataset.measures, place)
    for name in dataset.measures:
        if dataset.by_name[name].type != "N":
            raise DefinitionError(place, f"field {name!r} must be an N")


def _check_rules(dataset: Dataset, where: str) -> None:
    seen: set[str] = set()
    for rule in dataset.rules:
        place = f"{where}: rules.{rule.code}"
        if rule.code in seen:
            raise DefinitionError(place, "code is used twice")
        seen.add(rule.code)
        if rule.field:
            _check_known(dataset, [rule.field], place)
        try:
            check_expression(rule.expr, dataset.by_name)
        except ValueError as error:
            raise DefinitionError(place, str(error)) from error


def check_references(datasets: Mapping[str, Dataset]) -> None:
    """Check that every reference points at fields that are there, and that no references go round."""
    for dataset in datasets.values():
        for reference in dataset.references:
            where = f"datasets/{dataset.name}.yaml: references.{reference.dataset}"
            _check_reference(dataset, reference, datasets, where)
    for name in datasets:
        _refuse_cycle(name, datasets, ())


def _check_reference(dataset: Dataset, reference: Reference, datasets: Mapping[str, Dataset], where: str) -> None:
    target = datasets.get(reference.dataset)
    if target is None:
        raise DefinitionError(where, f"unknown dataset {reference.dataset!r}")
    if not reference.fields or len(reference.fields) != len(reference.to):
        raise DefinitionError(where, f"{len(reference.fields)} fields refer to {len(reference.to)}")
    for name, to in zip(reference.fields, reference.to, strict=True):
        if to not in target.by_name:
            raise DefinitionError(where, f"{to!r} is not a field of {target.name}")
        if dataset.by_name[name].is_text != target.by_name[to].is_text:
            raise DefinitionError(where, f"{name!r} and {to!r} are of different types")


def _refuse_cycle(name: str, datasets: Mapping[str, Dataset], path: tuple[str, ...]) -> None:
    if name in path:
        ring = " → ".join((*path[path.index(name) :], name))
        raise DefinitionError(f"datasets/{name}.yaml: references", f"references go round: {ring}")
    for reference in datasets[name].references:
        _refuse_cycle(reference.dataset, datasets, (*path, name))
