"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Account and password (账号、密码)."""

    error_messages = {
        "invalid_login": "账号或密码不对，请核对后再试；连续登录不上，请联系管理员。",
        "inactive": "账号或密码不对，请核对后再试；连续登录不上，请联系管理员。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("username", "账号"), ("password", "密码")):
            field = self.fields[name]
            field.label = label
            field.error_messages["required"] = f"请输入{label}"
            field.widget.attrs["class"] = "form-control"
        self.fields["password"].widget = forms.PasswordInput(
            attrs={"class": "form-control", "autocomplete": "current-password"}
        )
