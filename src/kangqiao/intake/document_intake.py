"""Take files of shared documents: read each, keep its bytes, hand its rows to the tables they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kangqiao.base.clock import now
from kangqiao.base.errors import FileRefused
from kangqiao.base.home import Home, current_home
from kangqiao.base.ids import new_id
from kangqiao.engine.cda.archive import Member, clean_name, read_members
from kangqiao.engine.cda.documents import Document as Read
from kangqiao.engine.cda.documents import read_document
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.document_load import (
    DocumentBatch,
    IncomingRows,
    day_of,
    identity_of,
    refuse_older,
    refused_document,
)
from kangqiao.intake.document_store import keep_document
from kangqiao.intake.ledger import FactSink, recover_table, write_submissions
from kangqiao.intake.locks import table_lock
from kangqiao.intake.models import Document, Submission
from kangqiao.intake.receipts import Receipt
from kangqiao.intake.rules import readable
from kangqiao.intake.table_load import Table
from kangqiao.registry.models import Institution
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel

DOCUMENTS_AT_ONCE = 2000
BYTES_AT_ONCE = 64 << 20


@dataclass(frozen=True, slots=True)
class _Taken:
    """A document that was read and whose sender is known."""

    path: Path
    name: str
    content: bytes
    read: Read
    institution: Institution

    @property
    def key(self) -> tuple[int, str]:
        return self.institution.pk, identity_of(self.read)


@dataclass
class DocumentIntake:
    """One load's documents. ``institutions`` by name and code."""

    load_id: str
    institutions: Mapping[str, Institution]
    facts: FactSink
    progress: Callable[[int], None]
    home: Home = field(default_factory=current_home)

    def load(self, paths: Iterable[Path]) -> Iterator[Receipt]:
        """A receipt for each dataset of each document, and one for each document that is refused."""
        waiting: list[_Taken] = []
        size = 0
        for path in paths:
            for member in self._members(path):
                taken = self._take(path, member)
                if isinstance(taken, Receipt):
                    yield taken
                    continue
                waiting.append(taken)
                size += len(taken.content)
                if len(waiting) >= DOCUMENTS_AT_ONCE or size > BYTES_AT_ONCE:
                    yield from self._store(waiting)
                    waiting, size = [], 0
            self.progress(1)
        yield from self._store(waiting)

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def _members(self, path: Path) -> Iterator[Member]:
        try:
            yield from read_members(path)
        except FileRefused as error:
            yield Member(clean_name(readable(path.name)), refusal=error)

    def _take(self, path: Path, member: Member) -> _Taken | Receipt:
        institution = self._folder(path)
        try:
            if member.refusal:
                raise member.refusal
            read = read_document(member.content)
            if refusal := read.refusal:
                return self._refuse(member.name, FileRefused(refusal.code, refusal.message), institution, read)
            institution = self._sender(read, institution)
        except FileRefused as error:
            return self._refuse(member.name, error, institution)
        return _Taken(path, member.name, member.content, read, institution)

    def _folder(self, path: Path) -> Institution | None:
        """The institution whose folder the file lies in."""
        names = (readable(name) for name in reversed(path.parent.parts))
        return next((self.institutions[name] for name in names if name in self.institutions), None)

    def _sender(self, read: Read, folder: Institution | None) -> Institution:
        header = read.header
        keeper = self.institutions.get(header.custodian_name) or self.institutions.get(header.custodian_id)
        if folder and keeper and folder.pk != keeper.pk:
            sentence = f"保管机构是“{keeper.name}”，文件却在“{folder.name}”的目录中。"
            raise FileRefused("cda.custodian_differs", sentence)
        if sender := keeper or folder:
            return sender
        name = header.custodian_name or header.custodian_id
        raise FileRefused("institution.unknown", f"没有登记名为“{name[:60]}”的机构。")

    def _refuse(
        self, name: str, error: FileRefused, institution: Institution | None, read: Read | None = None
    ) -> Receipt:
        submission = refused_document(name, self.load_id, error.code, error.message)
        submission.institution = institution
        if read is not None:
            submission.dataset, submission.sha256, submission.size = read.kind.code, read.sha256, read.size
            submission.findings = [item.as_dict() for item in read.findings]
            submission.institution_text = (institution.name if institution else read.header.custodian_name)[:200]
        write_submissions([submission])
        return Receipt(submission)

    # ── storing ──────────────────────────────────────────────────────────────────────────────

    def _store(self, waiting: list[_Taken]) -> Iterator[Receipt]:
        for part in _rounds(waiting):
            yield from self._store_round(part)

    def _store_round(self, part: list[_Taken]) -> Iterator[Receipt]:
        current = self._current(part)
        stored = self._documents(part)
        incoming: dict[str, list[IncomingRows]] = {}
        for taken in part:
            before = current.get(taken.key, [])
            document = stored.get((taken.institution.pk, taken.read.sha256)) or new_document(taken)
            try:
                refuse_older(document, before[0].document if before else None)
            except FileRefused as error:
                yield self._refuse(taken.name, error, taken.institution, taken.read)
                continue
            keep_document(self.home, document.sha256, taken.content)
            if document._state.adding:
                document.save(force_insert=True)
                stored[document.institution_id, document.sha256] = document
            for name, item in incoming_rows(taken, document, {item.dataset for item in before}):
                incoming.setdefault(name, []).append(item)
        yield from self._load_tables(incoming)

    def _load_tables(self, incoming: Mapping[str, list[IncomingRows]]) -> Iterator[Receipt]:
        known, lake = catalogue(), Lake(self.home.lake)
        for dataset in known.in_loading_order():
            if items := incoming.get(dataset.name):
                table = Table(self.home, lake, known, Channel.DOCUMENT, dataset, self.facts, self.load_id)
                with table_lock(self.home, Channel.DOCUMENT, dataset.name):
                    recover_table(self.home, lake, Channel.DOCUMENT, dataset, self.facts)
                    yield from DocumentBatch(table, list(items), lambda done: None).run()

    def _current(self, part: list[_Taken]) -> dict[tuple[int, str], list[Submission]]:
        """What is current of the same documents: their submissions, a dataset each."""
        found: dict[tuple[int, str], list[Submission]] = {}
        for keys in _chunks([taken.key[1] for taken in part]):
            for item in Submission.objects.filter(document_key__in=keys, is_current=True).select_related("document"):
                found.setdefault((item.institution_id or 0, item.document_key), []).append(item)
        return found

    def _documents(self, part: list[_Taken]) -> dict[tuple[int, str], Document]:
        """Documents of the same bytes that came before."""
        found: dict[tuple[int, str], Document] = {}
        for digests in _chunks([taken.read.sha256 for taken in part]):
            for item in Document.objects.filter(sha256__in=digests):
                found[item.institution_id, item.sha256] = item
        return found


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


