"""The settings that the tests use, with the trial's addresses."""

import os
from importlib import import_module

base = import_module(os.environ["KANGQIAO_TRIAL_SETTINGS"])
globals().update({name: getattr(base, name) for name in dir(base) if name.isupper()})
ROOT_URLCONF = "tests.web.trial.urls"
