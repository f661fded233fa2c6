"""The verbs of intake: load files, recover what was cut off, roll a table back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now, parse_day
from kangqiao.base.errors import RequestRefused
from kangqiao.base.home import current_home
from kangqiao.base.ids import new_id
from kangqiao.base.text import mask
from kangqiao.engine.cda.archive import holds_documents
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.addition_load import AdditionLoad, ReplayLoad, refuse_closed
from kangqiao.intake.discovery import find_files
from kangqiao.intake.document_intake import DocumentIntake
from kangqiao.intake.ledger import FactSink as FactSink
from kangqiao.intake.ledger import recover_table, roll_back, write_submissions
from kangqiao.intake.locks import table_lock, try_table_lock
from kangqiao.intake.models import Batch, BatchKind, BatchState, Submission, SubmissionState
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.rejected import RowFinding, read_duplicates, read_rejected
from kangqiao.intake.rules import CHANNELS, Address, address_of, readable
from kangqiao.intake.table_load import BatchLoad, Incoming, Table
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import institutions_by_text
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Dataset

Progress = Callable[[int], None]
Sorted = dict[tuple[Channel, str], list[Incoming]]


def load_paths(paths: Iterable[Path], *, facts: FactSink, progress: Progress = lambda done: None) -> Iterator[Receipt]:
    """Take every file at or below ``paths`` and give a receipt for each, table after table.

    Files of one table and load come into the lake in one commit. A file that is refused stops no other.
    """
    return load_files(find_files(paths), facts=facts, progress=progress)


def load_files(files: Iterable[Path], *, facts: FactSink, progress: Progress = lambda done: None) -> Iterator[Receipt]:
    """As :func:`load_paths`, for files that were found already."""
    load_id = new_id()
    documents, tables = _part_documents(files)
    sorted_files, refused = _sort_files(tables, load_id)
    write_submissions([receipt.submission for receipt in refused])
    progress(len(refused))
    yield from refused
    known = catalogue()
    for dataset in known.in_loading_order():
        for channel in Channel:
            if incoming := sorted_files.get((channel, dataset.name)):
                yield from _load_table(_table(channel, dataset, facts, load_id), incoming, progress)
    yield from DocumentIntake(load_id, institutions_by_text(), facts, progress).load(documents)


def load_file(
    incoming: Incoming,
    channel: Channel,
    dataset: Dataset,
    *,
    facts: FactSink,
    load_id: str = "",
    by: Reader | None = None,
) -> Receipt:
    """Take one file whose address is known, as :func:`load_files` takes many; ``load_id`` is the caller's own, if any.

    ``by`` is who brings it; without one it is the command line's user.

    Raises RequestRefused when the dataset is no real-time form of the institution and ``channel`` says so.
    """
    if channel is Channel.REALTIME and not is_form(dataset, incoming.institution):
        raise _not_a_form(dataset)
    table = _table(channel, dataset, facts, load_id or new_id(), by)
    (receipt,) = _load_table(table, [incoming], lambda done: None)
    return receipt


def amend(
    submission: Submission,
    path: Path,
    *,
    facts: FactSink,
    name: str = "",
    load_id: str = "",
    by: Reader | None = None,
) -> Receipt:
    """Take rows that the sender has mended (补正); they take the place of the lines their column ``_line`` names.

    Raises RequestRefused when the submission is not the one that counts for its day.
    """
    table = _table_of(submission, facts, load_id, by)
    return _add(AdditionLoad, table, submission, path, name)


def replay(submission: Submission, *, facts: FactSink, load_id: str = "", by: Reader | None = None) -> Receipt:
    """Judge the rejected rows of ``submission`` by the rules of today (重放); what passes now is stored.

    Raises RequestRefused as :func:`amend` does. A receipt with nothing received means that no row passes yet.
    """
    table = _table_of(submission, facts, load_id, by)
    return _add(ReplayLoad, table, submission, current_home().rejected, "")


def _add(kind: type[AdditionLoad], table: Table, submission: Submission, path: Path, name: str) -> Receipt:
    with table_lock(table.home, table.channel, table.dataset.name):
        recover_table(table.home, table.lake, table.channel, table.dataset, table.facts)
        amended = Submission.objects.select_related("institution").get(pk=submission.pk)
        refuse_closed(amended)
        assert amended.institution is not None
        assert amended.day is not None
        incoming = Incoming(path, amended.institution, amended.day, name)
        (receipt,) = kind(table, [incoming], lambda done: None, amends=amended).run()
    return receipt


def _table_of(submission: Submission, facts: FactSink, load_id: str, by: Reader | None) -> Table:
    dataset = catalogue().dataset(submission.dataset)
    return _table(Channel(submission.channel), dataset, facts, load_id or new_id(), by)


def _table(channel: Channel, dataset: Dataset, facts: FactSink, load_id: str, by: Reader | None = None) -> Table:
    home = current_home()
    return Table(home, Lake(home.lake), catalogue(), channel, dataset, facts, load_id, by or Reader.of_command())


def load_documents(paths: Iterable[Path], *, facts: FactSink, load_id: str = "") -> Iterator[Receipt]:
    """Take files of shared documents, each an XML file or a zip of them."""
    intake = DocumentIntake(load_id or new_id(), institutions_by_text(), facts, lambda done: None)
    return intake.load(paths)


def _part_documents(files: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Files of shared documents, and files of tables."""
    documents: list[Path] = []
    tables: list[Path] = []
    for path in files:
        (documents if holds_documents(path) else tables).append(path)
    return documents, tables


