"""The demo's two bots: what the simulated Telegram calls them, and under which names operators see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BOTS: Final = (
    ("7001001:SIMULATED-boutique", "kairos_boutique_bot", "Kairos Boutique"),
    ("7001002:SIMULATED-club", "kairos_club_bot", "Kairos Club"),
)
"""Token, username, name."""

BROADCASTS: tuple[Mapping[str, object], ...] = (
    {
        "name": "weekly",
        "audience": "everybody",
        "variants": [{"content": "news", "share": 50}, {"content": "poll", "share": 50}],
        "when": {"cron": "0 6 * * wed", "best": 24},
        "lifetime_h": 36,
        "note": "half get the news, half a poll, each at the hour that suits them",
    },
    {
        "name": "in_groups",
        "audience": {"segments": ["ENGAGED", "WARM_LEAD", "HOT_LEAD"]},
        "content": "news",
        "to": "groups",
        "when": {"cron": "0 14 * * tue"},
        "note": "where the people of these segments are active",
    },
)
"""What the demo's operator sends, as files of broadcasts would say it."""
