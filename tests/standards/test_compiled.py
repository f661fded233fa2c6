"""The compiled catalogue: trusted only when it is whole and of these very files."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kangqiao.standards.catalogue import Catalogue, load_catalogue
from kangqiao.standards.compiled import fingerprint, keep, recall


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("KANGQIAO_CACHE", str(folder))
    return folder


def parts(known: Catalogue) -> dict[str, Any]:
    return {item.name: getattr(known, item.name) for item in fields(known)}


def kept(small: Path) -> tuple[Catalogue, str]:
    known, mark = load_catalogue(small), fingerprint([small])
    keep([small], mark, parts(known))
    return known, mark


def test_what_is_kept_is_what_was_read(small: Path, cache: Path) -> None:
    known, mark = kept(small)
    again = recall([small], mark)
    assert again is not None
    assert Catalogue(**again) == known
    assert [path.stat().st_mode & 0o777 for path in cache.iterdir()] == [0o600]


def test_another_fingerprint_is_not_trusted(small: Path, cache: Path) -> None:
    kept(small)
    assert recall([small], "0" * 64) is None


@pytest.mark.parametrize("file", ["datasets/visit.yaml", "value_sets/sexes.tsv", "profiles/hospital.yaml"])
def test_a_changed_file_has_another_fingerprint(small: Path, file: str) -> None:
    before, found = fingerprint([small]), (small / file).stat()
    os.utime(small / file, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert fingerprint([small]) != before


def test_a_file_more_has_another_fingerprint(small: Path) -> None:
    before = fingerprint([small])
    (small / "datasets/ward.yaml").write_text("")
    assert fingerprint([small]) != before


def damage(whole: bytes, how: str) -> bytes:
    _, _, body = whole.partition(b"\n")
    return {
        "empty": b"",
        "cut": whole[:-10],
        "one letter": whole.replace("男性".encode(), "女性".encode(), 1),
        "no json": b"\x80\x04pickle\n" + body,
        "no head": body,
        "not a mapping": b"[]\n[]",
    }[how]


@pytest.mark.parametrize("how", ["empty", "cut", "one letter", "no json", "no head", "not a mapping"])
def test_a_damaged_file_is_not_trusted(small: Path, cache: Path, how: str) -> None:
    _, mark = kept(small)
    (path,) = cache.iterdir()
    path.write_bytes(damage(path.read_bytes(), how))
    assert recall([small], mark) is None


def test_parts_of_another_shape_are_not_trusted(small: Path, cache: Path) -> None:
    _, mark = kept(small)
    keep([small], mark, {"datasets": {"visit": ["visit"]}})
    assert [len(json.loads(line)) for path in cache.iterdir() for line in path.read_bytes().split(b"\n")] == [2, 1]
    assert recall([small], mark) is None


def test_a_folder_that_cannot_be_written_means_doing_without(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "file").write_text("")
    monkeypatch.setenv("KANGQIAO_CACHE", str(small / "file" / "cache"))
    _, mark = kept(small)
    assert recall([small], mark) is None


def test_no_cache_is_wanted(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANGQIAO_CACHE", "")
    _, mark = kept(small)
    assert recall([small], mark) is None
