"""Reads of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum
from django.http import Http404

from kangqiao.access.audit.actions import record_event
from kangqiao.access.rights import Reader
from kangqiao.base.clock import BEIJING
from kangqiao.intake.masking import ShownRow, shown_row
from kangqiao.intake.models import Submission, SubmissionState
from kangqiao.intake.rejected import read_rejected
from kangqiao.intake.wording import ShownViolation, shown_violation
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES, Channel

CHANNEL_NAMES = {str(channel): title for channel, title in CHANNEL_TITLES.items()}


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """What a list of submissions is narrowed to; an empty value narrows nothing."""

    institution: str = ""
    channel: str = ""
    dataset: str = ""
    state: str = ""
    day_from: date | None = None
    day_to: date | None = None


def submissions_seen_by(reader: Reader, permission: str = "submission.view") -> QuerySet[Submission]:
    """All submissions that ``permission`` covers; what belongs to no institution is for those who see all."""
    keys = reader.institutions(permission)
    return Submission.objects.all() if keys is None else Submission.objects.filter(institution_id__in=keys)


def filtered_submissions(reader: Reader, wanted: SubmissionFilter | None) -> QuerySet[Submission]:
    """Those the reader may see and that fit, newest first, with their institutions; none when ``wanted`` is None."""
    if wanted is None:
        return Submission.objects.none()
    conditions = {
        "institution__code": wanted.institution,
        "channel": wanted.channel,
        "dataset": wanted.dataset,
        "state": wanted.state,
        "day__gte": wanted.day_from,
        "day__lte": wanted.day_to,
    }
    narrowed = {name: value for name, value in conditions.items() if value}
    # Ids sort by time, so the newest page comes off the primary key however long the ledger has grown.
    return submissions_seen_by(reader).select_related("institution").filter(**narrowed).order_by("-id")


def submission_for(reader: Reader, submission_id: str, permission: str = "submission.view") -> Submission:
    """One submission with its institution and the one it replaces.

    Raises Http404 for absent and forbidden alike; a forbidden one leaves an event in the trail.
    """
    found = Submission.objects.select_related("institution", "replaces").filter(pk=submission_id).first()
    if found is None:
        raise Http404
    if not reader.covers(permission, found.institution_id):
        with transaction.atomic():
            record_event(
                reader, "access.refused", subject=found.pk, institution_id=found.institution_id, outcome="refused",
                detail={"permission": permission},
            )  # fmt: skip
        raise Http404
    return found


def rejected_rows_for(reader: Reader, submission: Submission, *, offset: int, limit: int) -> list[ShownRow]:
    """Rejected rows of one submission, masked; who looks is written into the trail. None for whom it is not."""
    if not submission.rejected or not reader.covers("submission.rejected", submission.institution_id):
        return []
    with transaction.atomic():
        record_event(
            reader, "rejected.view", subject=submission.pk, institution_id=submission.institution_id,
            detail={"from": offset + 1, "rows": limit},
        )  # fmt: skip
    return rejected_rows(submission, offset=offset, limit=limit)


def successor_of(submission: Submission) -> Submission | None:
    """The submission that replaced this one, if any; the newest when there were several."""
    return submission.replaced_by.exclude(state=SubmissionState.ABORTED).first()


def is_open(submission: Submission) -> bool:
    """Whether it has rejected rows that may come again, mended or judged anew."""
    is_table = submission.channel != Channel.DOCUMENT
    is_current = submission.is_current and submission.state == SubmissionState.STORED
    return bool(submission.rejected) and is_table and is_current


def amendments_of(submission: Submission) -> list[Submission]:
    """Submissions that brought its rejected rows again, the oldest first."""
    return list(submission.amended_by.exclude(state=SubmissionState.ABORTED).order_by("pk"))


def violations_of(submission: Submission) -> list[ShownViolation]:
    """The violations of one submission in words, errors first, then by number of rows."""
    dataset = catalogue().datasets.get(submission.dataset)
    found = submission.violations.order_by("severity", "-rows", "rule", "field")
    return [shown_violation(item, dataset) for item in found]


def current_submissions(month: date) -> Iterator[Submission]:
    """The current stored submissions whose day lies in the month that begins on ``month``."""
    current = Submission.objects.filter(
        is_current=True, state=SubmissionState.STORED, day__year=month.year, day__month=month.month
    )
    return current.order_by("id").iterator(chunk_size=2000)


def days_with_additions(items: Sequence[Submission]) -> set[tuple[int | None, str, str, date | None]]:
    """Institution, channel, dataset and day of those of ``items`` whose day is made of several submissions."""
    days = [item.day for item in items if item.day]
    if not days:
        return set()
    datasets = {item.dataset for item in items}
    added = Submission.objects.filter(
        is_current=True, is_addition=True, dataset__in=datasets, day__range=(min(days), max(days))
    )
    return set(added.values_list("institution_id", "channel", "dataset", "day").distinct())


def day_total(one: Submission) -> Submission:
    """All that is current for the institution, channel, dataset and day of ``one``, added up; not in the ledger itself.

    A row that came again counts as received once: where it stands now.
    """
    of_day = Submission.objects.filter(
        institution=one.institution_id or 0, channel=one.channel, dataset=one.dataset, day=one.day, is_current=True
    )
    total = Submission(
        pk=one.pk, institution_id=one.institution_id, channel=one.channel, dataset=one.dataset, day=one.day
    )
    for item in of_day.iterator(chunk_size=2000):
        total.received += item.received - item.replaced
        for name in ("stored", "duplicate", "rejected"):
            setattr(total, name, getattr(total, name) + getattr(item, name))
        for measure, text in item.measures.items():
            total.measures[measure] = str(Decimal(total.measures.get(measure, "0")) + Decimal(text))
        for dimension, (rows, of) in item.dimensions.items():
            before = total.dimensions.get(dimension, [0, 0])
            total.dimensions[dimension] = [before[0] + rows, before[1] + of]
    return total


def refused_submissions(reader: Reader, month: date, limit: int) -> list[Submission]:
    """The newest submissions refused whole for days of the month; those without a legible day by their arrival."""
    of_day = Q(day__year=month.year, day__month=month.month)
    of_arrival = Q(day=None, received_at__year=month.year, received_at__month=month.month)
    refused = submissions_seen_by(reader).select_related("institution").filter(state=SubmissionState.REFUSED)
    return list(refused.filter(of_day | of_arrival)[:limit])


def last_received_at(reader: Reader) -> datetime | None:
    """When the newest submission that the reader may see came; None when there is none."""
    last: datetime | None = submissions_seen_by(reader).aggregate(last=Max("received_at"))["last"]
    return last


def rejected_rows(submission: Submission, *, offset: int, limit: int) -> list[ShownRow]:
    """Rejected rows of one submission in the order of the file, masked."""
    dataset = catalogue().datasets.get(submission.dataset)
    rows = read_rejected(submission, offset=offset, limit=limit)
    return [shown_row(row, submission.header, dataset) for row in rows]


EXPORT_HEADS = (
    *("编号", "收到时间", "机构", "上传方式", "数据集", "数据日期", "状态", "文件名"),
    *("收到", "入库", "重复", "拒收", "替换", "拒收原因"),
)


def export_rows(found: QuerySet[Submission]) -> Iterator[list[object]]:
    """Head and rows of a list of submissions for a spreadsheet."""
    yield list(EXPORT_HEADS)
    for item in found.iterator(chunk_size=2000):
        yield [harmless(value) for value in _export_cells(item)]


def _export_cells(item: Submission) -> list[object]:
    dataset = catalogue().datasets.get(item.dataset)
    return [
        item.pk,
        item.received_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        item.institution.name if item.institution else item.institution_text,
        CHANNEL_NAMES.get(item.channel, item.channel),
        dataset.title if dataset else item.dataset,
        item.day.isoformat() if item.day else item.day_text,
        item.get_state_display(),
        item.file_name,
        *(item.received, item.stored, item.duplicate, item.rejected, item.superseded),
        item.refusal_message,
    ]


def harmless(value: object) -> object:
    """Text that a spreadsheet would take for a formula, made plain text again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def rows_by_verdict() -> dict[str, int]:
    """What became of all rows ever received: stored, duplicate, rejected, replaced."""
    names = ("stored", "duplicate", "rejected", "replaced")
    sums = Submission.objects.order_by().aggregate(**{name: Sum(name) for name in names})
    return {name: sums[name] or 0 for name in names}
