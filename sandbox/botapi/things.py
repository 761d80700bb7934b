"""Methods that send what is neither words nor a file: places, contacts, dice."""

from sandbox.accounts import Json
from sandbox.botapi.call import Call, Outcome, send
from sandbox.botapi.errors import bad_request

_HIGHEST = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}


def send_location(call: Call) -> Outcome:
    return send(call, {"location": _place(call)})


def send_venue(call: Call) -> Outcome:
    title, address = call.params.text("title"), call.params.text("address")
    if not title or not address:
        raise bad_request("venue title and address must be non-empty")
    place = _place(call)
    return send(call, {"venue": {"location": place, "title": title, "address": address}, "location": place})


def send_contact(call: Call) -> Outcome:
    phone, name = call.params.text("phone_number"), call.params.text("first_name")
    if not phone:
        raise bad_request("phone number must be non-empty")
    if not name:
        raise bad_request("first name must be non-empty")
    return send(call, {"contact": {"phone_number": phone, "first_name": name}})


def send_dice(call: Call) -> Outcome:
    emoji = call.params.text("emoji") or "🎲"
    if emoji not in _HIGHEST:
        raise bad_request("wrong dice emoji specified")
    thrown = 1 + call.world.log.seq % _HIGHEST[emoji]
    return send(call, {"dice": {"emoji": emoji, "value": thrown}})


def _place(call: Call) -> Json:
    found: Json = {}
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            value = float(call.params.text(name))
        except ValueError:
            raise bad_request("location is empty") from None
        if abs(value) > most:
            raise bad_request("location coordinates are invalid")
        found[name] = value
    return found
