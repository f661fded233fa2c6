"""The settings that the tests use, and the trial's tasks."""

import os
from importlib import import_module

base = import_module(os.environ["KANGQIAO_TRIAL_SETTINGS"])
globals().update({name: getattr(base, name) for name in dir(base) if name.isupper()})
INSTALLED_APPS = [*base.INSTALLED_APPS, "tests.jobs.trial"]
