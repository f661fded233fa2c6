"""Addresses of sign-in and sign-out."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from kangqiao.access.forms import SignInForm
from kangqiao.access.rights import open_to_all

sign_in = LoginView.as_view(
    template_name="access/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)

urlpatterns = [
    path("sign-in/", open_to_all(sign_in), name="sign-in"),
    path("sign-out/", open_to_all(LogoutView.as_view()), name="sign-out"),
]
