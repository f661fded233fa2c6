"""One time line for all dates of a row: what comes before the event, what comes after it on the same day."""

# numpy says Any of what an array of objects is indexed to.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import cached_property

import numpy as np

from kangqiao.simulate.generic.basis import Basis
from kangqiao.simulate.generic.vocabulary import Moment, moment_of
from kangqiao.simulate.text import day_texts, objects, time_texts
from kangqiao.standards.model import Dataset, Field

_DAY = 86_400
_LAST = _DAY - 60
_PREGNANCY = 280
_SOON_AFTER = Moment("near", 0, 10)


class TimeLine:
    """Dates of the rows of one dataset. Stages of a stay keep their order: each row stretches them by one factor."""

    def __init__(self, dataset: Dataset, basis: Basis, rng: np.random.Generator) -> None:
        self._dataset = dataset
        self._basis = basis
        self._rng = rng
        self._stretch = rng.uniform(0.8, 1.2, len(basis))
        self._menses = basis.day - rng.integers(70, 262, len(basis))

    @cached_property
    def _of_event(self) -> float:
        """Stage of the event in minutes: that of its title, or right after all others."""
        moment = self._moment(self._dataset.by_name[self._dataset.event_time])
        if moment.stage == "minute":
            return (moment.low + moment.high) / 2
        others = [self._moment(field) for field in self._dataset.fields if field.type in ("D", "DT")]
        return max((one.high for one in others if one.stage == "minute"), default=0) + 5.0

    @staticmethod
    def _moment(field: Field) -> Moment:
        return moment_of(field.title) or _SOON_AFTER

    def is_rare(self, field: Field) -> bool:
        return self._moment(field).stage == "rare"

    def texts(self, field: Field, rows: np.ndarray) -> np.ndarray:
        """D8 or DT15 of ``field`` in ``rows``."""
        basis = self._basis
        if field.name == self._dataset.event_time:
            return _written(field, basis.day[rows], basis.second[rows])
        moment = self._moment(field)
        days, seconds = self._place(moment, rows)
        return _written(field, days, seconds)

    def _place(self, moment: Moment, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        basis, rng = self._basis, self._rng
        day, second = basis.day[rows], basis.second[rows]
        drawn = rng.integers(moment.low, moment.high + 1, len(rows))
        office = rng.integers(8 * 3600, 17 * 3600, len(rows))
        match moment.stage:
            case "past":
                return day - drawn, office
            case "lastmenses":
                return self._menses[rows], office
            case "due":
                return self._menses[rows] + _PREGNANCY, office
            case "future" | "soon" | "day":
                return day + drawn, office
            case "near":
                return day, np.minimum(second + drawn * 60, _LAST)
            case "rare":
                return day, np.minimum(second + 600, _LAST)
        return _along(day, second, ((drawn - self._of_event) * self._stretch[rows] * 60).astype(np.int64))


def _along(day: np.ndarray, second: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``offset`` seconds from the event; what lies after it is drawn together to end with the event's day."""
    room = np.maximum(_LAST - second, 1)
    later = (room * (offset / (offset + 6 * 3600.0 + 1e-9))).astype(np.int64)
    moment = day * _DAY + second + np.where(offset > 0, later, offset)
    return moment // _DAY, moment % _DAY


def _written(field: Field, days: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    if not len(days):
        return objects([])
    return day_texts(days) if field.type == "D" else time_texts(days, seconds)
