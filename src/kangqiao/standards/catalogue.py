"""The catalogue: all datasets, value sets and profiles, read once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kangqiao.base.errors import DefinitionError, RequestRefused
from kangqiao.standards.checks import check_references
from kangqiao.standards.model import Dataset, Profile, ValueSet
from kangqiao.standards.reader import KINDS_OF_INSTITUTION, read_dataset, read_profile
from kangqiao.standards.value_sets import read_value_set

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Catalogue:
    """What institutions must send, by name; in the order of names, profiles with the hospital's first."""

    datasets: dict[str, Dataset]
    value_sets: dict[str, ValueSet]
    profiles: dict[str, Profile]

    def dataset(self, name: str) -> Dataset:
        """The dataset ``name``. Raises RequestRefused ``dataset.unknown``, suggesting names like it."""
        if name in self.datasets:
            return self.datasets[name]
        near = difflib.get_close_matches(name, self.datasets, n=3, cutoff=0.5)
        hint = f"，是否为 {'、'.join(near)}？" if near else "。"
        raise RequestRefused("dataset.unknown", f"没有名为 {name} 的数据集{hint}")

    def profile(self, kind: str) -> Profile:
        """What is prescribed to institutions of ``kind``. Raises RequestRefused ``profile.unknown``."""
        for profile in self.profiles.values():
            if profile.kind == kind:
                return profile
        kinds = "、".join(profile.kind for profile in self.profiles.values())
        raise RequestRefused("profile.unknown", f"没有机构类别 {kind} 的上报要求，可用的类别：{kinds}。")

    def in_loading_order(self) -> tuple[Dataset, ...]:
        """All datasets, those referred to before those that refer to them, else in the order of names."""
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


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with the package."""
    return load_catalogue(DATA)


def load_catalogue(folder: Path) -> Catalogue:
    """Read ``folder``'s ``value_sets/``, ``datasets/`` and ``profiles/``.

    Raises DefinitionError at the first definition that is wrong.
    """
    value_sets = {p.stem: read_value_set(p, where) for p, where in _files(folder, "value_sets", "tsv")}
    datasets = {p.stem: read_dataset(p, where, value_sets) for p, where in _files(folder, "datasets", "yaml")}
    check_references(datasets)
    profiles = {p.stem: read_profile(p, where, datasets) for p, where in _files(folder, "profiles", "yaml")}
    _refuse_same_kind(profiles)
    ordered = sorted(profiles.values(), key=lambda profile: KINDS_OF_INSTITUTION.index(profile.kind))
    return Catalogue(datasets, value_sets, {profile.name: profile for profile in ordered})


def _files(folder: Path, name: str, suffix: str) -> Iterator[tuple[Path, str]]:
    if not (folder / name).is_dir():
        raise DefinitionError(name, "no such folder")
    for path in sorted((folder / name).glob(f"*.{suffix}")):
        yield path, f"{name}/{path.name}"


def _refuse_same_kind(profiles: dict[str, Profile]) -> None:
    seen: dict[str, str] = {}
    for profile in profiles.values():
        if profile.kind in seen:
            reason = f"kind {profile.kind!r} has a profile already: {seen[profile.kind]}"
            raise DefinitionError(f"profiles/{profile.name}.yaml", reason)
        seen[profile.kind] = profile.name
