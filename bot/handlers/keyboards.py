"""Inline keyboards that more than one handler shows."""

from __future__ import annotations

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import say

MENU = ("price", "vip", "support", "news")


def menu(language: str) -> InlineKeyboardMarkup:
    """What a person can ask about, two buttons a row."""
    buttons = [
        InlineKeyboardButton(text=say(f"menu-{topic}", language), callback_data=f"menu:{topic}")
        for topic in MENU
    ]
    return InlineKeyboardMarkup(inline_keyboard=[buttons[:2], buttons[2:]])


def consent(language: str) -> InlineKeyboardMarkup:
    """Yes or no to messages that we start, above the menu."""
    choice = [
        InlineKeyboardButton(text=say("consent-yes-button", language), callback_data="consent:all"),
        InlineKeyboardButton(text=say("consent-no-button", language), callback_data="consent:none"),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[choice, *menu(language).inline_keyboard])
