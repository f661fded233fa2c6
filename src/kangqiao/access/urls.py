"""Addresses of sign-in, one's own security, and accounts."""

from __future__ import annotations

from django.urls import path

from kangqiao.access import account_views, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("security/", views.own_security, name="own-security"),
    path("security/password/", views.own_password, name="own-password"),
    path("security/second-factor/begin/", views.own_factor_begin, name="own-factor-begin"),
    path("security/second-factor/confirm/", views.own_factor_confirm, name="own-factor-confirm"),
    path("security/second-factor/remove/", views.own_factor_remove, name="own-factor-remove"),
    path("accounts/", account_views.accounts, name="accounts"),
    path("accounts/new/", account_views.account_create, name="account-create"),
    path("accounts/<int:account_id>/", account_views.account, name="account"),
    path("accounts/<int:account_id>/<slug:change>/", account_views.account_change, name="account-change"),
]
