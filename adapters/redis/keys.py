"""The names of all keys, in one place.

Braces are hash tags: what one script touches lies in one slot of a Cluster. Every key of a workspace begins
with its prefix, so that several workspaces can share a server and each can forget its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import SettingsError

_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names of one workspace."""

    prefix: str = "kairos"

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise SettingsError(
                f"a Redis prefix has letters, digits, '_', '.' and '-' only, not {self.prefix!r}"
            )

    def profile(self, person_no: int) -> str:
        """Hash: the hot profile of a person."""
        return f"{self.prefix}:{{p:{person_no}}}:profile"

    def group(self, group_no: int) -> str:
        """Hash: the hot profile of a group."""
        return f"{self.prefix}:{{g:{group_no}}}:profile"

    def pacer(self, bot_id: int) -> str:
        """Hash: pace and halt of a bot."""
        return f"{self.prefix}:{{b:{bot_id}}}:pacer"

    def chats(self, bot_id: int) -> str:
        """Sorted set: chat -> moment from which the bot may write to it again."""
        return f"{self.prefix}:{{b:{bot_id}}}:chats"

    @property
    def mark(self) -> str:
        """String: the seq of SQL up to which every profile is here."""
        return f"{self.prefix}:mark"

    @property
    def feed(self) -> str:
        """List: the live feed, newest first."""
        return f"{self.prefix}:feed"

    @property
    def everything(self) -> str:
        """Pattern that matches every key of the workspace and no other's."""
        return f"{self.prefix}:*"
