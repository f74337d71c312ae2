from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from foundation.settling import Books, Move, Next, next_move

NOVEMBER, DECEMBER, JANUARY = (
    datetime(2023, 11, 1, tzinfo=UTC),
    datetime(2023, 12, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
)


def move(books: Books, now=NOVEMBER, target=JANUARY, ticks=0) -> Next:
    return next_move(books, now=now, target=target, ticks=ticks)


def test_a_clock_waits_for_a_receipt_that_has_not_come():
    assert move(Books(expected=frozenset({("m", "sales.work")}))).move is Move.WAIT


def test_a_receipt_that_came_before_the_one_announcing_it_is_not_settled_either():
    assert move(Books(received=frozenset({("m", "sales.work")}))).move is Move.WAIT


def test_it_steps_to_the_earliest_due_instant_not_to_the_target():
    assert move(Books(due={"a": DECEMBER, "b": JANUARY})) == Next(Move.TICK, DECEMBER)


def test_it_ticks_again_while_work_is_due_now_and_fails_by_name_when_it_does_not_clear():
    books = Books(due={"sub_1": NOVEMBER})

    assert move(books, ticks=4) == Next(Move.TICK, NOVEMBER)
    assert move(books, ticks=5) == Next(Move.FAIL, NOVEMBER, ("sub_1",))


def test_with_nothing_due_it_goes_to_the_target_and_is_done_there():
    assert move(Books()) == Next(Move.TICK, JANUARY)
    assert move(Books(), now=JANUARY) == Next(Move.DONE, JANUARY)


def test_work_due_beyond_the_target_is_left_for_later():
    assert move(Books(due={"a": JANUARY}), now=DECEMBER, target=DECEMBER).move is Move.DONE


trees = st.recursive(st.just([]), lambda children: st.lists(children, max_size=3), max_leaves=15)


@given(trees, st.randoms(use_true_random=False))
def test_whatever_the_order_of_receipts_all_is_settled_only_when_the_last_one_came(tree, random):
    receipts = list(_receipts("root", tree))
    random.shuffle(receipts)
    expected, received = {("root", "c")}, set()

    for n, (message, children) in enumerate(receipts):
        received.add((message, "c"))
        expected |= {(child, "c") for child in children}
        books = Books(frozenset(expected), frozenset(received))
        assert books.settled == (n == len(receipts) - 1)


def _receipts(name, children):
    """A message and the messages its handling sends, and so on: each leaves one receipt."""
    names = [f"{name}.{n}" for n in range(len(children))]
    yield name, names
    for child, below in zip(names, children, strict=True):
        yield from _receipts(child, below)
