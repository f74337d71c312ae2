"""Field types that several requests share; unknown fields of a command are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

# One line of text as a person writes it: no control characters (they would reach mail headers).
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}$")]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f,;<>]+@[^@\s\x00-\x1f\x7f,;<>]+\.[^@\s,;<>]+$"
    ),
]
Short = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
# A tax number behind the code of its country; the place where e-invoices arrive, as scheme:id.
TaxId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Za-z0-9 ./-]{3,39}$")]
Endpoint = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}:[A-Za-z0-9:_.-]{1,80}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

Seats = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,6}$")]
