"""Reads of uploads; each takes its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from kangqiao.access.rights import Reader
from kangqiao.base.errors import RequestRefused
from kangqiao.intake.actions import is_form
from kangqiao.intake.addition_load import refuse_closed
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
    refuse_unamendable(reader, amends)
    assert amends.institution is not None
    return amends.institution


def refuse_unamendable(reader: Reader, amends: Submission) -> None:
    """Raise UploadRefused (409) when a submission has no rows that could be mended, Http404 when it is another's."""
    if not reader.covers(SEND, amends.institution_id):
        raise Http404
    try:
        refuse_closed(amends)
    except RequestRefused as error:
        raise UploadRefused(409, error.code, error.message) from error
    if not amends.rejected:
        raise UploadRefused(409, "amend.nothing", "这份回执没有拒收的数据，不用补正。")


@dataclass(frozen=True, slots=True)
class OfferedTable:
    """A dataset that the page offers; ``value`` is ``channel:dataset``."""

    value: str
    title: str
    channel: str


def offered_tables(institutions: Sequence[Institution]) -> list[OfferedTable]:
    """The tables prescribed to institutions of these kinds, each once a channel, in the order of the standard."""
    known, found = catalogue(), {}
    for kind in dict.fromkeys(item.kind for item in institutions):
        for entry in known.profile(kind).prescriptions:
            value = f"{entry.channel}:{entry.dataset}"
            found[value] = OfferedTable(value, known.datasets[entry.dataset].title, str(entry.channel))
    return sorted(found.values(), key=lambda item: item.channel, reverse=True)


def check_table(wanted: Announcement, institution: Institution) -> None:
    """Raise UploadRefused unless the announced dataset exists and comes by that channel."""
    try:
        dataset = catalogue().dataset(wanted.dataset)
    except RequestRefused as error:
        raise UploadRefused(400, error.code, error.message) from error
    if wanted.channel == "realtime" and not is_form(dataset, institution):
        sentence = f"“{dataset.title}”不是实时数据表单，请按定时数据上传。"
        raise UploadRefused(400, "channel.not_prescribed", sentence)
