"""Two groups turn out to be one: what a person's record says about the younger is about the older."""

from __future__ import annotations

from dataclasses import replace

from core.profile.series import put
from core.profile.values import ProfileState


def regrouped(state: ProfileState, younger: int, older: int) -> ProfileState:
    """The state as if all that happened in the younger group had happened in the older one."""
    groups = {no: at_ms for no, at_ms in state.groups.items() if no != younger}
    if younger in state.groups:
        groups = put(groups, older, max(state.groups[younger], groups.get(older, 0)))
    old, new = f"vip:{younger}", f"vip:{older}"
    latest = {name: said for name, said in state.latest.items() if name != old}
    if old in state.latest:
        said = state.latest[old]
        latest = put(latest, new, max(said, latest.get(new, said)))
    return replace(state, groups=groups, latest=latest)
