"""Open the lake, see what a table holds, commit, look back, roll back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.conversions import from_bytes, to_bytes
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression, In
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.typedef import Record
from pyiceberg.types import DateType, StringType

from kangqiao.base.errors import StateConflict
from kangqiao.engine.lake.tables import DAY, INSTITUTION, partitions_of, schema_of
from kangqiao.standards.model import Channel, Dataset

BATCH_PROPERTY = "kangqiao.batch"
_EPOCH = date(1970, 1, 1)

Days = Mapping[str, Collection[date]]
"""Institution → days."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A Parquet file that a batch wrote: rows of one institution and month, from its first to its last day."""

    path: Path
    institution: str
    first_day: date
    last_day: date
    rows: int


@dataclass(frozen=True, slots=True)
class Version:
    """One snapshot of a table (数据版本)."""

    snapshot_id: int
    committed_at: datetime
    operation: str
    batch: str
    rows: int


class Lake:
    """All lake tables below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _catalog(self) -> SqlCatalog:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        catalog = SqlCatalog(
            "kangqiao", uri=f"sqlite:///{self.root / 'catalog.db'}?timeout=60", warehouse=f"file://{self.root / 'data'}"
        )
        for channel in Channel:
            try:
                catalog.create_namespace_if_not_exists(str(channel))
            except NamespaceAlreadyExistsError:  # another process was first
                continue
        return catalog

    def table(self, channel: Channel, dataset: Dataset) -> LakeTable | None:
        """The table, or None while nothing was ever stored in it."""
        try:
            return LakeTable(self._catalog.load_table((str(channel), dataset.name)), self.folder(channel, dataset))
        except NoSuchTableError:
            return None

    def create_table(self, channel: Channel, dataset: Dataset) -> LakeTable:
        """The table, made if it is not there."""
        schema = schema_of(dataset)
        table = self._catalog.create_table_if_not_exists(
            (str(channel), dataset.name),
            schema=schema,
            location=f"file://{self.folder(channel, dataset)}",
            partition_spec=partitions_of(schema),
            properties={
                "format-version": "2",
                "write.metadata.delete-after-commit.enabled": "true",
                "write.metadata.previous-versions-max": "20",
                "schema.name-mapping.default": schema.name_mapping.model_dump_json(),
            },
        )
        return LakeTable(table, self.folder(channel, dataset))

    def folder(self, channel: Channel, dataset: Dataset) -> Path:
        """Where the files of one table lie."""
        return self.root / "data" / str(channel) / dataset.name


DRAFT = ".draft-"
"""A folder with this name and a batch's id stands in the table's folder until the batch is settled."""


def open_draft(folder: Path, batch: str) -> Path:
    """Begin a batch: from now on what it writes can be told from what is committed."""
    draft = folder / f"{DRAFT}{batch}"
    draft.mkdir(parents=True, exist_ok=True)
    return draft


def drafts(folder: Path) -> list[str]:
    """Batches that wrote files below a table's folder and were not settled."""
    return [path.name.removeprefix(DRAFT) for path in folder.glob(f"{DRAFT}*")]


def settle(folder: Path, batch: str) -> None:
    """The batch is committed: its files stay."""
    shutil.rmtree(folder / f"{DRAFT}{batch}", ignore_errors=True)


def discard(folder: Path, batch: str) -> None:
    """The batch was never committed: remove its files."""
    for path in folder.glob(f"*/*/{batch}-*.parquet"):
        path.unlink()
    settle(folder, batch)


