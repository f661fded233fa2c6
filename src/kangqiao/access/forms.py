"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password

from kangqiao.access.models import Grant, User
from kangqiao.access.rights import rights_table


def _password(label: str, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"class": "form-control", "autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget, error_messages={"required": f"请输入{label}"})


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


class CodeForm(forms.Form):
    """A one-time code (动态口令) or a recovery code (恢复码)."""

    code = forms.CharField(
        label="动态口令", max_length=20, error_messages={"required": "请输入动态口令"},
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )  # fmt: skip


class OwnPasswordForm(forms.Form):
    """The password of today and the one of tomorrow, twice."""

    old = _password("当前密码", "current-password")
    new = _password("新密码", "new-password")
    again = _password("再输一次新密码", "new-password")

    def __init__(self, account: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self.account.check_password(old):
            raise forms.ValidationError("当前密码不对")
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.account)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "两次输入的新密码不一样")
        return cleaned


class NewAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a new account (登录名)."""

    class Meta:
        model = User
        fields = ["username"]
        labels = {"username": "登录名"}
        help_texts = {"username": ""}
        widgets = {"username": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})}


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A role, and the institution where the role is of that kind."""

    role = forms.ChoiceField(label="角色", widget=forms.Select(attrs={"class": "form-select"}))

    class Meta:
        model = Grant
        fields = ["role", "institution"]
        labels = {"institution": "机构（只用于机构工程师）"}
        widgets = {"institution": forms.Select(attrs={"class": "form-select"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, role.title) for name, role in rights_table().roles.items()]
