"""Every setting there is: its type, bounds and default. config.yaml and docs/reference name the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

OFFICIAL_API = "https://api.telegram.org"
EMBEDDED = "embedded"


class Section(BaseModel):
    """What all sections share: no unknown keys, no changes afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def _cron(text: str) -> str:
    try:
        CronTrigger.from_crontab(text, timezone="UTC")
    except ValueError:
        raise ValueError("must be five fields of cron, such as '*/5 * * * *'") from None
    return text


def _http(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise ValueError("must be an address that begins with http:// or https://")
    return url.rstrip("/")


def _maybe_http(url: str) -> str:
    return _http(url) if url else url


def _redis_url(url: str) -> str:
    if url != EMBEDDED and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must be 'embedded' or an address that begins with redis://, rediss:// or unix://")
    return url


def _store_url(url: str) -> str:
    if url and urlsplit(url).scheme not in {"sqlite", "postgresql"}:
        raise ValueError("must be empty or an address that begins with sqlite:/// or postgresql://")
    return url


Cron = Annotated[str, AfterValidator(_cron)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Workspace(Section):
    """Where this installation keeps its things. Relative folders lie beside the settings file."""

    name: Name = "main"
    data_dir: Path = Path("data")
    logs_dir: Path = Path("logs")
    key_env: EnvName | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Workspace:
        if self.key_env is not None and self.key_file is not None:
            raise ValueError("needs key_env or key_file, not both")
        return self

    @property
    def redis_prefix(self) -> str:
        """The first part of this workspace's Redis keys."""
        return "kairos" if self.name == "main" else f"kairos-{self.name}"


class Store(Section):
    """The SQL database. `url` empty in the file means a file in the data folder; loaded, it is always set."""

    url: Annotated[str, AfterValidator(_store_url)] = Field(default="", repr=False)
    max_mb: int = Field(default=0, ge=0, le=10_000_000)


class Redis(Section):
    """The embedded Redis or one of your own. Above `warn_percent` of its memory it warns, above `act_percent`
    it sheds the feed and the profiles that were not used for longest."""

    url: Annotated[str, AfterValidator(_redis_url)] = Field(default=EMBEDDED, repr=False)
    max_memory_mb: int = Field(default=256, ge=8, le=65_536)
    allow_embedded_in_production: bool = False
    warn_percent: int = Field(default=70, ge=1, le=99)
    act_percent: int = Field(default=85, ge=1, le=99)

    @model_validator(mode="after")
    def _act_above(self) -> Redis:
        if self.act_percent < self.warn_percent:
            raise ValueError("has an act_percent below its warn_percent")
        return self

    @property
    def embedded(self) -> bool:
        return self.url == EMBEDDED


class Bot(Section):
    """One bot; its token stays where it is: in an environment variable or a file. `webhook_url`: the public
    https address under which Telegram reaches `listen`."""

    name: Name
    token_env: EnvName | None = None
    token_file: Path | None = None
    api_base: Annotated[str, AfterValidator(_http)] = OFFICIAL_API
    updates: Literal["polling", "webhook"] = "polling"
    webhook_url: Annotated[str, AfterValidator(_maybe_http)] = ""

    @model_validator(mode="after")
    def _knows_its_address(self) -> Bot:
        if self.updates == "webhook" and not self.webhook_url:
            raise ValueError("takes updates by webhook and needs a webhook_url")
        return self

    @model_validator(mode="after")
    def _one_token(self) -> Bot:
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("needs either token_env or token_file")
        return self

    @property
    def official(self) -> bool:
        """Whether this is the real Telegram."""
        return self.api_base == OFFICIAL_API


class Inbox(Section):
    """Updates as they came. Done ones are kept so long: Telegram may repeat them for two days."""

    keep_hours: int = Field(default=72, ge=48, le=8_760)


class Listen(Section):
    """Where this program is reached by HTTP: webhooks, tracked links, /healthz, /readyz, /metrics.

    Port 0: not at all. `public_url`: the https address that leads here; empty = links are not tracked."""

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=0, ge=0, le=65_535)
    max_body_kb: int = Field(default=1_024, ge=16, le=65_536)
    public_url: Annotated[str, AfterValidator(_maybe_http)] = ""


class Groups(Section):
    """`vip`: Telegram's numbers of groups whose joining is a conversion. The others bound what campaigns post
    to one group."""

    vip: tuple[int, ...] = ()
    per_day: int = Field(default=1, ge=0, le=10)
    per_week: int = Field(default=3, ge=0, le=70)
    gap_h: float = Field(default=20.0, ge=0, le=720)


class Payments(Section):
    """`accept`: whether pre-checkout questions are answered with yes. `vip_stars`: the price of VIP in Stars,
    offered to those who ask; 0 = not for sale."""

    accept: bool = True
    vip_stars: int = Field(default=0, ge=0, le=10_000)


Words = dict[Literal["tr", "en"], tuple[str, ...]]


class Intent(Section):
    """What people's words mean, beside the words that are built in; a trailing * takes any ending."""

    price: Words = {}
    vip: Words = {}
    buy: Words = {}
    support: Words = {}
    opt_out: Words = {}
    buttons: dict[str, Literal["price", "vip", "buy", "support"]] = {}


class Consent(Section):
    """How people come to say yes."""

    on_start: Literal["ask", "granted"] = "ask"
    text_version: str = Field(default="1", min_length=1, max_length=32)


class Delivery(Section):
    """Bounds over all segments, and the pace of each bot."""

    per_day: int = Field(default=3, ge=1, le=10)
    per_week: int = Field(default=10, ge=1, le=70)
    rate_per_s: float = Field(default=27.0, ge=1, le=29)
    rate_ceiling_per_s: float = Field(default=29.0, ge=1, le=29)
    quiet_from: int = Field(default=22, ge=0, le=23)
    quiet_to: int = Field(default=8, ge=0, le=23)
    plain_daily_limit: int = Field(default=1, ge=1, le=10)
    plain_cooldown_h: float = Field(default=20.0, ge=0, le=720)
    paid_rate_per_s: int = Field(default=0, ge=0, le=1_000)
    paid_stars_a_day: int = Field(default=0, ge=0, le=1_000_000)
    stop_block_percent: float = Field(default=2.0, ge=0.1, le=100)
    stop_opt_out_percent: float = Field(default=5.0, ge=0.1, le=100)

    @model_validator(mode="after")
    def _ceiling_above(self) -> Delivery:
        if self.rate_ceiling_per_s < self.rate_per_s:
            raise ValueError("has a rate_ceiling_per_s below its rate_per_s")
        return self


class Operator(Section):
    """Somebody who runs this installation, by Telegram id. Owners, admins and marketers may send."""

    telegram_id: int = Field(ge=1)
    name: Name
    role: Literal["owner", "admin", "marketer", "agent", "analyst", "viewer"] = "viewer"


class Gpt(Section):
    """Texts from briefs by an OpenAI-compatible service. Without a key none is asked. Prices are per million
    tokens, in the currency of `money_a_day`."""

    key_env: EnvName | None = None
    key_file: Path | None = None
    base_url: Annotated[str, AfterValidator(_http)] = "https://api.openai.com/v1"
    model: str = Field(default="gpt-5-mini", min_length=1, max_length=100)
    requests_an_hour: int = Field(default=60, ge=0, le=100_000)
    tokens_a_day: int = Field(default=200_000, ge=0, le=1_000_000_000)
    money_a_day: float = Field(default=1.0, ge=0, le=100_000)
    price_in: float = Field(default=0.25, ge=0, le=10_000)
    price_out: float = Field(default=2.0, ge=0, le=10_000)
    timeout_s: float = Field(default=30.0, ge=1, le=600)

    @model_validator(mode="after")
    def _one_key(self) -> Gpt:
        if self.key_env is not None and self.key_file is not None:
            raise ValueError("needs key_env or key_file, not both")
        return self


class Holdout(Section):
    """The control group."""

    share: float = Field(default=0.05, ge=0, le=0.5)
    salt: str = Field(default="kairos", min_length=1, max_length=64)


class Learning(Section):
    """What outcomes are worth, in one unit."""

    response: float = Field(default=1.0, ge=0, le=10_000)
    conversion: float = Field(default=20.0, ge=0, le=10_000)
    block: float = Field(default=30.0, ge=0, le=10_000)


class Schedule(Section):
    """When the periodic steps run, in UTC."""

    segments: Cron = "*/5 * * * *"
    plan: Cron = "*/5 * * * *"
    learn: Cron = "0 * * * *"
    memory: Cron = "* * * * *"
    housekeeping: Cron = "10 * * * *"
    compare: Cron = "30 3 * * *"
    campaigns: Cron = "* * * * *"
    write: Cron = "*/10 * * * *"


class Logs(Section):
    """The log files."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    keep_days: int = Field(default=14, ge=1, le=3650)


class Language(Section):
    """What people read when their own language is unknown or not among ours."""

    default: Literal["en", "tr"] = "en"


class Settings(Section):
    """All settings. Without a file every section has its defaults."""

    workspace: Workspace = Workspace()
    store: Store = Store()
    redis: Redis = Redis()
    bots: tuple[Bot, ...] = ()
    listen: Listen = Listen()
    inbox: Inbox = Inbox()
    groups: Groups = Groups()
    payments: Payments = Payments()
    intent: Intent = Intent()
    consent: Consent = Consent()
    delivery: Delivery = Delivery()
    operators: tuple[Operator, ...] = ()
    gpt: Gpt = Gpt()
    holdout: Holdout = Holdout()
    learning: Learning = Learning()
    schedule: Schedule = Schedule()
    logs: Logs = Logs()
    language: Language = Language()
    _file: Path = PrivateAttr(default=Path("config.yaml"))

    @model_validator(mode="after")
    def _names_differ(self) -> Settings:
        names = [bot.name for bot in self.bots]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"bots: two bots are called {name!r}; give each its own name")
        return self

    @model_validator(mode="after")
    def _operators_differ(self) -> Settings:
        ids = [one.telegram_id for one in self.operators]
        if len(set(ids)) < len(ids):
            raise ValueError("operators: one Telegram id stands there twice")
        return self

    @model_validator(mode="after")
    def _webhooks_have_a_port(self) -> Settings:
        if not self.listen.port and any(bot.updates == "webhook" for bot in self.bots):
            raise ValueError("listen: a bot takes its updates by webhook, so listen.port must be set")
        return self

    @property
    def file(self) -> Path:
        """The settings file, for messages."""
        return self._file

    def beside(self, path: Path) -> Path:
        """A path of the settings; a relative one lies beside the settings file."""
        return self._file.resolve().parent / path.expanduser()

    @property
    def data_dir(self) -> Path:
        return self.beside(self.workspace.data_dir)

    @property
    def logs_dir(self) -> Path:
        return self.beside(self.workspace.logs_dir)

    def placed(self, file: Path) -> Settings:
        """The same settings as they stand in `file`: folders beside it, a database where none is named."""
        self._file = file
        return self.model_copy(update={"store": self.store.model_copy(update={"url": self._store_url()})})

    def _store_url(self) -> str:
        url = self.store.url or f"sqlite:///{self.workspace.data_dir / 'kairos.db'}"
        scheme, _, path = url.partition(":///")
        return f"sqlite:///{self.beside(Path(path))}" if scheme == "sqlite" else url
