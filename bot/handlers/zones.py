"""Timezones that people can tap, by part of the world; any other is typed after /timezone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HOME: Final = "Europe/Istanbul"
"""Stands first, without a part of the world."""

AREAS: Final[Mapping[str, tuple[str, ...]]] = {
    "europe": (
        "Europe/London",
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Amsterdam",
        "Europe/Vienna",
        "Europe/Athens",
        "Europe/Kyiv",
        "Europe/Moscow",
    ),
    "asia": (
        "Asia/Baku",
        "Asia/Dubai",
        "Asia/Riyadh",
        "Asia/Tehran",
        "Asia/Tashkent",
        "Asia/Almaty",
        "Asia/Kolkata",
        "Asia/Jakarta",
        "Asia/Singapore",
        "Asia/Tokyo",
    ),
    "america": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Toronto",
        "America/Mexico_City",
        "America/Bogota",
        "America/Sao_Paulo",
    ),
    "africa": (
        "Africa/Cairo",
        "Africa/Casablanca",
        "Africa/Lagos",
        "Africa/Nairobi",
        "Africa/Johannesburg",
    ),
    "pacific": ("Australia/Perth", "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu"),
}
