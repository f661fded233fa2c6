"""What must hold between the parts of a dataset, and between datasets. What does not is a DefinitionError."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from kangqiao.base.errors import DefinitionError
from kangqiao.standards.expressions import check_expression
from kangqiao.standards.model import Dataset, Identifies, Reference, Rule, Succession
from kangqiao.standards.problems import Problems

_PERSON_IDENTIFIES = {
    "id_no": Identifies.ID_NO,
    "name": Identifies.NAME,
    "phone": Identifies.PHONE,
    "address": Identifies.ADDRESS,
}
"""Roles of a person whose field must say that it identifies; the other roles' fields must not."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A dataset under judgement: where it stands, and what its document lists."""

    where: str
    names: frozenset[str]
    """All fields listed, those too that were refused: what names such a one is not refused once more."""
    rule_places: Mapping[str, str] = field(default_factory=dict)
    """Where rules stand that are not in the dataset's file, by code."""


def check_dataset(dataset: Dataset, listing: Listing, problems: Problems) -> None:
    """Check key, event time, person, measures, rules and the near side of references and successions."""
    for check in (_check_key, _check_event_time, _check_person, _check_measures):
        with problems.caught():
            check(dataset, listing)
    _check_rules(dataset, listing, problems)
    for number, reference in enumerate(dataset.references):
        place = f"{listing.where}: references.{reference.dataset}"
        with problems.caught():
            _check_known(listing.names, reference.fields, place, at=("references", number, "fields"))
    _check_successions(dataset, listing, problems)


def _check_known(known: Container[str], names: Iterable[str], where: str, at: tuple[str | int, ...] = ()) -> None:
    for name in names:
        if name not in known:
            raise DefinitionError(where, f"{name!r} is not a field", key=name, at=(*at, name) if at else ())


def _check_key(dataset: Dataset, listing: Listing) -> None:
    place = f"{listing.where}: key"
    if not dataset.key:
        raise DefinitionError(place, "names no field")
    _check_known(listing.names, dataset.key, place)
    for item in (dataset.by_name[name] for name in dataset.key if name in dataset.by_name):
        if item.identifies is not None:
            raise DefinitionError(
                place, f"field {item.name!r} identifies a person and cannot be in a key", key=item.name
            )
        if not item.required:
            raise DefinitionError(place, f"field {item.name!r} must be required", key=item.name)


def _check_event_time(dataset: Dataset, listing: Listing) -> None:
    place = f"{listing.where}: event_time"
    _check_known(listing.names, [dataset.event_time], place)
    item = dataset.by_name.get(dataset.event_time)
    if item is not None and (item.type not in ("D", "DT") or not item.required):
        raise DefinitionError(place, f"field {item.name!r} must be a required D or DT")


def _check_person(dataset: Dataset, listing: Listing) -> None:
    for role, name in dataset.person.fields().items():
        place = f"{listing.where}: person.{role}"
        _check_known(listing.names, [name], place)
        item = dataset.by_name.get(name)
        expected = _PERSON_IDENTIFIES.get(role)
        if item is not None and item.identifies is not expected:
            raise DefinitionError(place, f"field {name!r} must have identifies {expected or 'absent'}")
        if item is not None and role == "birth_date" and item.type != "D":
            raise DefinitionError(place, f"field {name!r} must be a D")


def _check_measures(dataset: Dataset, listing: Listing) -> None:
    place = f"{listing.where}: measures"
    _check_known(listing.names, dataset.measures, place)
    for item in (dataset.by_name[name] for name in dataset.measures if name in dataset.by_name):
        if item.type != "N":
            raise DefinitionError(place, f"field {item.name!r} must be an N", key=item.name)


def _check_rules(dataset: Dataset, listing: Listing, problems: Problems) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(dataset.rules):
        place = listing.rule_places.get(rule.code, f"{listing.where}: rules.{rule.code}")
        with problems.caught():
            if rule.code in seen:
                raise DefinitionError(place, "code is used twice", at=("rules", number, "code"))
            seen.add(rule.code)
            _check_rule(rule, listing.names, place)


def _check_rule(rule: Rule, names: frozenset[str], place: str) -> None:
    if rule.field and rule.field not in names:
        raise DefinitionError(place, f"{rule.field!r} is not a field", key="field")
    try:
        check_expression(rule.expr, names)
    except ValueError as error:
        raise DefinitionError(place, str(error), key="expr") from error


