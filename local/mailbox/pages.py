"""Teaches how a mail is shown: what a sender wrote is text; its HTML stays in a frame without rights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

Mail = dict[str, Any]

FRAME = "allow-popups allow-popups-to-escape-sandbox"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem; }
a { color: inherit; text-decoration: none; } dd a { text-decoration: underline; }
h1 { font-size: 1.3rem; } h1 a { border-bottom: 1px solid var(--line); }
ol { list-style: none; padding: 0; } li { border-bottom: 1px solid var(--line); }
li a { display: grid; grid-template-columns: 16rem 1fr auto; gap: 1rem; padding: .7rem .3rem; }
li a:hover, li a:focus { background: #8881; }
.to, time, dt, .empty { color: var(--soft); }
.cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 60vh; border: 1px solid var(--line); border-radius: .4rem; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; }
pre { border: 1px solid var(--line); border-radius: .4rem; }
summary { cursor: pointer; margin: 1rem 0 .5rem; }
@media (max-width: 40rem) { li a { grid-template-columns: 1fr; gap: 0; } }
"""


def inbox(mails: Sequence[Mail]) -> str:
    """Every mail, newest first."""
    rows = "".join(_row(mail) for mail in reversed(mails))
    listed = (
        f"<ol>{rows}</ol>"
        if rows
        else '<p class="empty">No mail has been sent yet. Reload to look again.</p>'
    )
    return _page(f"Mailbox ({len(mails)})", f"<h1>Mailbox</h1>{listed}")


def letter(mail: Mail) -> str:
    """One mail: who and what, its HTML, its text, its attachments, its headers."""
    facts = [("From", mail["from"]), ("To", ", ".join(mail["to"]))]
    for name, field in (("Cc", "cc"), ("Bcc", "bcc"), ("Reply to", "reply_to")):
        if mail[field]:
            facts.append((name, ", ".join(mail[field])))
    facts.append(("Sent", _when(mail)))
    parts = [f'<h1><a href="/">Mailbox</a> / {escape(_subject(mail))}</h1>', _facts(facts)]
    parts += [_attachments(mail), _html(mail["html"]), _text(mail), _headers(mail)]
    return _page(_subject(mail), "".join(parts))


def notice(text: str) -> str:
    """A page that says one thing."""
    return _page(text, f'<h1><a href="/">Mailbox</a></h1><p>{escape(text)}</p>')


def _row(mail: Mail) -> str:
    return (
        f'<li><a href="{_address(mail)}"><span class="to cut">{escape(", ".join(mail["to"]))}</span>'
        f'<span class="cut">{escape(_subject(mail))}</span><time>{escape(_when(mail))}</time></a></li>'
    )


def _html(html: str | None) -> str:
    """The HTML part in a sandboxed frame: no script, no form, no rights of this page; links open outside."""
    if not html:
        return ""
    inside = escape(f'<base target="_blank">{html}')
    return f'<p></p><iframe sandbox="{FRAME}" title="The mail as HTML" srcdoc="{inside}"></iframe>'


def _text(mail: Mail) -> str:
    if not mail["text"]:
        return ""
    opened = "" if mail["html"] else " open"
    return f"<details{opened}><summary>As plain text</summary><pre>{escape(mail['text'])}</pre></details>"


def _attachments(mail: Mail) -> str:
    links = [
        f'<dd><a href="{_address(mail)}/attachments/{n}">{escape(part["name"] or "attachment")}</a> '
        f'<span class="to">{escape(part["type"])}, {_size(part["content"]):,} bytes</span></dd>'
        for n, part in enumerate(mail["attachments"])
    ]
    return f"<dl><dt>Attached</dt>{'<dt></dt>'.join(links)}</dl>" if links else ""


def _size(base64: str) -> int:
    return len(base64) * 3 // 4 - base64.count("=")


def _headers(mail: Mail) -> str:
    rows = [*mail["headers"], *([f"tag {name}", value] for name, value in mail["tags"].items())]
    if not rows:
        return ""
    return f"<details><summary>Headers and tags</summary>{_facts(rows)}</details>"


def _facts(rows: Iterable[Sequence[str]]) -> str:
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"<dl>{shown}</dl>"


def _address(mail: Mail) -> str:
    return f"/mail/{quote(mail['id'], safe='')}"


def _subject(mail: Mail) -> str:
    return mail["subject"] or "(no subject)"


def _when(mail: Mail) -> str:
    return str(mail["sent_at"])[:19].replace("T", " ")


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
