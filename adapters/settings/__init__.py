"""Settings: `config.yaml` and the environment, read once into values that can't be wrong.

Promises: unknown keys, wrong values and secrets in the file are refused with one sentence that names the key
and where it stands, and says what is allowed; a variable `KAIROS_SECTION__KEY` beats the file; secrets come
only from the environment or from files, and appear in no message or repr.
"""

from adapters.settings.load import load
from adapters.settings.schema import Settings
from adapters.settings.secrets import BotToken, bot_tokens

__all__ = ["BotToken", "Settings", "bot_tokens", "load"]
