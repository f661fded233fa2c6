"""The verbs of uploads: announce, take bytes, give up, expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import now as clock_now
from kangqiao.base.ids import new_id
from kangqiao.intake.models import Submission
from kangqiao.intake.uploads.models import Upload, UploadState
from kangqiao.intake.uploads.rules import KEEP_OPEN, Announcement, Limits, UploadRefused
from kangqiao.intake.uploads.storage import create_file, free_bytes, left_behind, open_for_writing, remove_file
from kangqiao.jobs.actions import enqueue
from kangqiao.registry.models import Institution

TASK = "upload.take"
SWEEP_AFTER = timedelta(hours=1)
"""A file is made a moment before its upload is in the ledger."""


@transaction.atomic
def announce_upload(
    wanted: Announcement, institution: Institution, amends: Submission | None, *, by: Reader, limits: Limits
) -> Upload:
    """Begin an upload. Raises UploadRefused: too many are open, or the disk has no room."""
    Institution.objects.select_for_update().get(pk=institution.pk)
    _refuse_crowd(wanted, institution, limits)
    moment = clock_now()
    upload = Upload.objects.create(
        pk=new_id(),
        institution=institution,
        by=by.name[:150],
        by_kind=by.kind,
        file_name=wanted.file_name,
        dataset=amends.dataset if amends else wanted.dataset,
        day=amends.day if amends else wanted.day,
        channel=amends.channel if amends else wanted.channel,
        mode=wanted.mode,
        amends=amends,
        size=wanted.size,
        sha256=wanted.sha256,
        created_at=moment,
        updated_at=moment,
        expires_at=moment + KEEP_OPEN,
    )
    create_file(upload.pk)
    detail = {"size": wanted.size, "dataset": upload.dataset, "mode": upload.mode, "channel": upload.channel}
    record_event(by, "upload.announce", subject=upload.pk, institution_id=institution.pk, detail=detail)
    if upload.size == 0:
        _close_receiving(upload.pk, moment)
        upload.refresh_from_db()
    return upload


def _refuse_crowd(wanted: Announcement, institution: Institution, limits: Limits) -> None:
    waiting = Upload.objects.filter(institution=institution, state=UploadState.RECEIVING)
    if waiting.count() >= limits.max_open:
        sentence = f"本机构还有 {limits.max_open} 份上传没有传完，请先续传或取消。"
        raise UploadRefused(429, "upload.open_too_many", sentence, {"Retry-After": "60"})
    announced = waiting.aggregate(total=Sum("size"))["total"] or 0
    if announced + wanted.size > limits.max_open_bytes:
        sentence = "本机构没有传完的文件合计过大，请先续传或取消。"
        raise UploadRefused(429, "upload.open_too_large", sentence, {"Retry-After": "60"})
    if wanted.size > free_bytes() - limits.reserve:
        raise UploadRefused(507, "upload.no_room", "平台磁盘空间不足，请稍后重试或联系管理员。", {"Retry-After": "600"})


def refuse_closed(upload: Upload) -> None:
    """Raise UploadRefused (410) when the upload takes no more bytes because it ended."""
    if upload.state in (UploadState.FAILED, UploadState.EXPIRED):
        sentence = upload.message or "这份上传已取消或过期，请重新上传。"
        raise UploadRefused(410, upload.code or "upload.expired", sentence)


@transaction.atomic
def record_offset(upload_id: str, offset: int, *, counts: bool, now: datetime) -> None:
    """``offset`` bytes are durable. The last byte hands the upload on, in the same transaction.

    ``counts``: whether this was the end of a piece.
    """
    Upload.objects.filter(pk=upload_id, state=UploadState.RECEIVING).update(
        offset=offset, pieces=F("pieces") + int(counts), updated_at=now, expires_at=now + KEEP_OPEN
    )
    if Upload.objects.filter(pk=upload_id, size=offset).exists():
        _close_receiving(upload_id, now)


def _close_receiving(upload_id: str, now: datetime) -> None:
    """All bytes are here: the check may begin."""
    moved = Upload.objects.filter(pk=upload_id, state=UploadState.RECEIVING).update(
        state=UploadState.WAITING, updated_at=now
    )
    if moved:
        enqueue(TASK, {"upload": upload_id}, key=f"{TASK}:{upload_id}")


def cancel_upload(upload: Upload, *, by: Reader) -> None:
    """The sender gives the upload up (取消). Raises UploadRefused: complete already (409), being written (423)."""
    if upload.state in (UploadState.WAITING, UploadState.CHECKING, UploadState.DONE):
        raise UploadRefused(409, "upload.complete", "文件已收齐，不能再取消。")
    if upload.state != UploadState.RECEIVING:
        return
    with open_for_writing(upload.pk), transaction.atomic():
        moved = _end_receiving(upload.pk, "upload.cancelled", "发送方取消了这份上传。", clock_now())
        if not moved:
            raise UploadRefused(409, "upload.complete", "文件已收齐，不能再取消。")
        record_event(by, "upload.cancel", subject=upload.pk, institution_id=upload.institution_id)
    remove_file(upload.pk)


def _end_receiving(upload_id: str, code: str, message: str, now: datetime) -> int:
    return Upload.objects.filter(pk=upload_id, state=UploadState.RECEIVING).update(
        state=UploadState.EXPIRED, code=code, message=message, updated_at=now, done_at=now
    )


def expire_uploads(*, now: datetime) -> int:
    """End uploads whose next piece did not come in time, and remove bytes that nobody needs. Gives how many ended."""
    ended = 0
    late = Upload.objects.filter(state=UploadState.RECEIVING, expires_at__lte=now)
    for upload_id in list(late.values_list("pk", flat=True)):
        try:
            with open_for_writing(upload_id):
                ended += _end_receiving(upload_id, "upload.expired", "超过 24 小时没有续传，已过期，请重新上传。", now)
        except UploadRefused as error:
            if error.status == 410:
                ended += _end_receiving(upload_id, "upload.gone", error.message, now)
    _sweep(now)
    return ended


def _sweep(now: datetime) -> None:
    """Remove files of uploads that have ended; a file without an upload is of an announcement that was cut off."""
    open_states = (UploadState.RECEIVING, UploadState.WAITING, UploadState.CHECKING)
    needed = set(Upload.objects.filter(state__in=open_states).values_list("pk", flat=True))
    for name in list(left_behind(needed, before=(now - SWEEP_AFTER).timestamp())):
        if not Upload.objects.filter(pk=name, state__in=open_states).exists():
            remove_file(name)
