"""Pages of the monitoring desk (监控台)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from kangqiao.access.rights import needs as permitted
from kangqiao.base.clock import now
from kangqiao.oversight.monitoring.day_queries import institution_day
from kangqiao.oversight.monitoring.expectations import expectations
from kangqiao.oversight.monitoring.exports import csv_answer, xlsx_answer
from kangqiao.oversight.monitoring.filters import KINDS, DeskForm, address_query
from kangqiao.oversight.monitoring.live import stamp
from kangqiao.oversight.monitoring.month_queries import dataset_board, realtime_board
from kangqiao.oversight.monitoring.queries import Board, month_board
from kangqiao.oversight.monitoring.rules import (
    NEEDS_SOMEONE,
    STATE_TITLES,
    State,
    count_states,
    needs,
)
from kangqiao.oversight.monitoring.sheets import sheet_of
from kangqiao.oversight.monitoring.watching import PERMISSION, watched_institution
from kangqiao.oversight.months import month_switch, this_month
from kangqiao.oversight.statistics.queries import latest_month
from kangqiao.oversight.statistics.rules import matrix_days

SUBMISSIONS = "submission.view"
NEEDS_SHOWN = 5
VIEWS = {"days": "机构 × 日期", "datasets": "机构 × 数据集", "realtime": "实时数据"}


@require_safe
@permitted(PERMISSION)
def desk_latest(request: HttpRequest) -> HttpResponse:
    """The newest month with data."""
    return redirect("monitoring", latest_month() or this_month())


@require_safe
@permitted(PERMISSION)
def desk(request: HttpRequest, month: date) -> HttpResponse:
    """Institutions × days, and above them who needs someone; htmx asks for that list alone."""
    form = DeskForm(request.GET)
    moment = now()
    board = month_board(month, form.wanted(), scope_of(request), moment)
    context = _frame(request, form, month, "monitoring", "days") | board_context(board)
    context["days"] = matrix_days(month, moment.date())
    template = "monitoring/_needs.html" if request.headers.get("HX-Target") == "needs" else "monitoring/desk.html"
    return render(request, template, context)


@require_safe
@permitted(PERMISSION)
def desk_cells(request: HttpRequest, month: date) -> JsonResponse:
    """Every cell of the board as data: for pages that cannot listen and ask now and then instead."""
    board = month_board(month, DeskForm(request.GET).wanted(), scope_of(request), now())
    return JsonResponse(board_data(board))


@require_safe
@permitted(PERMISSION)
def desk_datasets(request: HttpRequest, month: date) -> HttpResponse:
    """Institutions × datasets of the month."""
    form = DeskForm(request.GET)
    board = dataset_board(month, form.wanted(), scope_of(request), now())
    context = _frame(request, form, month, "monitoring-datasets", "datasets") | {"board": board}
    return render(request, "monitoring/datasets.html", context)


@require_safe
@permitted(PERMISSION)
def desk_realtime(request: HttpRequest, month: date) -> HttpResponse:
    """Real-time days and forms of the month, today's with what waits."""
    form = DeskForm(request.GET)
    board = realtime_board(month, form.wanted(), scope_of(request), now())
    context = _frame(request, form, month, "monitoring-realtime", "realtime") | {"board": board}
    return render(request, "monitoring/realtime.html", context)


@require_safe
@permitted(PERMISSION)
def desk_day(request: HttpRequest, code: str, day: date) -> HttpResponse:
    """One institution's day, dataset by dataset."""
    month = day.replace(day=1)
    found = watched_institution(request.reader, code, month)  # type: ignore[attr-defined]
    query = address_query(request.GET)
    context = {
        "page": institution_day(found, day, now()),
        "back": reverse("monitoring", args=[month]) + query,
        "query": query,
        "may_open": request.reader.covers(SUBMISSIONS, found.pk),  # type: ignore[attr-defined]
    }
    return render(request, "monitoring/day.html", context)


@require_safe
@permitted(PERMISSION)
def desk_export(request: HttpRequest, month: date, view: str, suffix: str) -> HttpResponse:
    """Exactly what one of the views shows, as CSV or XLSX."""
    wanted = DeskForm(request.GET).wanted()
    sheet = sheet_of(view, month, wanted, scope_of(request), now())
    answer = csv_answer if suffix == "csv" else xlsx_answer
    return answer(sheet, f"monitoring-{view}-{month:%Y-%m}")


def scope_of(request: HttpRequest) -> frozenset[int] | None:
    """Keys of the institutions that the reader may watch; None: all."""
    found: frozenset[int] | None = request.reader.institutions(PERMISSION)  # type: ignore[attr-defined]
    return found


def board_context(board: Board) -> dict[str, object]:
    """What the board's template shows."""
    found = needs(board.rows, expectations().weights)
    groups = [(title, [row for row in board.rows if row.kind == kind]) for kind, title in KINDS.items()]
    return {
        "board": board,
        "groups": [(title, rows) for title, rows in groups if rows],
        "needs": found[:NEEDS_SHOWN],
        "needs_more": found[NEEDS_SHOWN:],
        "needs_all": len(found),
        "tally": tally(board),
    }


def tally(board: Board) -> list[tuple[str, str, int, int]]:
    """State, title, institutions with such a day, days: of states that are present, the worst first."""
    counts = count_states(board.rows)
    return [
        (str(state), STATE_TITLES[state], sum(1 for row in board.rows if row.days_in(state)), counts[state])
        for state in NEEDS_SOMEONE
        if counts[state]
    ]


def board_data(board: Board) -> dict[str, object]:
    """The board as data."""
    cells = [cell.as_data() for row in board.rows for cell in row.cells]
    return {"as_of": stamp(board.moment), "cells": cells}


def _frame(request: HttpRequest, form: DeskForm, month: date, page: str, view: str) -> dict[str, object]:
    query = address_query(form.data)
    return {
        "form": form,
        "may_open": request.reader.may(SUBMISSIONS),  # type: ignore[attr-defined]
        "month": month,
        "query": query,
        "switch": month_switch(month, page, query),
        "view": view,
        "views": VIEWS,
        "states": [(str(state), STATE_TITLES[state]) for state in State],
        "limits": expectations().thresholds,
        "due": expectations().due.values(),
    }
