"""Teaches what the payer sees: the page that takes a card, the bank that asks, the receipt."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from local.stripe import checkout, payment_intents, setup_intents
from local.stripe.account import Account
from local.stripe.api import Answer, Request
from local.stripe.cards import BY_NUMBER
from local.stripe.currencies import shown
from local.stripe.errors import ApiError, DeclinedError, InvalidRequestError, Object
from local.stripe.store import Store
from local.stripe.style import CSS

OFFERED = (
    "4242424242424242",
    "5555555555554444",
    "4000000000000341",
    "4000002500003155",
    "4000002760003184",
    "4000000000009995",
    "4000000000000069",
)
OUTCOMES = frozenset({"pay", "decline", "authenticate"})
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Cache-Control": "no-store",
}


class Pages:
    """The pages a browser opens; every form is plain HTML and every answer a page or a redirect."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, request: Request) -> Answer:
        """Show a page, or do what its form asks."""
        with self._store.transaction():
            try:
                return self._answer(request)
            except ApiError as error:
                return page("Not available", f"<p>{escape(error.message)}</p>", status=error.status)

    def _answer(self, request: Request) -> Answer:
        kind, _, id_ = request.path.lstrip("/").partition("/")
        found = self._store.find(id_)
        if found is None:
            raise InvalidRequestError("There is no such page.", status=404)
        account, form = Account(self._store, found[0]), _form(request)
        posting = request.method == "POST"
        match kind, found[2]["object"]:
            case "checkout", "checkout.session":
                return self._submit(account, id_, form) if posting else _checkout(account, id_)
            case "authenticate", "payment_intent" | "setup_intent":
                return self._authenticate(account, found[2], form) if posting else _bank(found[2])
            case "receipts", "charge":
                return _receipt(found[2])
            case _:
                raise InvalidRequestError("There is no such page.", status=404)

    def _submit(self, account: Account, id_: str, form: dict[str, str]) -> Answer:
        outcome = form.get("outcome", "pay")
        if outcome not in OUTCOMES:
            raise InvalidRequestError("Press one of the buttons.")
        try:
            with self._store.attempt():
                intent = checkout.submit(account, id_, number=form.get("card", OFFERED[0]), outcome=outcome)
        except DeclinedError as refusal:
            return _checkout(account, id_, problem=refusal.message, chosen=form.get("card"))
        if intent["status"] == "requires_action":
            return redirect(f"/authenticate/{intent['id']}")
        return redirect(checkout.way_back(account.get("checkout.session", id_)))

    def _authenticate(self, account: Account, intent: Object, form: dict[str, str]) -> Answer:
        module = payment_intents if intent["object"] == "payment_intent" else setup_intents
        back = ((intent["next_action"] or {}).get("redirect_to_url") or {}).get("return_url")
        intent = module.authenticated(account, intent["id"], confirmed=form.get("outcome") == "confirm")
        done = intent["status"] == "succeeded"
        session = checkout.of_intent(account, intent["id"])
        if session and session["status"] == "open":
            if not done:
                return redirect(f"/checkout/{session['id']}")
            return redirect(checkout.way_back(checkout.complete(account, session["id"])))
        if back:
            return redirect(_with_outcome(back, intent, done=done))
        words = (
            "Your bank has confirmed it." if done else "It did not work: nothing was taken from your account."
        )
        return page("Thank you" if done else "Not confirmed", f"<p>{words} You can close this page.</p>")


def _form(request: Request) -> dict[str, str]:
    fields = parse_qs(request.body.decode("ascii", "replace"), max_num_fields=20)
    return {name: values[-1] for name, values in fields.items()}


def _with_outcome(url: str, intent: Object, *, done: bool) -> str:
    parts = urlsplit(url)
    kind = intent["object"]
    added = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"]}
    added["redirect_status"] = "succeeded" if done else "failed"
    query = f"{parts.query}&{urlencode(added)}" if parts.query else urlencode(added)
    return urlunsplit(parts._replace(query=query))


def redirect(url: str) -> Answer:
    """Go there with a GET."""
    return Answer(
        303, b"", {"Location": url.replace("\r", "").replace("\n", ""), "Cache-Control": "no-store"}
    )


