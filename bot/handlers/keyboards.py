"""Inline keyboards that more than one handler shows."""

from __future__ import annotations

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.texts import say

MENU = ("price", "vip", "support", "news")
BUY_VIP = "buy:vip"


def button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)


def menu(language: str) -> InlineKeyboardMarkup:
    """What a person can ask about, two buttons a row."""
    buttons = [button(say(f"menu-{topic}", language), f"menu:{topic}") for topic in MENU]
    return InlineKeyboardMarkup(inline_keyboard=[buttons[:2], buttons[2:]])


def consent(language: str) -> InlineKeyboardMarkup:
    """Yes or no to messages that we start, above the menu."""
    choice = [
        button(say("consent-yes-button", language), "consent:all"),
        button(say("consent-no-button", language), "consent:none"),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[choice, *menu(language).inline_keyboard])


def vip(language: str, stars: int) -> InlineKeyboardMarkup:
    """The way to buy VIP, above the menu; the menu alone where it is not for sale."""
    if not stars:
        return menu(language)
    buy = button(say("buy-vip-button", language, stars=stars), BUY_VIP)
    return InlineKeyboardMarkup(inline_keyboard=[[buy], *menu(language).inline_keyboard])
