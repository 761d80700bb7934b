"""What the doctor says of a bot's webhook: by what Telegram tells, in words."""

from __future__ import annotations

import pytest

from adapters.telegram.client import TelegramClient
from adapters.telegram.webhook import Hook, WebhookInfo, ensure_webhook, webhook_info
from app.doctor import webhook_check
from tests.edges.towns import BOT, TOKEN, Bench, in_town

ADDRESS = "https://crm.example.org/telegram/42"
NOW = 1_767_607_200_000
MINUTE = 60_000


@pytest.mark.parametrize(
    ("info", "ok", "says"),
    [
        (WebhookInfo(), True, f"none is set yet: `manage_crm.py run` sets {ADDRESS}"),
        (WebhookInfo(ADDRESS, 3), True, f"{ADDRESS}, 3 updates wait at Telegram, no error so far"),
        (WebhookInfo("https://other/42"), False, f"Telegram calls https://other/42, and {ADDRESS} is"),
        (WebhookInfo(ADDRESS, 3, "Timed out", NOW - 2 * MINUTE), False, "error 2 minutes ago: Timed out"),
        (WebhookInfo(ADDRESS, 0, "Timed out", NOW - 2 * MINUTE), True, "error 2 minutes ago: Timed out"),
        (WebhookInfo(ADDRESS, 3, "Timed out", NOW - 20 * MINUTE), True, "error 20 minutes ago"),
    ],
)
def test_a_webhook_is_judged_by_its_address_and_its_last_error(
    info: WebhookInfo, ok: bool, says: str
) -> None:
    found = webhook_check("webhook shop", info, ADDRESS, NOW)
    assert (found.ok, found.name) == (ok, "webhook shop")
    assert says in found.detail and bool(found.next_step) is not ok


def test_the_webhook_that_was_set_is_the_one_that_is_expected() -> None:
    async def scenario(bench: Bench) -> None:
        hook = Hook("https://crm.example.org", "secret")
        async with TelegramClient(TOKEN, bench.base, bench.inflight) as client:
            before = await webhook_info(client)
            assert webhook_check("webhook", before, hook.address(BOT), NOW).detail.startswith("none is set")
            await ensure_webhook(client, hook)
            after = webhook_check("webhook", await webhook_info(client), hook.address(BOT), NOW)
        assert after.ok and after.detail.startswith(hook.address(BOT))

    in_town(scenario)
