"""The filter of the list of submissions."""

from __future__ import annotations

from typing import Any

from django import forms

from kangqiao.intake.models import SubmissionState
from kangqiao.intake.queries import SubmissionFilter
from kangqiao.registry.queries import active_institutions
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES

ANY = ("", "全部")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SubmissionFilterForm(forms.Form):
    """Institution, day range, channel, dataset, state; all optional."""

    institution = forms.ChoiceField(label="机构", required=False)
    day_from = forms.DateField(label="数据日期从", required=False, input_formats=["%Y-%m-%d"], widget=DayInput())
    day_to = forms.DateField(label="到", required=False, input_formats=["%Y-%m-%d"], widget=DayInput())
    channel = forms.ChoiceField(label="上传方式", required=False)
    dataset = forms.ChoiceField(label="数据集", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[ANY, *SubmissionState.choices])

    def __init__(self, *args: Any, reach: frozenset[int] | None = None, **kwargs: Any) -> None:
        """``reach``: keys of the institutions to choose from; None: all."""
        super().__init__(*args, **kwargs)
        choices = {
            "institution": [
                (item.code, item.name) for item in active_institutions() if reach is None or item.pk in reach
            ],
            "channel": [(str(channel), title) for channel, title in CHANNEL_TITLES.items()],
            "dataset": [(item.name, item.title) for item in catalogue().datasets.values()],
        }
        for name, options in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [ANY, *options]
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"
            field.error_messages["invalid_choice"] = "没有这个选项，请重新选择"
            field.error_messages["invalid"] = "日期请写成 2024-06-30"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("day_from"), cleaned.get("day_to")
        if first and last and first > last:
            self.add_error("day_to", "结束日期早于开始日期")
        return cleaned

    def wanted(self) -> SubmissionFilter:
        """What to list; call it on a valid form."""
        return SubmissionFilter(**self.cleaned_data)
