"""What is due of whom (应报), from the profiles of the catalogue."""

from __future__ import annotations

from functools import lru_cache

from kangqiao.standards.catalogue import catalogue
from kangqiao.standards.model import Channel, Prescription

DESK_CHANNELS = (Channel.SCHEDULED, Channel.REALTIME)
"""The channels that the desk watches; shared documents come when something happens, so none of them is ever late."""


def prescriptions(kind: str, channel: str = "", dataset: str = "") -> list[Prescription]:
    """What is prescribed to institutions of ``kind``, in the profile's order; empty texts narrow nothing."""
    return [
        item
        for item in catalogue().profile(kind).prescriptions
        if channel in ("", item.channel) and dataset in ("", item.dataset)
    ]


@lru_cache(maxsize=256)
def daily_due(kind: str, channel: str, dataset: str = "") -> frozenset[str]:
    """Datasets due every day by ``channel``."""
    return frozenset(item.dataset for item in prescriptions(kind, channel, dataset) if item.every == "day")
