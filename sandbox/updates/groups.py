"""What happens in groups: who comes and goes, who may do what, service messages, reactions."""

from dataclasses import dataclass, field

from sandbox.accounts import Json, TelegramUser
from sandbox.groups import Group, InviteLink, Status, member_object


@dataclass(frozen=True, slots=True)
class Change:
    """A member's status changes. `actor` and `whom` are `User` objects; rights count for administrators.
    `link` is the invite link somebody came by, `by_request` whether an administrator let them in."""

    actor: Json
    whom: Json
    old: Status
    new: Status
    old_rights: frozenset[str] = field(default_factory=frozenset)
    new_rights: frozenset[str] = field(default_factory=frozenset)
    link: InviteLink | None = None
    by_request: bool = False


def membership_update(group: Group, change: Change, at_ms: int, *, own: bool) -> Json:
    """`my_chat_member` when it is about the bot itself (`own`), else `chat_member`."""
    body: Json = {
        "chat": group.as_chat(),
        "from": change.actor,
        "date": at_ms // 1000,
        "old_chat_member": member_object(change.whom, change.old, change.old_rights),
        "new_chat_member": member_object(change.whom, change.new, change.new_rights),
    }
    if change.link is not None:
        body["invite_link"] = change.link.as_json()
    if change.by_request:
        body["via_join_request"] = True
    return {"my_chat_member" if own else "chat_member": body}


def service_update(group: Group, actor: Json | None, what: Json, *, message_id: int, at_ms: int) -> Json:
    """A service message: `what` names the happening, for example `{"new_chat_title": "..."}`."""
    message: Json = {"message_id": message_id, "chat": group.as_chat(), "date": at_ms // 1000}
    if actor is not None:
        message["from"] = actor
    return {"message": message | what}


def join_request_update(user: TelegramUser, group: Group, link: InviteLink, at_ms: int) -> Json:
    """Somebody asks to be let in."""
    body: Json = {
        "chat": group.as_chat(),
        "from": user.as_user(),
        "user_chat_id": user.id,
        "date": at_ms // 1000,
        "invite_link": link.as_json(),
    }
    return {"chat_join_request": body}


def reaction_update(
    user: TelegramUser, chat: Json, message_id: int, change: tuple[str, str], at_ms: int
) -> Json:
    """A person changes the reaction on a message, from one emoji to another; empty means none."""
    old, new = ([{"type": "emoji", "emoji": emoji}] if emoji else [] for emoji in change)
    body: Json = {
        "chat": chat,
        "message_id": message_id,
        "user": user.as_user(),
        "date": at_ms // 1000,
        "old_reaction": old,
        "new_reaction": new,
    }
    return {"message_reaction": body}


def reaction_count_update(chat: Json, message_id: int, counts: dict[str, int], at_ms: int) -> Json:
    """How many anonymous reactions a message has by now."""
    reactions = [
        {"type": {"type": "emoji", "emoji": emoji}, "total_count": count} for emoji, count in counts.items()
    ]
    body: Json = {"chat": chat, "message_id": message_id, "date": at_ms // 1000, "reactions": reactions}
    return {"message_reaction_count": body}
