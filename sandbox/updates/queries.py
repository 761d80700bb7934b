"""Inline queries, polls, and the data of Mini Apps."""

from sandbox.accounts import Json, TelegramUser


def inline_update(user: TelegramUser, query_id: str, query: str) -> Json:
    """The person types the bot's name and a query in some private chat."""
    body: Json = {
        "id": query_id,
        "from": user.as_user(),
        "query": query,
        "offset": "",
        "chat_type": "private",
    }
    return {"inline_query": body}


def chosen_update(user: TelegramUser, result_id: str, query: str) -> Json:
    """The person sent one of the results."""
    return {"chosen_inline_result": {"result_id": result_id, "from": user.as_user(), "query": query}}


def poll_update(poll: Json) -> Json:
    """The state of a poll that the bot sent."""
    return {"poll": poll}


def poll_answer_update(user: TelegramUser, poll_id: str, options: list[int], kept: list[str]) -> Json:
    """The person votes; no options: the vote is taken back. `kept`: lasting ids of the same options."""
    body: Json = {
        "poll_id": poll_id,
        "user": user.as_user(),
        "option_ids": options,
        "option_persistent_ids": kept,
    }
    return {"poll_answer": body}


def app_data_part(button: str, data: str) -> Json:
    """What a message carries that a Mini App sent through its keyboard button."""
    return {"web_app_data": {"data": data, "button_text": button}}
