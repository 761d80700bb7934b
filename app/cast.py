"""The demo's two bots: what the simulated Telegram calls them, and under which names operators see them."""

from __future__ import annotations

from typing import Final

BOTS: Final = (
    ("7001001:SIMULATED-boutique", "kairos_boutique_bot", "Kairos Boutique"),
    ("7001002:SIMULATED-club", "kairos_club_bot", "Kairos Club"),
)
"""Token, username, name."""
