"""Deep links: made for a campaign, and what came of them by first and last touch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.desk.reading import everybody
from app.desk.workspace import Workspace
from core.errors import ContentError
from core.keyed import LINK_PREFIX, MAX_PLAIN_CODE, sign_link
from core.profile import view

DAY_S = 86_400
MAKE = "manage_crm.py links make -h"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link to open a bot with. `expires_ms` 0: for ever (anybody can make up such a code). `url` empty:
    nobody said which bot."""

    code: str
    payload: str
    expires_ms: int
    url: str


def make_link(key: bytes, code: str, days: int, now_ms: int, username: str) -> MadeLink:
    """A plain link for `days` 0, else a signed one. ContentError when the code can't be used."""
    if not days:
        if (
            not 0 < len(code) <= MAX_PLAIN_CODE
            or not _LETTERS.issuperset(code)
            or code.startswith(LINK_PREFIX)
        ):
            raise ContentError(
                f"a code has 1 to {MAX_PLAIN_CODE} characters of A-Z a-z 0-9 _ - "
                f"and does not begin with {LINK_PREFIX}",
                next_step=MAKE,
            )
        return MadeLink(code, code, 0, _url(username, code))
    expires_s = now_ms // 1000 + days * DAY_S
    try:
        payload = sign_link(key, code, expires_s)
    except ContentError as error:
        raise ContentError(str(error), next_step=MAKE) from error
    return MadeLink(code, payload, expires_s * 1000, _url(username, payload))


def _url(username: str, payload: str) -> str:
    return f"https://t.me/{username}?start={payload}" if username else ""


@dataclass(slots=True)
class Touch:
    """People whose first or last way in was this campaign, and those of them who converted since."""

    first: int = 0
    first_converted: int = 0
    last: int = 0
    last_converted: int = 0


@dataclass(frozen=True, slots=True)
class LinkReport:
    """By campaign (empty = organic), and starts by kind of link: plain, signed, expired, forged."""

    campaigns: Mapping[str, Touch]
    kinds: Mapping[str, int]
    people: int = 0


@dataclass(slots=True)
class _Tally:
    campaigns: dict[str, Touch] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    people: int = 0

    def touch(self, campaign: str) -> Touch:
        return self.campaigns.setdefault(campaign, Touch())


async def link_report(space: Workspace) -> LinkReport:
    """Every campaign, by the record of everybody."""
    tally, now_ms = _Tally(), space.clock.now_ms()
    async with space.store.transaction(write=False) as tx:
        async for record in everybody(tx):
            totals = record.state.totals
            if not totals.get("started"):
                continue
            profile = view(record.person_no, record.state, now_ms)
            converted = profile.conversions > 0
            first, last = tally.touch(profile.campaign_first), tally.touch(profile.campaign_last)
            first.first += 1
            first.first_converted += converted
            last.last += 1
            last.last_converted += converted
            tally.people += 1
            for name, count in totals.items():
                if name.startswith("link:"):
                    tally.kinds[name.removeprefix("link:")] += count
    return LinkReport(dict(sorted(tally.campaigns.items())), dict(sorted(tally.kinds.items())), tally.people)
