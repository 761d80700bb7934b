"""Methods of groups: who is there, links into them, who is let in and thrown out."""

from collections.abc import Callable

from sandbox.accounts import Json
from sandbox.botapi import errors
from sandbox.botapi.call import Call, Outcome, named_chat, send, writable_chat
from sandbox.botapi.errors import TelegramError, bad_request
from sandbox.groups import Group, InviteLink, member_object

_MAX_LINK_NAME = 32
_MAX_TOPIC = 128


def get_chat(call: Call) -> Outcome:
    chat_id = named_chat(call)
    if call.world.refusal(call.bot.id, chat_id) in {"unknown", "not_started"}:
        raise errors.refused("unknown")
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"),
        True,
    )
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return Outcome({**call.world.chat_object(chat_id), **full})


def get_chat_member(call: Call) -> Outcome:
    group = _group(call)
    return Outcome(_member(call, group, _user(call)))


def get_chat_member_count(call: Call) -> Outcome:
    group = _group(call)
    return Outcome(len(group.present()) + len(group.bots))


def get_chat_administrators(call: Call) -> Outcome:
    group = _group(call)
    return Outcome([_member(call, group, who) for who in group.administrators()])


def create_chat_invite_link(call: Call) -> Outcome:
    group = _governed(call, "can_invite_users", "not enough rights to manage chat invite link")
    name = call.params.text("name")
    if len(name) > _MAX_LINK_NAME:
        raise bad_request("INVITE_TITLE_TOO_LONG")
    asks = call.params.flag("creates_join_request")
    link = call.world.community.make_link(group.id, call.bot.as_user(), name, asks=asks)
    link.expire_date = call.params.number("expire_date")
    link.member_limit = call.params.number("member_limit")
    return Outcome(link.as_json(), group.id)


def export_chat_invite_link(call: Call) -> Outcome:
    group = _governed(call, "can_invite_users", "not enough rights to export chat invite link")
    for old in group.links.values():
        old.is_revoked = old.is_revoked or old.is_primary
    link = call.world.community.make_link(group.id, call.bot.as_user())
    link.is_primary = True
    return Outcome(link.url, group.id)


def revoke_chat_invite_link(call: Call) -> Outcome:
    group = _governed(call, "can_invite_users", "not enough rights to manage chat invite link")
    link: InviteLink | None = group.link(call.params.text("invite_link"))
    if link is None:
        raise bad_request("INVITE_HASH_EXPIRED")
    link.is_revoked = True
    return Outcome(link.as_json(), group.id)


def answer_join_request(*, approve: bool) -> Callable[[Call], Outcome]:
    """The method that lets somebody in or turns them away."""

    def answer(call: Call) -> Outcome:
        group = _governed(call, "can_invite_users", "not enough rights to manage chat join requests")
        user_id = _user(call)
        if not call.world.community.answer_request(call.bot.id, group.id, user_id, approve=approve):
            already = "USER_ALREADY_PARTICIPANT" if group.is_present(user_id) else "HIDE_REQUESTER_MISSING"
            raise bad_request(already)
        return Outcome(True, group.id)

    return answer


def ban_chat_member(call: Call) -> Outcome:
    group = _governed(call, "can_restrict_members", "not enough rights to restrict/unrestrict chat member")
    user_id = _user(call)
    if group.status(user_id) in {"creator", "administrator"}:
        raise bad_request("user is an administrator of the chat")
    call.world.community.remove(call.bot.id, group.id, user_id)
    group.people[user_id] = "kicked"
    return Outcome(True, group.id)


def unban_chat_member(call: Call) -> Outcome:
    group = _governed(call, "can_restrict_members", "not enough rights to restrict/unrestrict chat member")
    call.world.community.remove(call.bot.id, group.id, _user(call), back=True)
    return Outcome(True, group.id)


def leave_chat(call: Call) -> Outcome:
    group = _group(call)
    call.world.community.remove_bot(call.bot.id, group.id, call.bot.id)
    return Outcome(True, group.id)


def create_forum_topic(call: Call) -> Outcome:
    group = _governed(call, "can_manage_topics", "not enough rights to create a topic", charge=False)
    if not group.is_forum:
        raise bad_request("the chat is not a forum")
    name = call.params.text("name")
    if not 0 < len(name) <= _MAX_TOPIC:
        raise bad_request("TOPIC_TITLE_EMPTY")
    what: Json = {"forum_topic_created": {"name": name, "icon_color": 0}, "is_topic_message": True}
    sent = send(call, what)
    thread = sent.message_id or 0
    group.topics[thread] = name
    return Outcome({"message_thread_id": thread, "name": name, "icon_color": 0}, group.id)


def edit_forum_topic(call: Call) -> Outcome:
    group, thread = _topic(call)
    if name := call.params.text("name"):
        call.world.community.rename_topic(call.bot.id, group.id, thread, name[:_MAX_TOPIC])
    return Outcome(True, group.id)


def close_forum_topic(*, reopen: bool) -> Callable[[Call], Outcome]:
    """The method that closes a topic, or opens it again."""

    def close(call: Call) -> Outcome:
        group, thread = _topic(call)
        if (thread in group.closed) is not reopen:
            raise bad_request("TOPIC_NOT_MODIFIED")
        call.world.community.close_topic(call.bot.id, group.id, thread, reopen=reopen)
        return Outcome(True, group.id)

    return close


def delete_forum_topic(call: Call) -> Outcome:
    group, thread = _topic(call)
    call.world.community.delete_topic(group.id, thread)
    return Outcome(True, group.id)


def _topic(call: Call) -> tuple[Group, int]:
    group = _governed(call, "can_manage_topics", "not enough rights to manage topics")
    thread = call.params.number("message_thread_id")
    if thread not in group.topics:
        raise bad_request("message thread not found")
    return group, thread


def _group(call: Call, *, charge: bool = True) -> Group:
    chat_id = writable_chat(call, charge=charge)
    group = call.world.groups.get(chat_id)
    if group is None:
        raise bad_request("method is available only for group, supergroup and channel chats")
    return group


def _governed(call: Call, right: str, refusal: str, *, charge: bool = True) -> Group:
    """The group of the call when the bot has this right there. Raises TelegramError."""
    group = _group(call, charge=charge)
    if not group.may(call.bot.id, right):
        raise bad_request(refusal)
    return group


def _user(call: Call) -> int:
    user_id = call.params.number("user_id")
    if user_id not in call.world.users and user_id not in call.world.bots:
        raise TelegramError(400, "Bad Request: PARTICIPANT_ID_INVALID")
    return user_id


def _member(call: Call, group: Group, who: int) -> Json:
    account = call.world.bots.get(who) or call.world.users[who]
    status, rights = group.status(who), group.granted(who)
    return member_object(account.as_user(), status, rights)