def _rounds(waiting: list[_Taken]) -> list[list[_Taken]]:
    """Parts with one version of a document at most, lower versions first."""
    rounds: list[list[_Taken]] = []
    places: dict[tuple[int, str], int] = {}
    for taken in sorted(waiting, key=lambda item: item.read.header.version):
        place = places[taken.key] = places.get(taken.key, -1) + 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(taken)
    return rounds


def new_document(taken: _Taken) -> Document:
    """The ledger's entry for a document that has not come before; not saved yet."""
    return Document(
        pk=new_id(),
        sha256=taken.read.sha256,
        size=taken.read.size,
        institution=taken.institution,
        type=taken.read.kind.code,
        number=taken.read.header.number,
        identity=taken.key[1],
        version=taken.read.header.version,
        findings=[item.as_dict() for item in taken.read.findings],
        received_at=now(),
    )


def incoming_rows(taken: _Taken, document: Document, filled: set[str]) -> Iterator[tuple[str, IncomingRows]]:
    """What goes to each dataset: the document's rows, and no rows where only the version before had any."""
    datasets = catalogue().datasets
    for name in dict.fromkeys((*taken.read.rows, *sorted(filled))):
        rows = taken.read.rows.get(name, [])
        day = day_of(datasets[name], rows, taken.read)
        yield name, IncomingRows(taken.path, taken.institution, day, taken.name, rows, document)
