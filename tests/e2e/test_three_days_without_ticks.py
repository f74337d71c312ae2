"""Three days in which nobody heard that time passes, then one tick: the documents are as ever."""

from local.demo.outage import IMPATIENT, Weeks, play


def test_the_documents_are_those_of_the_undisturbed_run(open_tenant):
    weeks = [Weeks(open_tenant(name, seller=IMPATIENT)) for name in "ab"]

    undisturbed, interrupted = play(*weeks)

    assert [
        (i["customer"], i["number"], i["status"], i["issued_at"], i["total"]["minor"])
        for i in undisturbed["invoices"]
    ] == [
        ("grace", "INV-000001", "paid", "2023-11-01T00:00:00Z", 6378),
        ("grace", "INV-000003", "open", "2023-12-01T00:00:00Z", 5297),
        ("ada", "INV-000002", "paid", "2023-11-02T00:00:00Z", 6378),
        ("ada", "INV-000004", "paid", "2023-12-02T00:00:00Z", 5297),
    ]
    assert [(at, status) for at, status, _ in undisturbed["invoices"][1]["tried"]] == [
        ("2023-12-01T00:00:00Z", "failed"),
        ("2023-12-02T00:00:00Z", "failed"),
    ]
    assert undisturbed["overdue"] == ["2023-12-03T00:00:00Z"]
    assert undisturbed["books"]["sales"]["open_invoices"] == {"USD": 5297}
    assert interrupted == undisturbed
