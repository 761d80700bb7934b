"""Methods that put words into chats and change them: texts, edits, deletions, copies, reactions, polls."""

from sandbox.accounts import Json
from sandbox.botapi import errors
from sandbox.botapi.call import (
    Call,
    Outcome,
    name_people,
    named_chat,
    own_message,
    replace,
    send,
    send_all,
    told,
    writable_chat,
)
from sandbox.botapi.errors import bad_request
from sandbox.botapi.markup import check_markup
from sandbox.botapi.request import Params
from sandbox.botapi.texts import MAX_CAPTION, MAX_TEXT, read_caption, read_text

_DELETABLE_S = 48 * 3600
_MAX_QUESTION = 300
_MAX_OPTION = 100
_OPTIONS = (2, 12)
_EXPLAINED = 200
_ACTIONS = {"choose_sticker", "find_location", "record_video", "record_video_note", "record_voice", "typing"}
_ACTIONS |= {f"upload_{what}" for what in ("document", "photo", "video", "video_note", "voice")}
_NOT_COPIED = frozenset(
    {
        *("message_id", "from", "chat", "date", "reply_markup", "edit_date", "reply_to_message"),
        *("message_thread_id", "is_topic_message", "media_group_id", "forward_origin"),
    }
)
_AT_ONCE = 100


def send_message(call: Call) -> Outcome:
    text, entities = read_text(call.params, MAX_TEXT)
    return send(call, {"text": text, **({"entities": entities} if entities else {})})


def edit_message_text(call: Call) -> Outcome:
    text, entities = read_text(call.params, MAX_TEXT)
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = writable_chat(call)
    old = own_message(call, chat_id, "message to edit not found")
    if "text" not in old:
        raise bad_request("there is no text in the message to edit")
    changed = name_people(call.world, {"text": text, "entities": entities or None, "reply_markup": markup})
    return replace(call, chat_id, old, changed)


def edit_message_caption(call: Call) -> Outcome:
    caption, entities = read_caption(call.params, MAX_CAPTION)
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = writable_chat(call)
    old = own_message(call, chat_id, "message to edit not found")
    if "text" in old or "poll" in old:
        raise bad_request("there is no caption in the message to edit")
    changed: Json = {"caption": caption or None, "caption_entities": entities or None, "reply_markup": markup}
    return replace(call, chat_id, old, changed)


def edit_message_reply_markup(call: Call) -> Outcome:
    markup = check_markup(call.params.values.get("reply_markup"))
    chat_id = writable_chat(call)
    old = own_message(call, chat_id, "message to edit not found")
    return replace(call, chat_id, old, {"reply_markup": markup})


def delete_message(call: Call) -> Outcome:
    chat_id = named_chat(call)
    message = own_message(call, chat_id, "message to delete not found")
    date = message["date"]
    if isinstance(date, int) and call.world.clock() // 1000 - date > _DELETABLE_S:
        raise bad_request("message can't be deleted for everyone")
    message_id = call.params.number("message_id")
    call.world.chat(call.bot.id, chat_id).drop(message_id)
    return Outcome(True, chat_id, message_id)


def delete_messages(call: Call) -> Outcome:
    """What is there is deleted; the rest is passed over."""
    numbers = _numbers(call)
    chat = call.world.chat(call.bot.id, named_chat(call))
    for message_id in numbers:
        if chat.message(message_id) is not None:
            chat.drop(message_id)
    return Outcome(True, call.params.number("chat_id"), numbers[0])


def copy_message(call: Call) -> Outcome:
    original = _original(call, call.params.number("message_id"), "message to copy not found")
    content = _content_of(original)
    if "caption" in call.params.values and "text" not in content:
        caption, entities = read_caption(call.params, MAX_CAPTION)
        content |= {"caption": caption, "caption_entities": entities}
    sent = send(call, content)
    return Outcome({"message_id": sent.message_id}, sent.chat_id, sent.message_id, sent.message)


def copy_messages(call: Call) -> Outcome:
    return _send_many(call, [_content_of(one) for one in _originals(call, "messages to copy not found")])


def forward_message(call: Call) -> Outcome:
    original = _original(call, call.params.number("message_id"), "message to forward not found")
    return send(call, _forwarded(original))


def forward_messages(call: Call) -> Outcome:
    return _send_many(call, [_forwarded(one) for one in _originals(call, "messages to forward not found")])


def _send_many(call: Call, contents: list[Json]) -> Outcome:
    sent = send_all(call, contents)
    first = told(call.params.number("chat_id"), sent[0])
    numbers = [{"message_id": one["message_id"]} for one in sent]
    return Outcome(numbers, first.chat_id, first.message_id, first.message)


def _content_of(original: Json) -> Json:
    return {name: value for name, value in original.items() if name not in _NOT_COPIED}


def _forwarded(original: Json) -> Json:
    origin: Json = {"type": "user", "sender_user": original.get("from"), "date": original["date"]}
    return _content_of(original) | {"forward_origin": origin}


