"""What a document of lines and taxes adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from billing.core.money import Money, total
from billing.core.record import Record


class Amounted(Protocol):
    """A line, or the tax of one category."""

    @property
    def amount(self) -> Money:
        """What it adds."""
        ...


class Totalled(Record):
    """A document in one currency: its net, its tax, and both together."""

    __slots__ = ()

    def _parts(self) -> tuple[str, Sequence[Amounted], Sequence[Amounted]]:
        """The currency, the lines and the taxes."""
        raise NotImplementedError

    @property
    def net(self) -> Money:
        """The sum of the lines."""
        currency, lines, _ = self._parts()
        return total([line.amount for line in lines], currency)

    @property
    def tax(self) -> Money:
        """The sum of the taxes."""
        currency, _, taxes = self._parts()
        return total([tax.amount for tax in taxes], currency)

    @property
    def total(self) -> Money:
        """Net and tax."""
        return self.net + self.tax
