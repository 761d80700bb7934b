"""A service that speaks OpenAI's chat completions and writes short messages. Everything it says is SIMULATED.

It is honest by default, fails on demand in every way a real one does, and can be malicious: then it obeys
whatever stands in the documents it gets, and tells one customer what it saw of the others.
"""

from sandbox.openai.faults import KINDS, Faults
from sandbox.openai.server import OpenAiServer

__all__ = ["KINDS", "Faults", "OpenAiServer"]
