"""The filter of the list of uploads."""

from __future__ import annotations

from typing import Any

from django import forms

from kangqiao.access.rights import Reader
from kangqiao.intake.uploads.models import UploadState
from kangqiao.intake.uploads.queries import UploadFilter, sending_institutions

ANY = ("", "全部")


class UploadFilterForm(forms.Form):
    """State, and institution for whoever sends for several; what is not among the choices narrows nothing."""

    institution = forms.ChoiceField(label="机构", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[ANY, *UploadState.choices])

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = sending_institutions(reader)
        if len(own) > 1:
            field = self.fields["institution"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [ANY, *((item.code, item.name) for item in own)]
        else:
            del self.fields["institution"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def wanted(self) -> UploadFilter:
        """What to list."""
        self.is_valid()
        return UploadFilter(**self.cleaned_data)
