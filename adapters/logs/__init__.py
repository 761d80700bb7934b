"""The log files: JSON lines by area and day, without personal data and without secrets.

Promises: `logs/delivery_optimizer_YYYYMMDD.log`, `segmentation_*.log` and `crm_analytics_*.log`, one whole
line a write, by the given clock's day in UTC, deleted after `keep_days`; fields that could carry people's
words or names are dropped, and tokens and passwords masked, wherever they stand. A folder or disk that can't
be written is one sentence at the start and a counter later, never a crash.
Leaves to others: what is worth a line.
"""

from adapters.logs.files import LogFiles, open_logs, scrub_folder

__all__ = ["LogFiles", "open_logs", "scrub_folder"]
