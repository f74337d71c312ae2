"""Teaches which loopback ports a local cloud takes: the wished ones, or the first free ones."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from local.console import UserError

LOOPBACK = "127.0.0.1"
FIRST_FREE = 14566


@dataclass(frozen=True)
class Ports:
    """Where the emulated cloud, the payment provider and the mailbox page listen."""

    gateway: int
    stripe: int
    mail: int

    def as_dict(self) -> dict[str, int]:
        """By name, as it is recorded."""
        return asdict(self)


STANDARD = Ports(gateway=4566, stripe=12111, mail=8025)
SETTINGS = {"gateway": "LOCAL_PORT", "stripe": "LOCAL_STRIPE_PORT", "mail": "LOCAL_MAIL_PORT"}


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def wished(environment: Mapping[str, str] = os.environ) -> Ports:
    """The standard ports, or what LOCAL_PORT and its siblings say; a UserError if one is taken."""
    numbers: dict[str, int] = {}
    for name, standard in STANDARD.as_dict().items():
        setting = SETTINGS[name]
        value = environment.get(setting) or str(standard)
        if not value.isdigit() or not 0 < int(value) < 2**16:
            raise UserError(f"{setting}={value} is not a port number.")
        numbers[name] = int(value)
        if not is_free(numbers[name]):
            raise UserError(
                f"Port {value} is taken by another program.",
                f"Stop that program, or take another port: make up {setting}={int(value) + 100}",
            )
    return Ports(**numbers)


def free(environment: Mapping[str, str] = os.environ) -> Ports:
    """Three free ports, counted upwards from LOCAL_FIRST_FREE_PORT.

    Upwards, not at random: the next run gets the same ones, so what was synthesized for them
    can be used again.
    """
    candidates = _free_from(int(environment.get("LOCAL_FIRST_FREE_PORT") or FIRST_FREE))
    return Ports(next(candidates), next(candidates), next(candidates))


def _free_from(first: int) -> Iterator[int]:
    for port in range(first, 2**16):
        if is_free(port):
            yield port
    raise UserError(f"No free port from {first} upwards.")
