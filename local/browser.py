"""Teaches how a program uses a hosted page as a person does: read the form, fill it in, send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlencode, urljoin, urlsplit

from local.ports import LOOPBACK

TIMEOUT = 10


class PageError(Exception):
    """The page is not the one that was expected; the text says what it lacks."""


@dataclass
class Form:
    """A form of a page: where it goes, and what its fields hold."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    offered: set[str] = field(default_factory=set[str])  # what may be sent, buttons among it


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
            self._open = True
        elif self._open and tag in {"input", "select", "button"} and given.get("name"):
            self._keep(tag, given)

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"

    def _keep(self, tag: str, given: dict[str, str]) -> None:
        """What a browser would send without anybody touching the form: no button, nothing unticked."""
        self.forms[-1].offered.add(given["name"])
        unticked = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag != "button" and given.get("type") != "submit" and not unticked:
            self.forms[-1].fields[given["name"]] = given.get("value", "")


def fill_in(address: str, values: Mapping[str, str]) -> str:
    """Open a page, fill these values into its form (a button's name among them), send it.

    What came back, or where it leads. A PageError if the page has no form with such fields.
    """
    forms = _Forms()
    forms.feed(_open("GET", address)[1])
    fitting = [form for form in forms.forms if values.keys() <= form.offered]
    if not fitting:
        seen = [sorted(form.offered) for form in forms.forms]
        raise PageError(f"no form with {sorted(values)}; the page has {seen or 'none'}")
    form = fitting[0]
    where, page = _open("POST", urljoin(address, form.action), {**form.fields, **values})
    return urljoin(address, where) if where else page


def _open(method: str, address: str, form: Mapping[str, str] | None = None) -> tuple[str | None, str]:
    """Where an answer leads, and its page; not followed, for it may lead off this machine."""
    place = urlsplit(address)
    if place.hostname not in {LOOPBACK, "localhost"}:
        raise PageError(f"{address} is not on this machine")
    connection = HTTPConnection(place.hostname, place.port, timeout=TIMEOUT)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    try:
        connection.request(method, path, urlencode(form) if form is not None else None, headers)
        reply = connection.getresponse()
        page = reply.read().decode()
    finally:
        connection.close()
    if reply.status >= HTTPStatus.BAD_REQUEST:
        raise PageError(f"{method} {place.path} answered {reply.status}")
    return reply.headers.get("Location"), page
