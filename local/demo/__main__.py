"""`make demo`: bring the local cloud up, play the story, say whether every figure is right.

EXIT=1, or no terminal: ends after the story. USAGE=path.csv: bills recorded usage from a file.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.client import ClockFailedError, ProblemError
from local.cloud import lifecycle
from local.cloud.__main__ import guarded, show
from local.cloud.folder import Record
from local.cloud.lifecycle import AlreadyRunningError
from local.console import Screen, UserError
from local.demo import outage, trials
from local.demo.changes import Changes
from local.demo.figures import Figures, money
from local.demo.mishaps import MISHAPS, UNDISTURBED
from local.demo.new_prices import NewPrices
from local.demo.real_life import BEGINNING, RealLife
from local.demo.recount import Counted, Recount, recount
from local.demo.story import CATALOGUE, CURRENCY, PLAN, Story, tax_percent
from local.demo.trials import Trial
from local.demo.usage import Request, recorded, scripted
from local.sandbox import Sandbox, open_sandbox

# The scripted usage, billed by hand: 17,000,000 context tokens behind the allowance are 5,000,000 at 0.000003
# and 12,000,000 at 0.000002; 240,000 generated ones are 100,000 at 0.000015 and 140,000 at 0.00001.
BY_HAND = Recount(
    (
        Counted("Team, monthly", 1, 49_00),
        Counted("Context tokens", 18_000_000, 39_00),
        Counted("Generated tokens", 240_000, 2_90),
    ),
    net=90_90,
    tax=7_36,  # 8.1 % of 90.90: 7.3629
)


def main(environment: Mapping[str, str] = os.environ) -> int:
    """The demo; its exit code says whether every figure was right."""
    screen = Screen()
    return guarded(screen, lambda: demo(screen, environment))


def demo(screen: Screen, environment: Mapping[str, str]) -> int:
    """Play on the cloud that runs, or on one that starts and ends with the story."""
    path = environment.get("USAGE", "")
    requests = recorded(Path(path)) if path else scripted()
    stays = environment.get("EXIT", "") in {"", "0"} and sys.stdout.isatty()
    ours = True
    try:
        cloud = lifecycle.up(screen, stays=False)
    except AlreadyRunningError as found:
        screen.say(f"{found.what} The story is played there.")
        cloud, ours = found.record, False
    try:
        figures = play(screen, cloud, requests, by_hand=not path)
        if path:
            screen.say(f"Usage: {len(requests):,} requests of {path}")
        show(screen, cloud)
        if stays and ours:
            screen.say("\nIt stays up until Ctrl-C.")
            wait_for_ctrl_c()
        return 1 if figures.wrong else 0
    finally:
        if ours:
            with screen.step("End the local cloud"):
                lifecycle.down()


def play(screen: Screen, cloud: Record, requests: list[Request], *, by_hand: bool) -> Figures:
    """Play the story in a tenant of its own, and show its figures; what breaks it is said plainly."""
    plan = next(plan for plan in CATALOGUE["plans"] if plan["key"] == PLAN)
    counted = recount(plan, CURRENCY, tax_percent(), requests)
    with screen.step("Open a sandbox tenant and its account at the payment provider"):
        sandbox = sandbox_for(cloud, requests)
    by_bus, again = (40, 12) if by_hand else (min(len(requests) // 2, 200), 50)
    story = Story(screen, sandbox, requests, BY_HAND if by_hand else counted, by_bus, again)
    try:
        figures = story.play()
        more(screen, cloud, figures)
    except (ProblemError, ClockFailedError, TimeoutError) as error:
        raise UserError(f"The story broke off: {error}") from error
    if by_hand:
        figures.expect("amounts by hand, counted again", money(BY_HAND.total), money(counted.total))
    screen.heading("The figures")
    figures.show(screen)
    return figures


def more(screen: Screen, cloud: Record, figures: Figures) -> None:
    """The chapters that have tenants of their own: real life, changes, faults, an outage, prices."""
    with screen.step("Open another seller's sandbox tenant"):
        sandbox = another(cloud)
    RealLife(screen, sandbox, figures).play()
    Changes(screen, another(cloud), figures).play()
    faults(screen, cloud, figures)
    three_days(screen, cloud, figures)
    NewPrices(screen, another(cloud), figures).play()


def faults(screen: Screen, cloud: Record, figures: Figures) -> None:
    """The chapter in which the provider misbehaves: a tenant for each misfortune, and one for good days."""
    screen.heading("14 · A provider that misbehaves, in four stories")
    with screen.step(f"Open a tenant for each of {len(MISHAPS)} misfortunes, and one for good days"):
        played = [Trial(another(cloud), mishap) for mishap in (UNDISTURBED, *MISHAPS)]
    outcomes = trials.play(screen, played)
    trials.show(screen, figures, played, outcomes)


def three_days(screen: Screen, cloud: Record, figures: Figures) -> None:
    """The chapter in which nobody hears for three days that time passes."""
    screen.heading("15 · Three days without ticks, then one")
    sandboxes = [another(cloud, outage.IMPATIENT) for _ in range(2)]
    with screen.step(
        "The same weeks twice, side by side: with every tick, and without any from 30 November on"
    ):
        documents = outage.play(*map(outage.Weeks, sandboxes))
    outage.show(screen, figures, *documents)


def another(cloud: Record, seller: dict[str, Any] | None = None) -> Sandbox:
    """One more tenant, at the beginning of November."""
    return open_sandbox(cloud, f"demo{secrets.token_hex(4)}", now=BEGINNING, seller=seller)


def sandbox_for(cloud: Record, requests: list[Request]) -> Sandbox:
    """A fresh tenant whose clock stands at the beginning of the month of its usage."""
    first = requests[0].time
    month = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return open_sandbox(cloud, f"demo{secrets.token_hex(4)}", now=month)


def wait_for_ctrl_c() -> None:
    """Stay until somebody stops it; being asked to stop is how it ends, not a failure."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
