"""Server-sent events of the desk: the cells that change, until the session ends or its rights do."""

from __future__ import annotations

import asyncio
import json

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from kangqiao.access.rights import needs as permitted
from kangqiao.base.clock import parse_month
from kangqiao.oversight.monitoring.filters import DeskForm
from kangqiao.oversight.monitoring.live import HUB, Ask, Hub, Listener, Message, TooManyListeners
from kangqiao.oversight.monitoring.watching import PERMISSION, Watcher

RETRY = 5000
"""Milliseconds after which a browser that lost the line comes again."""


@require_GET
@permitted(PERMISSION)
def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The stream of one board, which holds no thread.

    503 when there are too many listeners, 501 on a server that cannot keep a line open.
    """
    if not isinstance(request, ASGIRequest):
        return problem(501, "monitoring.no_stream", "这台服务器不支持实时推送，页面会改为定时刷新。")
    try:
        month = parse_month(request.GET.get("month", ""))
    except ValueError:
        return problem(400, "monitoring.month", "月份请写成 2024-06 这样的形式。")
    watcher = Watcher.of(request)
    ask = Ask(month, DeskForm(request.GET).wanted(), watcher.scope)
    listener = Listener(ask, watcher.account, watcher.is_allowed)
    try:
        HUB.join(listener)
    except TooManyListeners:
        return problem(
            503, "monitoring.too_many", "正在看监控台的页面太多，本页会改为定时刷新。", {"Retry-After": "60"}
        )
    return StreamingHttpResponse(
        Stream(HUB, listener), content_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """A refusal after RFC 9457."""
    body = {"type": "about:blank", "title": "不能实时更新", "status": status, "detail": detail, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


class Stream:
    """The messages of one listener as text; closing it gives the place free, also when nothing was read yet."""

    def __init__(self, hub: Hub, listener: Listener) -> None:
        self._hub = hub
        self._listener = listener
        self._is_over = False
        self._is_begun = False

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            raise StopAsyncIteration
        if not self._is_begun:
            self._is_begun = True
            self._listener.loop = asyncio.get_running_loop()
            return f"retry: {RETRY}\n\n".encode()
        try:
            message = await self._listener.queue.get()
        except asyncio.CancelledError:
            self.close()
            raise
        self._is_over = message.event in ("end", "again")
        if self._is_over:
            self.close()
        return as_text(message)

    def close(self) -> None:
        """Leave the hub."""
        self._hub.leave(self._listener)


def as_text(message: Message) -> bytes:
    """An event as it goes over the line; a beat is a comment too, for what stands between."""
    comment = ": beat\n" if message.event == "beat" else ""
    data = json.dumps(message.data, ensure_ascii=False, separators=(",", ":"))
    return f"{comment}event: {message.event}\ndata: {data}\n\n".encode()
