"""Django's PostgreSQL back end with one order of text everywhere (see :mod:`kangqiao.web.postgresql.base`)."""
