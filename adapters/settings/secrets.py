"""The bots' tokens and the key of GPT, fetched where the settings say: an environment variable or a file.
Never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from adapters.settings.schema import Bot, Settings
from core.errors import SettingsError

_KEY = re.compile(r"[!-~]{1,1024}")
_TOKEN = re.compile(r"(\d{1,19}):[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class BotToken:
    """A bot with its token. `bot_id`: its numeric Telegram id."""

    name: str
    bot_id: int
    token: SecretStr
    api_base: str
    official: bool


def bot_tokens(settings: Settings, env: Mapping[str, str]) -> tuple[BotToken, ...]:
    """All bots with their tokens. Raises SettingsError naming the variable or file that is wrong."""
    found = tuple(_bot(settings, number, bot, env) for number, bot in enumerate(settings.bots))
    names: dict[int, str] = {}
    for bot in found:
        if bot.bot_id in names:
            raise SettingsError(
                f"{settings.file.name}: {names[bot.bot_id]} and {bot.name} have the same token"
            )
        names[bot.bot_id] = bot.name
    return found


def _bot(settings: Settings, number: int, bot: Bot, env: Mapping[str, str]) -> BotToken:
    key = f"{settings.file.name}: bots[{number}]"
    token, source = _from_env(bot, key, env) if bot.token_env else _from_file(settings, bot, key)
    form = _TOKEN.fullmatch(token)
    if form is None:
        raise SettingsError(
            f"{source} does not hold a bot token (123456:letters)", next_step="copy it again from @BotFather"
        )
    return BotToken(bot.name, int(form[1]), SecretStr(token), bot.api_base, bot.official)


def _from_env(bot: Bot, key: str, env: Mapping[str, str]) -> tuple[str, str]:
    token = env.get(bot.token_env or "", "").strip()
    if not token:
        raise SettingsError(
            f"environment variable {bot.token_env}, the token of {bot.name} ({key}.token_env), is not set",
            next_step=f"export {bot.token_env}=<the token from @BotFather>",
        )
    return token, f"environment variable {bot.token_env}"


def _from_file(settings: Settings, bot: Bot, key: str) -> tuple[str, str]:
    path = settings.beside(bot.token_file) if bot.token_file else settings.file
    try:
        return path.read_text(encoding="utf-8").strip(), str(path)
    except OSError as error:
        raise SettingsError(
            f"{path}, the token of {bot.name} ({key}.token_file), can't be read: {error.strerror}"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} does not hold a bot token") from None


def gpt_key(settings: Settings, env: Mapping[str, str]) -> SecretStr | None:
    """The key of the service that writes texts; None where the settings name none. Raises SettingsError
    naming the variable or file that is wrong."""
    gpt = settings.gpt
    if gpt.key_env is not None:
        source, text = f"environment variable {gpt.key_env} (gpt.key_env)", env.get(gpt.key_env, "").strip()
        if not text:
            raise SettingsError(
                f"environment variable {gpt.key_env}, the key of GPT (gpt.key_env), is not set",
                next_step=f"export {gpt.key_env}=<the key>, or remove gpt.key_env to send the templates",
            )
    elif gpt.key_file is not None:
        path = settings.beside(gpt.key_file)
        source = f"{path} (gpt.key_file)"
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{source} can't be read", next_step="name a file with the key") from None
    else:
        return None
    if not _KEY.fullmatch(text):
        raise SettingsError(f"{source} does not hold a key", next_step="copy it again, or remove the setting")
    return SecretStr(text)
