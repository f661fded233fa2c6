"""The desk's filter, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from django import forms
from django.http import QueryDict

from kangqiao.oversight.monitoring.due import DESK_CHANNELS, prescriptions
from kangqiao.oversight.monitoring.queries import Wanted
from kangqiao.registry.models import InstitutionKind
from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import CHANNEL_TITLES

KINDS = {str(kind): str(kind.label) for kind in InstitutionKind}
NAMES = ("kind", "channel", "dataset", "institution")


class DeskForm(forms.Form):
    """Kind of institution, channel, dataset; what is not known narrows nothing."""

    kind = forms.ChoiceField(label="机构类别", required=False, choices=[("", "全部"), *KINDS.items()])
    channel = forms.ChoiceField(
        label="上传方式",
        required=False,
        choices=[("", "全部"), *((str(item), CHANNEL_TITLES[item]) for item in DESK_CHANNELS)],
    )
    dataset = forms.ChoiceField(label="数据集", required=False)
    institution = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput())

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        field = self.fields["dataset"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "全部"), *prescribed_datasets()]
        for name in ("kind", "channel", "dataset"):
            self.fields[name].widget.attrs["class"] = "form-select"

    def wanted(self) -> Wanted:
        """What to show."""
        self.is_valid()
        return Wanted(**{name: self.cleaned_data.get(name, "") for name in NAMES})


@lru_cache(maxsize=1)
def prescribed_datasets() -> tuple[tuple[str, str], ...]:
    """Name and title of every dataset prescribed to anyone, in the profiles' order."""
    names = dict.fromkeys(item.dataset for kind in KINDS for item in prescriptions(kind) if item.every != "any")
    return tuple((name, catalogue().datasets[name].title) for name in names)


def address_query(data: Mapping[str, str]) -> str:
    """``?kind=hospital&…`` of what is narrowed; empty when nothing is."""
    kept = QueryDict(mutable=True)
    kept.update({name: data[name] for name in NAMES if data.get(name)})
    return f"?{kept.urlencode()}" if kept else ""
