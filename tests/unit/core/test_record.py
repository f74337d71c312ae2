from dataclasses import dataclass

from billing.core.record import Record


@dataclass(frozen=True, slots=True)
class Grace(Record):
    days: int | None = 7
    note: str | None = None


def test_nothing_where_something_is_the_default_is_written_down():
    assert Grace(days=None).to_data() == {"days": None}
    assert Grace.from_data({"days": None}) == Grace(days=None)


def test_nothing_by_default_is_left_out():
    assert Grace().to_data() == {"days": 7}
    assert Grace.from_data({}) == Grace()
