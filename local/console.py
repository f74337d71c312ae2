"""Teaches how a command shows its work: steps, tables and problems, on a terminal or in a pipe."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPE_WIDTH = 110  # of a table in a log, where nobody's window says how much fits


class UserError(Exception):
    """Something a person can mend: what is wrong, and what to do about it."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class Screen:
    """Output for people, or with `as_json` one JSON document for programs and nothing else.

    Colour and moving parts only on a terminal; NO_COLOR and TERM=dumb are respected.
    """

    def __init__(self, *, as_json: bool = False, console: Console | None = None) -> None:
        self.as_json = as_json
        self._out = console or Console(highlight=False, soft_wrap=True, stderr=as_json)
        if not self._out.is_terminal:
            self._out.width = PIPE_WIDTH
        self._lively = self._out.is_terminal and not self._out.is_dumb_terminal

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show one piece of work while it runs, and how long it took once it is done."""
        start = time.monotonic()
        try:
            if self._lively and not self.as_json:
                with self._out.status(escape(title)):
                    yield
            else:
                yield
        except BaseException:
            self._line("[red]✗[/]", title, start)
            raise
        self._line("[green]✓[/]", title, start)

    def _line(self, mark: str, title: str, start: float) -> None:
        if not self.as_json:
            took = time.monotonic() - start
            self._out.print(f"{mark} {escape(title)} [dim]{took:.1f} s[/]")

    def heading(self, text: str) -> None:
        """Begin a chapter."""
        if not self.as_json:
            self._out.print(f"\n[bold]{escape(text)}[/]")

    def say(self, text: str) -> None:
        """One plain line; square brackets are shown as they are."""
        if not self.as_json:
            self._out.print(escape(text))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
    ) -> None:
        """Rows under columns; a column whose name starts with `>` is set to the right."""
        if self.as_json:
            return
        shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for name in columns:
            right = name.startswith(">")
            shown.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
        for row in rows:
            shown.add_row(*(escape(str(cell)) for cell in row))
        self._out.print(shown)

    def problem(self, problem: UserError) -> None:
        """Say what is wrong and what to do; as JSON `{"problem", "advice"}` on standard output."""
        if self.as_json:
            self.result({"problem": problem.what, "advice": problem.advice})
            return
        self._out.print(f"[bold red]{escape(problem.what)}[/]")
        if problem.advice:
            self._out.print(escape(problem.advice))

    def result(self, data: Any) -> None:
        """The outcome for programs; silent for people, who have seen it happen."""
        if self.as_json:
            print(json.dumps(data, indent=2, ensure_ascii=False, default=str))
