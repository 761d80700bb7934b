"""What a hot profile looks like: short readable strings, none above 64 bytes, so that Redis keeps it compact.

Redis stores a hash whose names and values are all <= 64 bytes as one listpack: about 0.6 KB a person instead
of 2. No names, notes or words of a person are here: only what decisions need. Shares and scores have four
decimals, times are UTC milliseconds, the 24 hours of activity are two hex digits each, relative to the peak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from core.profile import Profile

SEGMENT: Final = "s:"
"""Fields that begin so are segments: `s:HOT_LEAD` -> confidence."""
MAX_BYTES: Final = 64

_PACKED = "hour_activity"
_PLAIN: Final = tuple(field.name for field in fields(Profile) if field.name != _PACKED)


def to_fields(profile: Profile, segments: Mapping[str, float], seq: int) -> dict[str, str]:
    """The hash of one person; the same profile, segments and seq always give the same hash."""
    found = {"seq": str(seq)}
    for name in _PLAIN:
        found[name] = _short(_text(getattr(profile, name)))
    found["hour_peak"], found["hours"] = pack_hours(profile.hour_activity)
    for name in sorted(segments):
        found[_short(SEGMENT + name)] = _text(segments[name])
    return found


def segments_of(hot: Mapping[str, str]) -> dict[str, float]:
    """Segments with confidence out of a hot profile."""
    return {
        name.removeprefix(SEGMENT): float(value) for name, value in hot.items() if name.startswith(SEGMENT)
    }


def pack_hours(activity: Sequence[float]) -> tuple[str, str]:
    """(peak, two hex digits an hour): 24 sums in 48 characters, exact to 1/255 of the peak."""
    peak = max(activity, default=0.0)
    if peak <= 0:
        return "0", ""
    return _text(float(peak)), bytes(round(255 * max(value, 0.0) / peak) for value in activity).hex()


def unpack_hours(hot: Mapping[str, str]) -> tuple[float, ...]:
    """The hours of activity out of a hot profile; empty when the person was never active."""
    peak = float(hot.get("hour_peak", "0"))
    return tuple(peak * share / 255 for share in bytes.fromhex(hot.get("hours", "")))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)


def _short(text: str) -> str:
    """At most 64 bytes of UTF-8, cut between characters."""
    if len(text) <= MAX_BYTES // 4:
        return text
    return text.encode()[:MAX_BYTES].decode(errors="ignore")