def _load_table(table: Table, incoming: list[Incoming], progress: Progress) -> Iterator[Receipt]:
    with table_lock(table.home, table.channel, table.dataset.name):
        recover_table(table.home, table.lake, table.channel, table.dataset, table.facts)
        for part in _rounds(incoming):
            yield from BatchLoad(table, part, progress).run()


def _rounds(incoming: list[Incoming]) -> list[list[Incoming]]:
    """Parts with at most one file an institution and day: a second file of a day is a resend of the first."""
    rounds: list[list[Incoming]] = []
    ordered = sorted(incoming, key=lambda item: (item.day, item.institution.pk))
    for _, same in groupby(ordered, key=lambda item: (item.day, item.institution.pk)):
        for place, item in enumerate(same):
            if place == len(rounds):
                rounds.append([])
            rounds[place].append(item)
    return rounds


def _sort_files(files: Iterable[Path], load_id: str) -> tuple[Sorted, list[Receipt]]:
    institutions = institutions_by_text()
    found: Sorted = {}
    refused = []
    for path in files:
        address = address_of(path)
        try:
            if not path.exists():
                raise RequestRefused("file.absent", f"找不到文件 {readable(path.name)}。")
            institution, channel, dataset, day = _resolve(address, institutions)
        except RequestRefused as error:
            refused.append(_refused(path, address, institutions, load_id, error))
            continue
        found.setdefault((channel, dataset.name), []).append(Incoming(path, institution, day))
    return found, refused


def _resolve(address: Address, institutions: dict[str, Institution]) -> tuple[Institution, Channel, Dataset, date]:
    if address.channel not in CHANNELS:
        raise RequestRefused("path.layout", "文件应放在 机构/scheduled 或 realtime/数据集/日期.csv 这样的目录中。")
    if address.institution not in institutions:
        raise RequestRefused("institution.unknown", f"没有登记名为“{address.institution}”的机构。")
    dataset = catalogue().dataset(address.dataset)
    institution = institutions[address.institution]
    if address.channel == Channel.REALTIME and not is_form(dataset, institution):
        raise _not_a_form(dataset)
    try:
        day = parse_day(address.day)
    except ValueError as error:
        raise RequestRefused("day.invalid", f"文件名“{address.day}”不是存在的日期，应写作 2024-06-30。") from error
    return institution, Channel(address.channel), dataset, day


