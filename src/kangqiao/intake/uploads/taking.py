"""A complete upload becomes what its sender wants: checked, then loaded into the ledger or only tried."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now
from kangqiao.base.errors import Refused
from kangqiao.base.home import current_home
from kangqiao.engine.cda.archive import holds_documents
from kangqiao.engine.formats.received import digest_of
from kangqiao.engine.lake.lake import Lake
from kangqiao.intake.actions import amend, load_documents, load_file
from kangqiao.intake.ledger import FactSink, recover_table
from kangqiao.intake.locks import table_lock
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.intake.table_load import Incoming
from kangqiao.intake.uploads.models import Upload, UploadMode, UploadState
from kangqiao.intake.uploads.storage import path_of, remove_file
from kangqiao.intake.uploads.trial import try_upload
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Dataset

Outcome = dict[str, Any]


def take_upload(upload_id: str, *, facts: FactSink) -> None:
    """Check and load one complete upload. May run again after it was broken off: nothing is loaded twice.

    A fault of the file is an outcome; a fault of the platform is raised, and the job tries again.
    """
    upload = Upload.objects.select_related("institution", "amends").filter(pk=upload_id).first()
    if upload is None or upload.state not in (UploadState.WAITING, UploadState.CHECKING):
        return
    _move(upload, UploadState.CHECKING)
    if fault := _transport_fault(upload):
        _fail(upload, *fault)
        remove_file(upload.pk)
        return
    with _named(upload) as path:
        outcome = _try(upload, path) if upload.mode == UploadMode.TEST else _load(upload, path, facts)
    _finish(upload, outcome)
    remove_file(upload.pk)


def _transport_fault(upload: Upload) -> tuple[str, str] | None:
    """Code and sentence when the bytes are not those that were announced."""
    path = path_of(upload.pk)
    if not path.exists() or path.stat().st_size < upload.size:
        return "upload.gone", "这份上传的内容已丢失，请重新上传。"
    os.truncate(path, upload.size)
    upload.sha256_found = digest_of(path)
    upload.save(update_fields=["sha256_found"])
    if upload.sha256 and upload.sha256 != upload.sha256_found:
        return "upload.sha256_differs", "收到的内容与声明的 SHA-256 不符，没有入库，请重新上传。"
    return None


@contextmanager
def _named(upload: Upload) -> Iterator[Path]:
    """The bytes under their sender's name, in a folder of their institution: readers speak of files by name."""
    folder = current_home().work / f"upload-{upload.pk}"
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / upload.institution.code / upload.file_name
    path.parent.mkdir(mode=0o700, parents=True)
    try:
        os.link(path_of(upload.pk), path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ── the two modes ────────────────────────────────────────────────────────────────────────────────


def _try(upload: Upload, path: Path) -> Outcome:
    try:
        return {"result": try_upload(upload, path)}
    except Refused as error:
        return {"code": error.code, "message": error.message}


def _load(upload: Upload, path: Path, facts: FactSink) -> Outcome:
    """Load under the upload's own id: what an earlier run has brought to the ledger is found by it."""
    told: Outcome = {}
    try:
        _run_load(upload, path, facts)
    except Refused as error:
        told = {"code": error.code, "message": error.message}
    loaded = Submission.objects.filter(load_id=upload.pk).exclude(state=SubmissionState.ABORTED)
    return told | {"submissions": list(loaded.order_by("pk").values_list("pk", flat=True))}


def _run_load(upload: Upload, path: Path, facts: FactSink) -> None:
    if upload.amends is None and (upload.channel == Channel.DOCUMENT or holds_documents(path)):
        for _ in load_documents([path], facts=facts, load_id=upload.pk):
            continue
        return
    channel, dataset = Channel(upload.channel), catalogue().dataset(upload.dataset)
    if _is_loaded(upload, channel, dataset, facts):
        return
    if upload.amends is not None:
        amend(upload.amends, path, facts=facts, name=upload.file_name, load_id=upload.pk, by=_sender(upload))
        return
    assert upload.day is not None
    incoming = Incoming(path, upload.institution, upload.day, upload.file_name)
    load_file(incoming, channel, dataset, facts=facts, load_id=upload.pk, by=_sender(upload))


def _is_loaded(upload: Upload, channel: Channel, dataset: Dataset, facts: FactSink) -> bool:
    """Whether an earlier run of the job, whose end nobody saw, has brought the file to the ledger."""
    home = current_home()
    with table_lock(home, channel, dataset.name):
        recover_table(home, Lake(home.lake), channel, dataset, facts)
    loaded = Submission.objects.filter(load_id=upload.pk).exclude(state=SubmissionState.ABORTED)
    return loaded.exists()


def _sender(upload: Upload) -> Reader:
    return Reader(kind=upload.by_kind, name=upload.by)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────


def _move(upload: Upload, state: UploadState) -> None:
    Upload.objects.filter(pk=upload.pk, state__in=[UploadState.WAITING, UploadState.CHECKING]).update(
        state=state, updated_at=now()
    )


@transaction.atomic
def _finish(upload: Upload, outcome: Outcome) -> None:
    _end(upload, UploadState.DONE, outcome)


@transaction.atomic
def _fail(upload: Upload, code: str, message: str) -> None:
    _end(upload, UploadState.FAILED, {"code": code, "message": message})


def _end(upload: Upload, state: UploadState, outcome: Outcome) -> None:
    moment = now()
    Upload.objects.filter(pk=upload.pk).update(state=state, updated_at=moment, done_at=moment, **outcome)
    detail = {"state": str(state), "mode": upload.mode, "code": outcome.get("code", "")}
    record_event(
        _sender(upload), "upload.finish", subject=upload.pk, institution_id=upload.institution_id, detail=detail
    )
