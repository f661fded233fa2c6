"""The ASGI application that granian serves: the door of uploads, the gate, Django.

Static files are whitenoise's, inside Django. The process ends itself when the one that started it is gone.
"""

from __future__ import annotations

import os
import signal
import threading
import time

from kangqiao.web.databases import serve_from_pool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kangqiao.web.settings")
serve_from_pool()

from django.core.asgi import get_asgi_application  # noqa: E402  (settings read the environment set above)

django_application = get_asgi_application()

from kangqiao.intake.uploads.asgi import UploadDoor  # noqa: E402
from kangqiao.intake.uploads.protocol import SCOPE_KEY  # noqa: E402
from kangqiao.web.gate import Gate  # noqa: E402

PARENT = "KANGQIAO_PARENT"
"""The process of ``kangqiao serve``, in the environment of what it starts."""


def end_with_parent(parent: int) -> None:
    """Ask this process to end gracefully once its parent is gone: killed, it could not ask itself."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if PARENT in os.environ:
    threading.Thread(target=end_with_parent, args=(int(os.environ[PARENT]),), daemon=True).start()

application = UploadDoor(Gate(django_application, lambda scope: SCOPE_KEY in scope))  # type: ignore[arg-type]