def page(title: str, body: str, *, status: int = 200) -> Answer:
    """One page; `body` is already HTML."""
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{CSS}</style></head>
<body><p class="note"><b>Simulator</b> No real card, no real money: this page runs on your machine.</p>
<main><h1>{escape(title)}</h1>{body}</main></body></html>"""
    return Answer(status, text.encode(), HEADERS)


def _checkout(account: Account, id_: str, *, problem: str | None = None, chosen: str | None = None) -> Answer:
    session = checkout.retrieve(account, {}, id_)
    if session["status"] != "open":
        done = session["status"] == "complete"
        words = (
            "This is done; there is nothing left to do here."
            if done
            else "Its time is over: ask for a new link."
        )
        return page("Done" if done else "Expired", f"<p>{words}</p>")
    pays = session["mode"] == "payment"
    amount = shown(session["amount_total"], session["currency"]) if pays else ""
    button = f"Pay {amount}" if pays else "Save card"
    rows = "".join(_card_row(number, number == (chosen or OFFERED[0])) for number in OFFERED)
    cancel = session["cancel_url"]
    leave = (
        f'<p class="leave"><a href="{escape(cancel)}">Back without paying</a></p>' if _safe(cancel) else ""
    )
    body = f"""{_summary(account, session)}
{_problem(problem or _last_problem(account, session))}
<form method="post"><fieldset><legend>Which test card?</legend>
<div class="cards">{rows}</div></fieldset>
<div class="buttons"><button class="main" name="outcome" value="pay">{button}</button>
<button name="outcome" value="decline">Decline</button>
<button name="outcome" value="authenticate">3-D Secure</button></div></form>
<p class="small"><b>{button}</b> uses the card as it behaves. <b>Decline</b> lets the bank refuse now.
<b>3-D Secure</b> lets the bank ask first, then uses the card.</p>{leave}"""
    return page("Pay" if pays else "Save a card", body)


def _safe(url: str | None) -> bool:
    return urlsplit(url or "").scheme in {"http", "https"}


def _problem(words: str | None) -> str:
    return f'<p class="problem" role="alert">{escape(words)}</p>' if words else ""


def _last_problem(account: Account, session: Object) -> str | None:
    kind = "payment_intent" if session["mode"] == "payment" else "setup_intent"
    if session[kind] is None:
        return None
    intent = account.get(kind, session[kind])
    error = intent["last_payment_error" if kind == "payment_intent" else "last_setup_error"]
    return error and error["message"]


def _summary(account: Account, session: Object) -> str:
    email = session["customer_email"]
    if session["customer"]:
        email = account.get("customer", session["customer"]).get("email")
    payer = f'<p class="payer">{escape(email)}</p>' if email else ""
    if session["mode"] == "setup":
        return f"{payer}<p>The card is kept for later payments. Nothing is taken now.</p>"
    lines = "".join(_line_row(line) for line in account.store.hidden(f"lines/{session['id']}"))
    total = shown(session["amount_total"], session["currency"])
    return f'<p class="amount">{total}</p>{payer}<table>{lines}</table>'


def _line_row(line: Object) -> str:
    times = f" &times; {line['quantity']}" if line["quantity"] > 1 else ""
    amount = shown(line["amount_total"], line["currency"])
    return f"<tr><td>{escape(line['description'])}{times}</td><td>{amount}</td></tr>"


def _card_row(number: str, chosen: bool) -> str:
    card = BY_NUMBER[number]
    checked = " checked" if chosen else ""
    return f"""<label><input type="radio" name="card" value="{number}"{checked}>
<span class="brand">{card.brand}</span><span class="digits">···· {number[-4:]}</span>
<span class="does">{escape(card.label)}</span></label>"""


def _bank(intent: Object) -> Answer:
    if intent["status"] != "requires_action":
        return page("Nothing to confirm", "<p>Your bank is not waiting for an answer.</p>")
    pays = intent["object"] == "payment_intent"
    what = f'<p class="amount">{shown(intent["amount"], intent["currency"])}</p>' if pays else ""
    deed = "is paying this" if pays else "lets this card be kept for later payments"
    body = f"""{what}<p>Your bank wants to know whether it is you who {deed}.</p>
<form method="post"><div class="buttons"><button class="main" name="outcome" value="confirm">It is me</button>
<button name="outcome" value="refuse">It is not me</button></div></form>"""
    return page("3-D Secure", body)


def _receipt(charge: Object) -> Answer:
    card = charge["payment_method_details"]["card"]
    rows = {
        "Paid with": f"{card['brand'].title()} ···· {card['last4']}",
        "For": charge["description"] or "–",  # noqa: RUF001
        "Refunded": shown(charge["amount_refunded"], charge["currency"]),
        "Reference": charge["id"],
    }
    lines = "".join(f"<tr><td>{name}</td><td>{escape(value)}</td></tr>" for name, value in rows.items())
    amount = shown(charge["amount"], charge["currency"])
    return page("Receipt", f'<p class="amount">{amount}</p><table>{lines}</table>')
