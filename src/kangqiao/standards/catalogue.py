"""The catalogue: all datasets, value sets and profiles, read once, the city's own laid over the platform's."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from pathlib import Path

from kangqiao.base.errors import DefinitionError, RequestRefused
from kangqiao.standards.checks import check_references, check_successions
from kangqiao.standards.compiled import fingerprint, keep, recall
from kangqiao.standards.edition import read_edition
from kangqiao.standards.model import LOCAL, Dataset, Edition, Profile, ValueSet
from kangqiao.standards.overlay import FOLDERS, city_files, city_folder, refuse_strangers, with_city_rules
from kangqiao.standards.problems import Problems
from kangqiao.standards.profiles import KINDS_OF_INSTITUTION, merged, read_profile, refuse_prescribed_twice
from kangqiao.standards.reader import Definition, read_dataset, read_definition
from kangqiao.standards.value_sets import read_city_value_set, read_value_set

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Catalogue:
    """What institutions must send, by name; in the order of names, profiles with the hospital's first."""

    datasets: dict[str, Dataset]
    value_sets: dict[str, ValueSet]
    profiles: dict[str, Profile]
    edition: Edition = field(default_factory=Edition)
    city: str = ""
    """The folder of the city's own standards, where they have been laid over the platform's."""

    def dataset(self, name: str) -> Dataset:
        """The dataset ``name``. Raises RequestRefused ``dataset.unknown``, suggesting names like it."""
        if name in self.datasets:
            return self.datasets[name]
        near = difflib.get_close_matches(name, self.datasets, n=3, cutoff=0.5)
        hint = f"，是否为 {'、'.join(near)}？" if near else "。"
        raise RequestRefused("dataset.unknown", f"没有名为 {name} 的数据集{hint}")

    def profile(self, kind: str) -> Profile:
        """All that is prescribed to institutions of ``kind``, of all profiles together.

        Raises RequestRefused ``profile.unknown``.
        """
        found = self.by_kind.get(kind)
        if found is not None:
            return found
        raise RequestRefused(
            "profile.unknown", f"没有机构类别 {kind} 的上报要求，可用的类别：{'、'.join(self.by_kind)}。"
        )

    @cached_property
    def by_kind(self) -> dict[str, Profile]:
        """Kind of institution → all that is prescribed to it."""
        sums = {kind: merged(kind, self.profiles.values()) for kind in KINDS_OF_INSTITUTION}
        return {kind: profile for kind, profile in sums.items() if profile is not None}

    def in_loading_order(self) -> tuple[Dataset, ...]:
        """All datasets, those referred to before those that refer to them, else in the order of names.

        Successions give no order: what they look at may have been sent years before or after.
        """
        ordered: dict[str, Dataset] = {}
        for dataset in self.datasets.values():
            self._place(dataset, ordered)
        return tuple(ordered.values())

    def _place(self, dataset: Dataset, ordered: dict[str, Dataset]) -> None:
        if dataset.name in ordered:
            return
        for reference in dataset.references:
            self._place(self.datasets[reference.dataset], ordered)
        ordered[dataset.name] = dataset


def catalogue() -> Catalogue:
    """The catalogue in use: the one that comes with the package, with the city's own laid over it.

    Raises DefinitionError when the city's is wrong.
    """
    return _catalogue(city_folder())


def platform_catalogue() -> Catalogue:
    """The catalogue that comes with the package, without the city's own."""
    return _catalogue(None)


@cache
def _catalogue(city: Path | None) -> Catalogue:
    folders = [DATA] if city is None else [DATA, city]
    before = fingerprint(folders)
    stored = recall(folders, before)
    if stored is not None:
        return Catalogue(**stored)
    known = load_catalogue(DATA, city)
    if fingerprint(folders) == before:
        keep(folders, before, {item.name: getattr(known, item.name) for item in fields(known)})
    return known


def load_catalogue(folder: Path, city: Path | None = None) -> Catalogue:
    """Read ``folder``'s ``value_sets/``, ``datasets/``, ``profiles/`` and ``catalogue.yaml``, and the city's.

    Raises DefinitionError: the first thing that is wrong.
    """
    known, problems = survey(folder, city)
    if problems:
        raise problems[0]
    return known