def _originals(call: Call, missing: str) -> list[Json]:
    """Those of the messages that are there; at least one must be."""
    found = [one for number in _numbers(call) if (one := _find(call, number)) is not None]
    if not found:
        raise bad_request(missing)
    return found


def _numbers(call: Call) -> list[int]:
    given = call.params.array("message_ids") or []
    numbers = [one for one in given if isinstance(one, int) and one > 0]
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(given) > _AT_ONCE:
        raise bad_request("too many message identifiers specified")
    if len(numbers) < len(given) or (numbers != sorted(set(numbers)) and call.params.text("from_chat_id")):
        raise bad_request("message identifiers must be in a strictly increasing order")
    return numbers


def _original(call: Call, message_id: int, missing: str) -> Json:
    found = _find(call, message_id)
    if found is None:
        raise bad_request(missing)
    return found


def _find(call: Call, message_id: int) -> Json | None:
    from_chat = call.params.number("from_chat_id")
    if not from_chat:
        raise bad_request("chat not found")
    chat = call.world.chat(call.bot.id, from_chat)
    chat.copied(message_id)
    return chat.any_message(message_id)


def answer_callback_query(call: Call) -> Outcome:
    user_id = call.world.asker(call.params.text("callback_query_id"), call.bot.id)
    if user_id is None:
        raise bad_request(errors.OLD_QUERY)
    return Outcome(True, user_id)


def send_chat_action(call: Call) -> Outcome:
    if call.params.text("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    writable_chat(call)
    return Outcome(True)


def set_message_reaction(call: Call) -> Outcome:
    reactions = call.params.array("reaction") or []
    if not all(isinstance(one, dict) and one.get("type") in {"emoji", "custom_emoji"} for one in reactions):
        raise bad_request("REACTION_INVALID")
    chat_id = writable_chat(call)
    message_id = call.params.number("message_id")
    if not call.world.has_number(chat_id, call.bot.id, message_id):
        raise bad_request("message to react not found")
    return Outcome(True, chat_id, message_id)


# -- polls ---------------------------------------------------------------------------------------


def send_poll(call: Call) -> Outcome:
    question, options = _question(call.params), _options(call.params)
    kind = call.params.text("type") or "regular"
    settings: Json = {
        "type": kind,
        "is_anonymous": call.params.flag("is_anonymous") if "is_anonymous" in call.params.values else True,
        "allows_multiple_answers": call.params.flag("allows_multiple_answers"),
        "allows_revoting": kind == "regular",
        "members_only": False,
    }
    if kind == "quiz":
        settings["correct_option_ids"] = _correct(call.params, len(options))
    if len(call.params.text("explanation")) > _EXPLAINED:
        raise bad_request("message caption is too long")
    # The chat is asked first: a poll that nobody gets must not exist.
    writable_chat(call, charge=False)
    poll = call.world.polls.make(call.bot.id, question, options, settings)
    return send(call, {"poll": poll.as_json()})


def _correct(params: Params, options: int) -> list[int]:
    """The right options of a quiz; the former name of the parameter held one."""
    given = params.array("correct_option_ids") or [params.number("correct_option_id", -1)]
    right = [one for one in given if isinstance(one, int) and 0 <= one < options]
    if len(right) < len(given) or right != sorted(set(right)):
        raise bad_request("wrong correct option ID specified")
    return right


def _question(params: Params) -> str:
    question = params.text("question").strip()
    if not question:
        raise bad_request("poll question must be non-empty")
    if len(question) > _MAX_QUESTION:
        raise bad_request(f"poll question length must not exceed {_MAX_QUESTION}")
    return question


def _options(params: Params) -> tuple[str, ...]:
    given = params.array("options") or []
    options = tuple(str(one.get("text", "") if isinstance(one, dict) else one).strip() for one in given)
    if len(options) < _OPTIONS[0]:
        raise bad_request("poll must have at least 2 option")
    if len(options) > _OPTIONS[1]:
        raise bad_request(f"poll can't have more than {_OPTIONS[1]} options")
    if not all(options):
        raise bad_request("poll options must be non-empty")
    if any(len(option) > _MAX_OPTION for option in options):
        raise bad_request(f"poll options length must not exceed {_MAX_OPTION}")
    return options


def stop_poll(call: Call) -> Outcome:
    chat_id = writable_chat(call)
    message = own_message(call, chat_id, "message with poll to stop not found")
    shown = message.get("poll")
    poll = call.world.polls.get(str(shown["id"])) if isinstance(shown, dict) else None
    if poll is None:
        raise bad_request("message with poll to stop not found")
    if poll.closed:
        raise bad_request("poll has already been closed")
    state = call.world.polls.close(poll.id)
    call.world.chat(call.bot.id, chat_id).replace({**message, "poll": state})
    return Outcome(state, chat_id, told(chat_id, message).message_id)
