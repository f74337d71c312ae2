"""Every minute: what is due in payments is handed to its queue, what was left unpublished goes out."""

from __future__ import annotations

from billing.aws.due import ticking

handler = ticking("work")
