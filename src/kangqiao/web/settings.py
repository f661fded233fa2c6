"""Django settings. Everything that differs between places comes from the home folder or the environment."""

from __future__ import annotations

import os

from django.utils.functional import SimpleLazyObject

from kangqiao.base.home import current_home
from kangqiao.web.databases import database_settings
from kangqiao.web.log_lines import logging_settings

HOME = current_home()

SECRET_KEY = SimpleLazyObject(HOME.session_key)  # made when first needed: a help page writes nothing
DEBUG = False
ALLOWED_HOSTS = os.environ.get("KANGQIAO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "kangqiao.access",
    "kangqiao.access.audit",
    "kangqiao.access.keys",
    "kangqiao.jobs",
    "kangqiao.registry",
    "kangqiao.intake",
    "kangqiao.intake.realtime",
    "kangqiao.intake.uploads",
    "kangqiao.oversight.statistics",
    "kangqiao.oversight.bulletin",
    "kangqiao.oversight.monitoring",
    "kangqiao.web",
]
MIDDLEWARE = [
    "kangqiao.web.logs.RequestLogMiddleware",
    "kangqiao.web.middleware.StreamingMiddleware",
    "kangqiao.web.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kangqiao.web.middleware.ContentSecurityPolicyMiddleware",
    "kangqiao.web.null_characters.NullCharacterMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kangqiao.access.middleware.RightsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kangqiao.web.middleware.OneThreadMiddleware",
]
ROOT_URLCONF = "kangqiao.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
WSGI_APPLICATION = "kangqiao.web.wsgi.application"

DATABASES = {"default": database_settings(os.environ, HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "kangqiao.web.formats"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("KANGQIAO_HTTPS") == "1":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20  # as the gate before Django (web/gate.py)

# To standard error, where the service manager collects it. Django's own choice would drop errors of the pages.
LOGGING = logging_settings(os.environ.get("KANGQIAO_LOG", "plain"))
