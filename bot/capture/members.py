"""Who comes and goes: the bot itself, the people of a group, and those who ask to be let in.

A change of a member is about that member, whoever made it. It is told by `chat_member` (only to bots that are
administrators; it knows the invite link) and by service messages: both give `group_joined`, as one event when
they bear the same second. In a VIP group `chat_member` gives `vip_joined` beside it; no service message does,
so that a conversion counts once.
"""

from __future__ import annotations

from typing import Final

from bot.capture.fields import Json, clean, date_ms, human, person, place, private_id
from bot.capture.frame import NOTHING, Draft, Frame, Meaning, unknown
from core.identity import Place, Sender

MAX_OTHERS: Final = 100
"""People whom one service message may name."""
_INSIDE: Final = frozenset({"creator", "administrator", "member"})
_OUTSIDE: Final = frozenset({"left", "kicked"})
_MEMBER_MAY: Final = "send_messages"


def is_inside(member: Json) -> bool:
    """Whether a ChatMember is one at the moment."""
    status = member["status"]
    return status in _INSIDE or (status == "restricted" and member.get("is_member") is True)


# ------------------------------------------------------------------ the bot itself
def my_chat_member(body: Json, frame: Frame) -> Meaning:
    chat, member, at_ms = body["chat"], body["new_chat_member"], date_ms(body)
    if chat["type"] == "private":
        kind = "bot_blocked" if member["status"] in _OUTSIDE else "bot_unblocked"
        return Meaning([Draft(kind, at_ms, NOTHING)], person(body["from"], private_id(chat)))
    where = place(chat)
    if where is None:
        return unknown("my_chat_member", at_ms)
    if not is_inside(member):
        return Meaning([Draft("bot_removed", at_ms, {"how": _how_left(body, member)})], place=where)
    status = "member" if member["status"] == "restricted" else str(member["status"])
    return Meaning(
        [Draft("bot_added", at_ms, {"status": status, "rights": rights(member, where)})], place=where
    )


def rights(member: Json, where: Place) -> str:
    """What a member may do, in the words of the Bot API without `can_`, in alphabetical order."""
    said = {
        clean(name, 48).removeprefix("can_")
        for name in member
        if name.startswith("can_") and member[name] is True
    }
    if where.kind != "channel" and member["status"] != "restricted":
        said.add(_MEMBER_MAY)
    return " ".join(sorted(said))[:512]


# ------------------------------------------------------------------ people
def chat_member(body: Json, frame: Frame) -> Meaning:
    where, member, at_ms = place(body["chat"]), body["new_chat_member"], date_ms(body)
    whom = human(member, "user")
    if where is None or whom is None:
        return unknown("chat_member", at_ms, where=where)
    before, now = is_inside(body["old_chat_member"]), is_inside(member)
    if before == now:
        return unknown("chat_member.status", at_ms, whom, where)
    words = ("group", "vip") if where.chat_id in frame.rules.vip else ("group",)
    who = where, whom
    if now:
        link, how = link_of(body), _how_joined(body, member)
        return Meaning([_joined(word, at_ms, who, link, how) for word in words], whom, where)
    how = _how_left(body, member)
    return Meaning([_left(word, at_ms, who, how) for word in words], whom, where)


def new_members(body: Json, where: Place, at_ms: int) -> Meaning:
    """The service message about people who came in; bots are told by `my_chat_member`."""
    found: dict[int, tuple[Sender, list[Draft]]] = {}
    for user in body["new_chat_members"][:MAX_OTHERS]:
        if user.get("is_bot") is not True:
            whom = person(user)
            how = "self" if _actor(body) == user["id"] else "added"
            found[user["id"]] = whom, [_joined("group", at_ms, (where, whom), "", how)]
    if not found:
        return unknown("message.new_chat_members", at_ms, where=where)
    (first, drafts), *others = found.values()
    return Meaning(drafts, first, where, others=others)


def left_member(body: Json, where: Place, at_ms: int) -> Meaning:
    whom = human(body, "left_chat_member")
    if whom is None:
        return unknown("message.left_chat_member", at_ms, where=where)
    how = "left" if _actor(body) == body["left_chat_member"]["id"] else "removed"
    return Meaning([_left("group", at_ms, (where, whom), how)], whom, where)


def join_request(body: Json, frame: Frame) -> Meaning:
    where, at_ms = place(body["chat"]), date_ms(body)
    whom = person(body["from"])
    key = f"asked:{where.chat_id}:{whom.identity.value}" if where is not None else ""
    return Meaning([Draft("join_requested", at_ms, {"link": link_of(body)}, key)], whom, where)


def boost(body: Json, frame: Frame) -> Meaning:
    """A boost, or its end. Who stands behind it is not always known."""
    given = body.get("boost", body)
    removed = given is body
    at_ms = date_ms(given, "remove_date" if removed else "add_date")
    source, boost_id = given["source"], clean(given["boost_id"], 64)
    key = f"{'unboost' if removed else 'boost'}:{boost_id}" if boost_id else ""
    return Meaning(
        [Draft("boosted", at_ms, {"removed": removed}, key)], human(source, "user"), place(body["chat"])
    )


def link_of(body: Json) -> str:
    """The name of the invite link, else its address."""
    link = body.get("invite_link")
    if not isinstance(link, dict):
        return ""
    return clean(link.get("name"), 64) or clean(link.get("invite_link"), 128)


def _joined(word: str, at_ms: int, who: tuple[Place, Sender], link: str, how: str) -> Draft:
    return Draft(f"{word}_joined", at_ms, {"link": link, "how": how}, _key(f"{word}_joined", who))


def _left(word: str, at_ms: int, who: tuple[Place, Sender], how: str) -> Draft:
    return Draft(f"{word}_left", at_ms, {"how": how}, _key(f"{word}_left", who))


def _key(kind: str, who: tuple[Place, Sender]) -> str:
    return f"{kind}:{who[0].chat_id}:{who[1].identity.value}"


def _how_joined(body: Json, member: Json) -> str:
    link = body.get("invite_link") or NOTHING
    if body.get("via_join_request") is True or link.get("creates_join_request") is True:
        return "request"
    if link or body.get("via_chat_folder_invite_link") is True:
        return "link"
    return "self" if _actor(body) == member["user"]["id"] else "added"


def _how_left(body: Json, member: Json) -> str:
    """By themselves, or by somebody else."""
    return "left" if member["status"] != "kicked" and _actor(body) == member["user"]["id"] else "removed"


def _actor(body: Json) -> object:
    actor = body.get("from")
    return actor.get("id") if isinstance(actor, dict) else None