def _not_a_form(dataset: Dataset) -> RequestRefused:
    return RequestRefused("channel.not_prescribed", f"“{dataset.title}”不是实时数据表单，请按定时数据上传。")


def is_form(dataset: Dataset, institution: Institution) -> bool:
    """Whether ``dataset`` is one of the real-time forms prescribed to the institution."""
    prescribed = catalogue().profile(institution.kind).prescriptions
    return any(item.dataset == dataset.name and item.channel is Channel.REALTIME for item in prescribed)


def receipt_of(submission_id: str) -> Receipt:
    """The receipt of an earlier submission, with every row that was left out.

    Raises RequestRefused when there is none.
    """
    submission = Submission.objects.select_related("institution").filter(pk=submission_id).first()
    if submission is None:
        raise RequestRefused("submission.unknown", f"没有编号为 {submission_id} 的上传。")
    dataset = catalogue().datasets.get(submission.dataset)
    receipt = Receipt(submission)
    for item in submission.violations.order_by("pk"):
        names = ("rule", "field", "dimension", "severity", "rows", "denominator")
        receipt.violations.append({name: getattr(item, name) for name in names})
    for row in read_rejected(submission):
        receipt.rejected_rows += (_shown(row.line, finding, dataset) for finding in row.findings)
    for row in read_duplicates(submission):
        receipt.duplicate_rows += (_shown(row.line, finding, dataset) for finding in row.findings)
    return receipt


def _shown(line: int, finding: RowFinding, dataset: Dataset | None) -> dict[str, Any]:
    """A reason as receipts show it: values that identify a person masked."""
    field = dataset.by_name.get(finding.field) if dataset else None
    is_personal = field is None or field.identifies is not None
    value = mask(finding.value) if finding.value and is_personal else finding.value
    return {"line": line, "field": finding.field, "rule": finding.rule, "value": value, "message": finding.message}


def _refused(
    path: Path, address: Address, institutions: dict[str, Institution], load_id: str, error: RequestRefused
) -> Receipt:
    return Receipt(
        Submission(
            pk=new_id(),
            load_id=load_id,
            institution=institutions.get(address.institution),
            institution_text=address.institution[:200],
            channel=address.channel[:32],
            dataset=address.dataset[:100],
            day_text=address.day[:100],
            state=SubmissionState.REFUSED,
            file_name=readable(path.name),
            refusal_code=error.code,
            refusal_message=error.message,
            received_at=now(),
        )
    )


def recover_all(*, facts: FactSink) -> None:
    """Bring to an end what killed processes left, except of tables that someone is loading now."""
    home = current_home()
    waiting = Batch.objects.filter(state=BatchState.PREPARED).values_list("channel", "dataset").distinct()
    for channel, name in list(waiting):
        with try_table_lock(home, channel, name) as is_ours:
            if is_ours:
                recover_table(home, Lake(home.lake), Channel(channel), catalogue().dataset(name), facts)


def roll_back_table(channel: Channel, dataset: Dataset, snapshot_id: int, *, facts: FactSink) -> list[Submission]:
    """Take a lake table, its ledger and its facts back to an earlier version (回退).

    Returns the submissions that were undone. Raises RequestRefused when there is no such earlier version.
    """
    home = current_home()
    lake = Lake(home.lake)
    with table_lock(home, channel, dataset.name):
        recover_table(home, lake, channel, dataset, facts)
        table = lake.table(channel, dataset)
        if table is None or snapshot_id not in [item.snapshot_id for item in table.versions()]:
            raise RequestRefused("version.unknown", f"{dataset.title}没有版本 {snapshot_id}。")
        with transaction.atomic():
            batch = Batch.objects.create(
                pk=new_id(),
                load_id=new_id(),
                channel=channel,
                dataset=dataset.name,
                kind=BatchKind.ROLLBACK,
                snapshot_id=snapshot_id,
                created_at=now(),
            )
            record_event(Reader.of_command(), "table.roll_back", subject=f"{channel}.{dataset.name}@{snapshot_id}")
        return roll_back(table, batch, facts)
