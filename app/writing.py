"""Who writes texts, and for how much: from the settings."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.inflight import InFlight
from adapters.settings.schema import Gpt, Settings
from adapters.settings.secrets import gpt_key
from core.flow.write import Budget
from core.writing import Writer


def budget_of(gpt: Gpt) -> Budget:
    """The bounds of what may be spent; money in millionths."""
    return Budget(
        gpt.requests_an_hour,
        gpt.tokens_a_day,
        int(gpt.money_a_day * 1_000_000),
        gpt.price_in,
        gpt.price_out,
    )


def writer_of(
    settings: Settings, environ: Mapping[str, str], inflight: InFlight | None = None
) -> Writer | None:
    """The service of the settings; None without a key. Raises SettingsError where the key is wrong."""
    key = gpt_key(settings, environ)
    if key is None:
        return None
    from adapters.openai import OpenAiWriter, Service  # seconds

    gpt = settings.gpt
    return OpenAiWriter(Service(gpt.base_url, gpt.model, gpt.timeout_s), key, inflight)
