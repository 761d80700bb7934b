"""The groups of the town: a public community and a VIP group, with the person who owns them.

Promises: one bot administers each group, so that nothing said there is heard twice. The owner is nobody's
customer: he founds, lets people in and shows them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.accounts import TelegramUser
from sandbox.community import USUAL_RIGHTS
from sandbox.groups import Group
from sandbox.world import World

OWNER_ID: Final = 700_000_000
COMMUNITY: Final = -1_002_000_000_001
VIP: Final = -1_002_000_000_002
_TOPICS: Final = ("Sohbet", "Sorular")


@dataclass(frozen=True, slots=True)
class Places:
    """Numbers of the groups and the links into them. `bots`: who administers the community and the VIP."""

    community: int
    vip: int
    bots: tuple[int, int]
    public_link: str
    asking_link: str
    vip_link: str


def lay_out(world: World, bots: Sequence[int]) -> Places:
    """Make the groups and their links; no bot hears of it yet."""
    owner = TelegramUser(OWNER_ID, "Owner", username="sim_owner", language_code="tr")
    world.add_user(owner)
    community = Group(COMMUNITY, "Kairos topluluğu (SIMULATED)", username="sim_community", is_forum=True)
    world.community.found(OWNER_ID, community)
    world.community.found(OWNER_ID, Group(VIP, "Kairos VIP (SIMULATED)"))
    link = world.community.make_link
    return Places(
        COMMUNITY,
        VIP,
        (bots[0], bots[-1]),
        link(COMMUNITY, owner.as_user(), "public").url,
        link(COMMUNITY, owner.as_user(), "asking", asks=True).url,
        link(VIP, owner.as_user(), "vip").url,
    )


def open_doors(world: World, places: Places) -> None:
    """The owner adds the bots as administrators and opens the topics of the community."""
    for group_id, bot_id in zip((places.community, places.vip), places.bots, strict=True):
        world.community.add_bot(OWNER_ID, group_id, bot_id, sorted(USUAL_RIGHTS))
    for name in _TOPICS:
        world.community.open_topic(OWNER_ID, places.community, name)
