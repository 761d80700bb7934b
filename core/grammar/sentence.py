"""A rule as a plain sentence in Turkish or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.grammar.fields import Kind
from core.grammar.rule import AllOf, AnyOf, Not, Rule, Test

_EN: Final[Mapping[str, str]] = {
    "=": "{field} is {value}",
    "!=": "{field} is not {value}",
    ">": "{field} is more than {value}",
    ">=": "{field} is at least {value}",
    "<": "{field} is less than {value}",
    "<=": "{field} is at most {value}",
    "between": "{field} is between {value} and {other}",
    "in": "{field} is one of {value}",
    "contains": "{field} contains {value}",
    "starts_with": "{field} starts with {value}",
    "exists": "{field} is known",
    "not_exists": "{field} is not known",
    "within_last": "{field} was within the last {value}",
    "not_within_last": "{field} was longer ago than {value}",
    "yes": "{field}",
    "no": "not {field}",
}
_TR: Final[Mapping[str, str]] = {
    "=": "{field}: {value}",
    "!=": "{field}: {value} değil",
    ">": "{field}: {value} üstü",
    ">=": "{field}: en az {value}",
    "<": "{field}: {value} altı",
    "<=": "{field}: en çok {value}",
    "between": "{field}: {value} ile {other} arası",
    "in": "{field}: şunlardan biri: {value}",
    "contains": "{field} şunu içeriyor: {value}",
    "starts_with": "{field} şununla başlıyor: {value}",
    "exists": "{field} biliniyor",
    "not_exists": "{field} bilinmiyor",
    "within_last": "{field}: son {value} içinde",
    "not_within_last": "{field}: {value} öncesinde",
    "yes": "{field} var",
    "no": "{field} yok",
}
_AND: Final = {"tr": " ve ", "en": " and "}
_OR: Final = {"tr": " veya ", "en": " or "}
_NOT: Final = {"tr": "şu doğru değil: ", "en": "it is not true that "}
_UNITS: Final = (
    (1440, {"tr": "gün", "en": "days"}),
    (60, {"tr": "saat", "en": "hours"}),
    (1, {"tr": "dakika", "en": "minutes"}),
)


def sentence(rule: Rule, language: str = "en") -> str:
    """The rule in words; any language but Turkish gets English."""
    known = "tr" if language == "tr" else "en"
    words = _words(rule, known, top=True)
    return words[:1].upper() + words[1:] + "." if known == "en" or words[:1] != "i" else f"İ{words[1:]}."


def _words(rule: Rule, language: str, *, top: bool = False) -> str:
    match rule:
        case AllOf(parts) | AnyOf(parts):
            joint = (_AND if isinstance(rule, AllOf) else _OR)[language]
            words = joint.join(_words(part, language) for part in parts)
            return words if top or len(parts) == 1 else f"({words})"
        case Not(part):
            return _NOT[language] + _words(part, language)
        case Test():
            return _test(rule, language)


def _test(test: Test, language: str) -> str:
    phrases = _TR if language == "tr" else _EN
    label = test.field.label(language)
    if test.op == "exists":
        return phrases["exists" if test.value else "not_exists"].replace("{field}", label)
    if test.field.kind is Kind.FLAG:
        yes = (test.op == "=") is test.value
        return phrases["yes" if yes else "no"].replace("{field}", label)
    if test.op == "between" and isinstance(test.value, tuple):
        low, high = (_plain(end) for end in test.value)
        return phrases["between"].format(field=label, value=low, other=high)
    return _filled(phrases[test.op], label, _spoken(test, language))


def _filled(phrase: str, label: str, value: str) -> str:
    head, _, tail = phrase.replace("{field}", label).partition("{value}")
    return head + value + tail


def _spoken(test: Test, language: str) -> str:
    if test.field.kind is Kind.TIME:
        return _span(int(str(test.value)) // 60_000, language)
    if isinstance(test.value, tuple):
        return ", ".join(_plain(each) for each in test.value)
    return _plain(test.value)


def _span(minutes: int, language: str) -> str:
    size, names = next((unit for unit in _UNITS if minutes % unit[0] == 0), _UNITS[-1])
    return f"{minutes // size} {names[language]}"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)
