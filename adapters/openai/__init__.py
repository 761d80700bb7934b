"""Texts by a service that speaks OpenAI's chat completions: the request, the one answer that is used, errors.

Importing it costs seconds: only who has a key imports it.
"""

from adapters.openai.writer import OpenAiWriter, Service

__all__ = ["OpenAiWriter", "Service"]