def survey(folder: Path, city: Path | None = None) -> tuple[Catalogue, Problems]:
    """Read everything and tell all that is wrong; the catalogue then has only what is right."""
    problems = Problems()
    reading = _Reading(folder, city, problems)
    with problems.caught():
        if city is not None:
            refuse_strangers(city)
    value_sets = reading.value_sets()
    definitions = reading.definitions()
    datasets = {}
    for definition in definitions:
        dataset = read_dataset(definition, value_sets, problems)
        if dataset is not None:
            datasets[dataset.name] = dataset
    places = {item.name: item.where for item in definitions}
    check_references(datasets, places, reading.listed, problems)
    check_successions(datasets, places, reading.listed, problems)
    profiles = reading.profiles()
    edition = Edition()
    with problems.caught():
        edition = read_edition(folder / "catalogue.yaml", "catalogue.yaml")
    problems.locate(folder)
    datasets = dict(sorted(datasets.items()))
    edition = replace(edition, digest=_digest(datasets, value_sets, profiles))
    return Catalogue(datasets, value_sets, profiles, edition, str(city or "")), problems


class _Reading:
    """One reading of the platform's folder and the city's."""

    def __init__(self, folder: Path, city: Path | None, problems: Problems) -> None:
        self.folder = folder
        self.city = city
        self.problems = problems
        self.listed: set[str] = set()
        """Names of all datasets there are files of, the refused ones too."""

    def value_sets(self) -> dict[str, ValueSet]:
        found: dict[str, ValueSet] = {}
        for path, where in self._ours("value_sets"):
            with self.problems.caught():
                found[path.stem] = read_value_set(path, where)
        for path, where in self._theirs("value_sets"):
            with self.problems.caught():
                found[path.stem] = read_city_value_set(path, where, found.get(path.stem))
        return dict(sorted(found.items()))

    def definitions(self) -> list[Definition]:
        found: dict[str, Definition] = {}
        for path, where in self._ours("datasets"):
            self.listed.add(path.stem)
            with self.problems.caught():
                found[path.stem] = read_definition(path, where)
        for path, where in self._theirs("datasets"):
            with self.problems.caught():
                if path.stem in self.listed:
                    raise DefinitionError(where, f"the platform has a dataset {path.stem} already; change its rules")
                found[path.stem] = replace(read_definition(path, where), owner=LOCAL)
            self.listed.add(path.stem)
        for path, where in self._theirs("rules"):
            with self.problems.caught():
                if path.stem not in self.listed:
                    raise DefinitionError(where, f"unknown dataset {path.stem!r}")
                if path.stem in found:
                    found[path.stem] = with_city_rules(found[path.stem], path, where)
        return [found[name] for name in sorted(found)]

    def profiles(self) -> dict[str, Profile]:
        found: dict[str, Profile] = {}
        places: dict[str, str] = {}
        for path, where in [*self._ours("profiles"), *self._theirs("profiles")]:
            profile = read_profile(path, where, self.listed, self.problems)
            if profile is not None and profile.name in found:
                self.problems.append(DefinitionError(where, f"the platform has a profile {profile.name} already"))
            elif profile is not None:
                found[profile.name] = profile
                places[profile.name] = where
        order = [*KINDS_OF_INSTITUTION, ""]
        ordered = sorted(found.values(), key=lambda item: order.index(item.kinds[0] if len(item.kinds) == 1 else ""))
        refuse_prescribed_twice(ordered, places, self.problems)
        return {profile.name: profile for profile in ordered}

    def _ours(self, kind: str) -> Iterator[tuple[Path, str]]:
        if not (self.folder / kind).is_dir():
            self.problems.append(DefinitionError(kind, "no such folder"))
        for path in sorted((self.folder / kind).glob(f"*.{FOLDERS[kind]}")):
            yield path, f"{kind}/{path.name}"

    def _theirs(self, kind: str) -> Iterator[tuple[Path, str]]:
        return iter(()) if self.city is None else city_files(self.city, kind)


def _digest(datasets: dict[str, Dataset], value_sets: dict[str, ValueSet], profiles: dict[str, Profile]) -> str:
    """SHA-256 over everything that is defined."""
    total = hashlib.sha256()
    for dataset in datasets.values():
        total.update(f"{dataset.name} {dataset.digest}\n".encode())
    for item in (*value_sets.values(), *profiles.values()):
        total.update(f"{item!r}\n".encode())
    return total.hexdigest()
