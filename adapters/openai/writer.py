"""Asks a service for a text: one request, no retries of its own, named errors, nothing used but the text.

Promises: the key is in no log, error or repr, and goes nowhere but to the service (no redirect is followed);
an error says in our own words what happened, never in those of the service; no answer is waited for longer
than was granted, however slowly it drips, and none is read that is far too long. Leaves to others: budget,
back-off and what is done with the text (`core.flow.write`).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import openai
from pydantic import SecretStr, ValidationError

from adapters.codec import loads
from adapters.inflight import InFlight
from adapters.openai.prompt import INSTRUCTIONS, SCHEMA, Answer, document, messages
from core.errors import NoTextError, WriterBusyError, WriterError, WriterKeyError
from core.writing import Ask, Draft, Usage, longest_tokens

THINKING: Final = 2_000
"""Tokens that a model may spend before it writes."""
_FORM: Final = 300
"""Tokens of the schema and of what the service adds, at most."""
_NO_CREDIT: Final = "insufficient_quota"
_NOT_THIS: Final = frozenset({"invalid_prompt", "content_filter", "content_policy_violation"})
_LONGEST_WAIT_S: Final = 24 * 3_600.0
_LONGEST_ANSWER: Final = 1 << 20
"""Bytes."""
_MOST_TOKENS: Final = 10_000_000
"""No service takes so many; more is no figure to reckon with."""
_BUSY: Final = frozenset({408, 409, 425, 429})
_DOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Service:
    """Which service, and how. timeout_s: the longest wait for an answer."""

    base_url: str
    model: str
    timeout_s: float


class OpenAiWriter:
    """Fulfils `core.writing.Writer`."""

    def __init__(self, service: Service, key: SecretStr, inflight: InFlight | None = None) -> None:
        self.service = service
        self._inflight = inflight or InFlight()
        self._client = openai.AsyncOpenAI(
            api_key=key.get_secret_value(),
            base_url=service.base_url,
            timeout=service.timeout_s,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    def estimate(self, ask: Ask) -> Usage:
        """No token is shorter than a byte, and no answer longer than we allow."""
        told = len(INSTRUCTIONS.encode()) + len(document(ask).encode())
        return Usage(told + _FORM, self._longest(ask))

    def instructions(self) -> str:
        return INSTRUCTIONS

    async def write(self, ask: Ask) -> Draft:
        try:
            with self._inflight.track():
                async with asyncio.timeout(self.service.timeout_s):
                    answer = loads(await self._answer(ask))
        except openai.OpenAIError as error:
            raise _named(error, self.service) from None
        except httpx2.HTTPError:
            raise _lost(self.service) from None
        except TimeoutError:
            raise _late(self.service) from None
        except (ValueError, RecursionError):
            raise NoTextError("the service answered with something that is no JSON", billed=True) from None
        return _draft(answer, self.service)

    async def _answer(self, ask: Ask) -> bytes:
        """What comes back, of any form."""
        asking = self._client.chat.completions.with_streaming_response
        body = bytearray()
        async with asking.create(**self._request(ask)) as response:
            async for part in response.iter_bytes():
                body += part
                if len(body) > _LONGEST_ANSWER:
                    raise NoTextError("the answer was far too long", billed=True)
        return bytes(body)

    async def close(self) -> None:
        await self._client.close()

    def _request(self, ask: Ask) -> dict[str, Any]:
        return {
            "model": self.service.model,
            "messages": messages(ask),
            "response_format": SCHEMA,
            "max_completion_tokens": self._longest(ask),
        }

    def _longest(self, ask: Ask) -> int:
        return longest_tokens(ask) + THINKING


def _draft(answer: object, service: Service) -> Draft:
    """Of an answer of any form."""
    said = _mapping(answer)
    choices = said.get("choices")
    choice = _mapping(choices[0] if isinstance(choices, list) and choices else None)
    message, ended = _mapping(choice.get("message")), choice.get("finish_reason")
    if ended == "length":
        raise NoTextError("the answer was cut off", billed=True)
    if message.get("refusal") or ended == "content_filter":
        raise NoTextError("the service refused to write it", billed=True)
    content = message.get("content")
    if not isinstance(content, str) or not content:
        raise NoTextError("the answer was empty", billed=True)
    try:
        text = Answer.model_validate_json(content).text
    except ValidationError:
        raise NoTextError("the answer had another form than was asked for", billed=True) from None
    return Draft(text, _model(said.get("model"), service), _usage(_mapping(said.get("usage"))))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _model(named: object, service: Service) -> str:
    if isinstance(named, str) and named and named.isascii() and named.isprintable():
        return named[:100]
    return service.model


def _usage(used: Mapping[str, Any]) -> Usage | None:
    counts = [used.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if not all(type(count) is int and 0 <= count <= _MOST_TOKENS for count in counts):
        return None
    return Usage(int(counts[0] or 0), int(counts[1] or 0))


def _named(error: openai.OpenAIError, service: Service) -> WriterError:
    if isinstance(error, openai.APITimeoutError):
        return _late(service)
    if isinstance(error, openai.APIStatusError):
        return _by_status(error, service)
    if isinstance(error, openai.APIConnectionError):
        return _lost(service)
    if isinstance(error, openai.APIResponseValidationError):
        return NoTextError("the service answered with something that is no JSON", billed=True)
    return WriterBusyError("the service could not be asked", billed=True)


def _late(service: Service) -> WriterBusyError:
    return WriterBusyError(f"no answer within {service.timeout_s:g} s", billed=True)


def _lost(service: Service) -> WriterBusyError:
    """Names the place only: an address may hold a name and a word."""
    place = urlsplit(service.base_url).netloc.rpartition("@")[2]
    return WriterBusyError(f"{place} was not reached, or did not finish its answer", billed=True)


def _by_status(error: openai.APIStatusError, service: Service) -> WriterError:
    status, code = error.status_code, str(getattr(error, "code", None) or "")
    if status >= _DOWN or (status in _BUSY and code != _NO_CREDIT):
        return WriterBusyError(f"the service is busy or down ({status})", retry_after_s=_retry_after(error))
    if code in _NOT_THIS:
        return NoTextError("the service refused to write it")
    if code == _NO_CREDIT:
        return WriterKeyError("the account of the service has no credit left", next_step="pay, or wait")
    if status in {401, 403}:
        return WriterKeyError(
            f"the service refused the key ({status})", next_step="check gpt.key_env or gpt.key_file"
        )
    return WriterKeyError(
        f"the service does not take the request ({status}); is there a model {service.model}?",
        next_step="check gpt.base_url and gpt.model: it must know structured outputs",
    )


def _retry_after(error: openai.APIStatusError) -> float:
    """Seconds; 0 where it says none, or a date."""
    said = error.response.headers.get("retry-after", "")
    try:
        wait_s = float(said)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(wait_s) else min(max(wait_s, 0.0), _LONGEST_WAIT_S)