def _check_successions(dataset: Dataset, listing: Listing, problems: Problems) -> None:
    seen = {rule.code for rule in dataset.rules}
    for number, succession in enumerate(dataset.successions):
        place, at = f"{listing.where}: successions.{succession.code}", ("successions", number)
        with problems.caught():
            if succession.code in seen:
                raise DefinitionError(place, "code is used twice", at=(*at, "code"))
            seen.add(succession.code)
            _check_known(listing.names, [succession.field], place, at=(*at, "field"))
            _check_moment(dataset, succession.field, place, (*at, "field"))


def _check_moment(dataset: Dataset, name: str, place: str, at: tuple[str | int, ...]) -> None:
    """Days and moments can be held against each other; persons by the identity document that their rows name."""
    item = dataset.by_name.get(name)
    if item is not None and item.type not in ("D", "DT"):
        raise DefinitionError(place, f"field {name!r} of {dataset.name} must be a D or DT", at=at)
    if not dataset.person.id_no:
        raise DefinitionError(place, f"rows of {dataset.name} have no person.id_no to know the person by", at=at[:-1])


def check_successions(
    datasets: Mapping[str, Dataset], places: Mapping[str, str], listed: Container[str], problems: Problems
) -> None:
    """Check that every succession looks at a moment of a person in another dataset; they may go round."""
    for dataset in datasets.values():
        for number, succession in enumerate(dataset.successions):
            where = f"{places[dataset.name]}: successions.{succession.code}"
            with problems.caught():
                _check_far_side(dataset, succession, datasets, listed, where, number)


def _check_far_side(
    dataset: Dataset,
    succession: Succession,
    datasets: Mapping[str, Dataset],
    listed: Container[str],
    where: str,
    number: int,
) -> None:
    at = ("successions", number)
    target = datasets.get(succession.dataset)
    if target is dataset:
        raise DefinitionError(where, "a dataset cannot be held against itself", at=(*at, "dataset"))
    if target is None:
        if succession.dataset in listed:
            return
        raise DefinitionError(where, f"unknown dataset {succession.dataset!r}", at=(*at, "dataset"))
    if succession.moment not in target.by_name:
        raise DefinitionError(where, f"{succession.moment!r} is not a field of {target.name}", at=(*at, "moment"))
    _check_moment(target, succession.moment, where, (*at, "moment"))


def check_references(
    datasets: Mapping[str, Dataset], places: Mapping[str, str], listed: Container[str], problems: Problems
) -> None:
    """Check that every reference points at fields that are there, and that no references go round.

    ``places`` are the datasets' files; ``listed`` also has those that were refused and are not in ``datasets``.
    """
    for dataset in datasets.values():
        for number, reference in enumerate(dataset.references):
            where = f"{places[dataset.name]}: references.{reference.dataset}"
            with problems.caught():
                _check_reference(dataset, reference, datasets, listed, where, number)
    done: set[str] = set()
    for name in datasets:
        with problems.caught():
            _refuse_cycle(name, datasets, (), done, places)


def _check_reference(
    dataset: Dataset,
    reference: Reference,
    datasets: Mapping[str, Dataset],
    listed: Container[str],
    where: str,
    number: int,
) -> None:
    at = ("references", number)
    target = datasets.get(reference.dataset)
    if target is None:
        if reference.dataset in listed:
            return
        raise DefinitionError(where, f"unknown dataset {reference.dataset!r}", at=(*at, "dataset"))
    if not reference.fields or len(reference.fields) != len(reference.to):
        raise DefinitionError(where, f"{len(reference.fields)} fields refer to {len(reference.to)}", at=at)
    for name, to in zip(reference.fields, reference.to, strict=True):
        if to not in target.by_name:
            raise DefinitionError(where, f"{to!r} is not a field of {target.name}", at=(*at, "to"))
        if dataset.by_name[name].is_text != target.by_name[to].is_text:
            raise DefinitionError(where, f"{name!r} and {to!r} are of different types", at=at)


def _refuse_cycle(
    name: str, datasets: Mapping[str, Dataset], path: tuple[str, ...], done: set[str], places: Mapping[str, str]
) -> None:
    if name in path:
        ring = " → ".join((*path[path.index(name) :], name))
        done.update(path)
        raise DefinitionError(f"{places[name]}: references", f"references go round: {ring}")
    if name in done or name not in datasets:
        return
    for reference in datasets[name].references:
        _refuse_cycle(reference.dataset, datasets, (*path, name), done, places)
    done.add(name)
