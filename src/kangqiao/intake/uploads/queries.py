"""Reads of uploads; each takes its reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from kangqiao.access.rights import Reader
from kangqiao.base.errors import RequestRefused
from kangqiao.intake.actions import is_form
from kangqiao.intake.models import Submission
from kangqiao.intake.uploads.models import Upload
from kangqiao.intake.uploads.rules import Announcement, UploadRefused
from kangqiao.registry.models import Institution
from kangqiao.registry.queries import active_institutions, institution_by_text
from kangqiao.standards.catalogue import catalogue

SEND = "submission.send"


@dataclass(frozen=True, slots=True)
class UploadFilter:
    """What a list of uploads is narrowed to; an empty value narrows nothing."""

    state: str = ""
    institution: str = ""
    since: datetime | None = None


def uploads_of(reader: Reader, wanted: UploadFilter) -> QuerySet[Upload]:
    """Uploads that ``reader`` may see, newest first."""
    found = Upload.objects.select_related("institution")
    covered = reader.institutions(SEND)
    if covered is not None:
        found = found.filter(institution__in=covered)
    conditions = {"state": wanted.state, "institution__code": wanted.institution, "updated_at__gte": wanted.since}
    return found.filter(**{name: value for name, value in conditions.items() if value}).order_by("-id")


def upload_for(reader: Reader, upload_id: str) -> Upload:
    """One upload. Raises Http404, for an absent one and for another institution's alike."""
    found = Upload.objects.select_related("institution").filter(pk=upload_id).first()
    if found is None or not reader.covers(SEND, found.institution_id):
        raise Http404
    return found


def sending_institutions(reader: Reader) -> list[Institution]:
    """Institutions that ``reader`` may send for."""
    covered = reader.institutions(SEND)
    return [item for item in active_institutions() if covered is None or item.pk in covered]


def sending_institution(reader: Reader, text: str, amends: Submission | None) -> Institution:
    """The institution an upload is of. Raises UploadRefused when it is not said, unknown, or another's."""
    if amends is not None:
        return _of_amended(reader, amends)
    if not text:
        own = sending_institutions(reader)
        if len(own) == 1:
            return own[0]
        raise UploadRefused(400, "upload.institution", "请写明机构（institution，机构名称或代码）。")
    found = institution_by_text(text)
    if found is None or not reader.covers(SEND, found.pk):
        raise UploadRefused(400, "institution.unknown", f"没有可以代为上传的机构“{text[:60]}”。")
    return found


def _of_amended(reader: Reader, amends: Submission) -> Institution:
    institution = amends.institution
    if institution is None or not reader.covers(SEND, institution.pk):
        raise Http404
    if amends.document_id or not amends.rejected:
        raise UploadRefused(409, "amend.nothing", "这份回执没有可以改正后重传的拒收数据。")
    return institution


def check_table(wanted: Announcement, institution: Institution) -> None:
    """Raise UploadRefused unless the announced dataset exists and comes by that channel."""
    try:
        dataset = catalogue().dataset(wanted.dataset)
    except RequestRefused as error:
        raise UploadRefused(400, error.code, error.message) from error
    if wanted.channel == "realtime" and not is_form(dataset, institution):
        sentence = f"“{dataset.title}”不是实时数据表单，请按定时数据上传。"
        raise UploadRefused(400, "channel.not_prescribed", sentence)
