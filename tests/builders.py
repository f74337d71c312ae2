"""Data that is valid as it stands; a test overrides what it is about."""

from __future__ import annotations

from typing import Any


def a_catalogue() -> dict[str, Any]:
    """A free plan, and a monthly plan: 49.00 ahead, two token meters behind, 10.00 once for set-up.

    Context tokens: a million free, then 0.000003 up to 5 million, 0.000002 above.
    Generated tokens: 0.000015 up to 1 million, 0.00001 above.
    """
    return {
        "features": [{"key": "completions", "name": "Completions"}],
        "meters": [
            {
                "key": "context_tokens",
                "event_type": "llm.request",
                "aggregation": "sum",
                "property": "context_tokens",
            },
            {
                "key": "generated_tokens",
                "event_type": "llm.request",
                "aggregation": "sum",
                "property": "generated_tokens",
            },
        ],
        "plans": [
            {"key": "free", "name": "Free", "rank": 0, "entitlements": [{"feature": "completions"}]},
            {
                "key": "team",
                "name": "Team",
                "rank": 10,
                "prices": [
                    {
                        "key": "base",
                        "name": "Team, monthly",
                        "cadence": {"unit": "month"},
                        "charges": {"USD": {"kind": "flat", "amount": "49.00"}},
                    },
                    {
                        "key": "context",
                        "name": "Context tokens",
                        "cadence": {"unit": "month"},
                        "timing": "arrears",
                        "meter": "context_tokens",
                        "allowance": "1000000",
                        "charges": {"USD": tiers(("5000000", "0.000003"), (None, "0.000002"))},
                    },
                    {
                        "key": "generated",
                        "name": "Generated tokens",
                        "cadence": {"unit": "month"},
                        "timing": "arrears",
                        "meter": "generated_tokens",
                        "charges": {"USD": tiers(("1000000", "0.000015"), (None, "0.00001"))},
                    },
                    {
                        "key": "setup",
                        "name": "Set-up",
                        "charges": {"USD": {"kind": "flat", "amount": "10.00"}},
                    },
                ],
                "entitlements": [
                    {
                        "feature": "completions",
                        "kind": "quota",
                        "meter": "context_tokens",
                        "limit": "1000000",
                        "limit_kind": "overage",
                    }
                ],
            },
        ],
    }


def tiers(*steps: tuple[str | None, str]) -> dict[str, Any]:
    """A graduated charge of (up to, unit amount)."""
    return {
        "kind": "graduated",
        "tiers": [{"up_to": up_to, "unit_amount": amount} for up_to, amount in steps],
    }