class LakeTable:
    """One Iceberg table and its files."""

    def __init__(self, table: Table, folder: Path) -> None:
        self._table = table
        self.folder = folder

    # ── what it holds ────────────────────────────────────────────────────────────────────────

    def rows(self) -> int:
        """Rows of the present version, as its snapshot counts them."""
        snapshot = self._table.current_snapshot()
        return _total_rows(snapshot) if snapshot else 0

    def data_files(self, institutions: Collection[str] | None = None, snapshot_id: int | None = None) -> list[DataFile]:
        """Files of the present version, or of an earlier one, of all or of some institutions."""
        wanted: BooleanExpression = AlwaysTrue()
        if institutions is not None:
            wanted = In(INSTITUTION, sorted(institutions))  # type: ignore[call-arg, arg-type]
        scan = self._table.scan(row_filter=wanted, snapshot_id=snapshot_id)
        return [task.file for task in scan.plan_files()]

    def paths(self, institutions: Collection[str] | None = None, snapshot_id: int | None = None) -> tuple[str, ...]:
        """Local paths of :meth:`data_files`, in order."""
        return tuple(sorted(local_path(file) for file in self.data_files(institutions, snapshot_id)))

    def files_of_days(self, days: Days) -> list[DataFile]:
        """Files that may hold rows of ``days``, by the bounds that the catalog keeps."""
        day_id = self._table.schema().find_field(DAY).field_id
        return [file for file in self.data_files(days.keys()) if _overlaps(file, day_id, days)]

    # ── changing it ──────────────────────────────────────────────────────────────────────────

    def commit(self, batch: str, added: Iterable[NewFile], removed: Iterable[DataFile]) -> int:
        """Add and remove files in one atomic snapshot marked with ``batch``; returns the snapshot's id."""
        removed = list(removed)
        with self._table.transaction() as transaction:
            update = transaction.update_snapshot(snapshot_properties={BATCH_PROPERTY: batch})
            with update.overwrite() if removed else update.fast_append() as producer:
                for item in added:
                    producer.append_data_file(self._data_file(item))
                for file in removed:
                    producer.delete_data_file(file)
        self._make_durable()
        snapshot = self._table.current_snapshot()
        if snapshot is None:
            raise StateConflict(f"{self.folder.name}: the commit of batch {batch} left no snapshot")
        return snapshot.snapshot_id

    def _data_file(self, item: NewFile) -> DataFile:
        """What the catalog keeps of a file: its partition, and bounds of institution and day for planning."""
        schema = self._table.schema()
        institution, day = schema.find_field(INSTITUTION).field_id, schema.find_field(DAY).field_id
        first, last = _days(item.first_day), _days(item.last_day)
        name = to_bytes(StringType(), item.institution)
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=f"file://{item.path}",
            file_format=FileFormat.PARQUET,
            partition=Record(item.institution, (item.first_day.year - 1970) * 12 + item.first_day.month - 1),
            record_count=item.rows,
            file_size_in_bytes=item.path.stat().st_size,
            lower_bounds={institution: name, day: to_bytes(DateType(), first)},
            upper_bounds={institution: name, day: to_bytes(DateType(), last)},
            spec_id=self._table.metadata.default_spec_id,
        )

    def _make_durable(self) -> None:
        """Force the metadata that the last commit wrote to disk: a commit must outlive a power cut."""
        snapshot = self._table.current_snapshot()
        names = [self._table.metadata_location]
        if snapshot is not None:
            names += [snapshot.manifest_list, *(item.manifest_path for item in snapshot.manifests(self._table.io))]
        for name in names:
            sync_file(Path(name.removeprefix("file://")))

    def snapshot_of(self, batch: str) -> int | None:
        """The snapshot that the batch's commit made, or None if it never happened."""
        for snapshot in reversed(self._table.metadata.snapshots):
            if _batch_of(snapshot) == batch:
                return snapshot.snapshot_id
        return None

    # ── looking back ─────────────────────────────────────────────────────────────────────────

    def versions(self) -> list[Version]:
        """All versions on the way to the present one, oldest first."""
        return [_version(snapshot) for snapshot in self._ancestors()]

    def _ancestors(self) -> list[Snapshot]:
        found: list[Snapshot] = []
        snapshot = self._table.current_snapshot()
        while snapshot is not None:
            found.append(snapshot)
            parent = snapshot.parent_snapshot_id
            snapshot = self._table.snapshot_by_id(parent) if parent is not None else None
        return found[::-1]

    def roll_back(self, snapshot_id: int) -> None:
        """Make an earlier version the present one. Raises StateConflict if it is not on the way to it."""
        if snapshot_id not in [version.snapshot_id for version in self.versions()]:
            raise StateConflict(f"{self.folder.name}: no earlier version {snapshot_id}")
        if self._table.metadata.current_snapshot_id != snapshot_id:
            self._table.manage_snapshots().rollback_to_snapshot(snapshot_id).commit()
            self._table.refresh()
            self._make_durable()


def local_path(file: DataFile) -> str:
    """The path of a data file on this machine."""
    return file.file_path.removeprefix("file://")


def sync_file(path: Path) -> None:
    """Force a file, and its name in its folder, to disk."""
    for name in (path, path.parent):
        descriptor = os.open(name, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _overlaps(file: DataFile, day_id: int, days: Days) -> bool:
    low, high = file.lower_bounds.get(day_id), file.upper_bounds.get(day_id)
    wanted = days.get(file.partition[0], ())
    if low is None or high is None:
        return bool(wanted)
    first, last = int(from_bytes(DateType(), low)), int(from_bytes(DateType(), high))
    return any(first <= _days(day) <= last for day in wanted)


def _days(day: date) -> int:
    """A date as Iceberg counts it: days since 1970-01-01."""
    return (day - _EPOCH).days


def _batch_of(snapshot: Snapshot) -> str:
    summary = snapshot.summary
    return summary.additional_properties.get(BATCH_PROPERTY, "") if summary else ""


def _total_rows(snapshot: Snapshot) -> int:
    summary = snapshot.summary
    return int(summary.additional_properties.get("total-records", 0)) if summary else 0


def _version(snapshot: Snapshot) -> Version:
    return Version(
        snapshot.snapshot_id,
        datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC),
        str(snapshot.summary.operation.value) if snapshot.summary else "",
        _batch_of(snapshot),
        _total_rows(snapshot),
    )
