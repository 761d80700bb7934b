"""Turns what Pydantic found into one sentence: where it stands, what is wrong, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

PREFIX: Final = "KAIROS_"
"""Environment variables of settings: KAIROS_SECTION__KEY."""
Place = Sequence[int | str]

_SAYS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "path_type": "must be a path",
    "tuple_type": "must be a list",
    "model_type": "must be a section with keys of its own",
    "value_error": "{error}",
}


def sentence(error: ValidationError, root: type[BaseModel], file: Path, given: Collection[str]) -> str:
    """The first error in words. `given`: names of the environment variables that were read."""
    details = error.errors(include_url=False, include_input=False)
    first = details[0]
    says = _unknown(root, first["loc"]) if first["type"] == "extra_forbidden" else _says(first)
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"{where(file, first['loc'], given)} {says}{more}"


def where(file: Path, place: Place, given: Collection[str]) -> str:
    """Where a value stands: in the variable that set it, else in the file, at its key."""
    variable = PREFIX + "__".join(str(part).upper() for part in place)
    if variable in given:
        return f"environment variable {variable}"
    return f"{file.name}: {dotted(place)}" if place else f"{file.name}:"


def dotted(place: Place) -> str:
    """`bots[0].name` for ("bots", 0, "name")."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def nearest(word: str, known: Sequence[str]) -> str:
    """A suggestion, or what is known here."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _says(error: ErrorDetails) -> str:
    says = _SAYS.get(error["type"])
    if says is None:
        return f"is wrong: {error['msg'][:1].lower()}{error['msg'][1:]}"
    return says.format_map(error.get("ctx", {}))


def _unknown(root: type[BaseModel], place: Place) -> str:
    """What to say about a key that is no setting."""
    model: Any = root
    for part in place[:-1]:
        if isinstance(part, str):
            model = _section(model.model_fields[part].annotation)
    known = [*model.model_fields]
    return f"is not a setting; {nearest(str(place[-1]), known)}"


def _section(annotation: Any) -> Any:
    """The model behind a field: a section itself, or the items of a list of sections."""
    return (
        annotation
        if isinstance(annotation, type) and hasattr(annotation, "model_fields")
        else get_args(annotation)[0]
    )


def place_of(name: str) -> list[int | str]:
    """The place that a variable names: KAIROS_BOTS__0__NAME -> ["bots", 0, "name"]."""
    parts = name.removeprefix(PREFIX).split("__")
    return [int(part) if part.isdecimal() else part.lower() for part in parts]
