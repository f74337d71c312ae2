"""What a document costs: milliseconds warm, memory at its peak, cold import and the size of the layer.

Each row is a process of its own. Beside ours stand fpdf2 with a plain table of the lines and WeasyPrint with
our HTML view, where they are installed (`pip install fpdf2 weasyprint`; the project needs neither).
The peak of each counts the modules that prepare the document too.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CASES = {"2 pages": "01-invoice-de-two-pages", "200 lines": "13-invoice-200-lines"}
PEERS = {"ours": "documents.making", "ours, PDF alone": "typst", "fpdf2": "fpdf", "WeasyPrint": "weasyprint"}
ROUNDS = {"2 pages": 20, "200 lines": 5}


def main() -> None:
    """Measure and print the table."""
    sys.stdout.write(
        f"{'':<18}{'case':<12}{'cold import':>12}{'first':>9}{'warm':>9}{'peak':>9}{'size':>9}\n"
    )
    for peer, module in PEERS.items():
        if importlib.util.find_spec(module) is None:
            sys.stdout.write(f"{peer:<18}is not installed here\n")
            continue
        for case in CASES:
            command = [sys.executable, "-m", "bench.documents", peer, case]
            row = json.loads(subprocess.check_output(command))  # noqa: S603 -- this very module
            sys.stdout.write(
                f"{peer:<18}{case:<12}{row['import_ms']:>9.0f} ms{row['first_ms']:>6.0f} ms"
                f"{row['warm_ms']:>6.0f} ms{row['peak_mb']:>6.0f} MB{row['kb']:>6.0f} kB\n"
            )
    sys.stdout.write(f"layer, unpacked: {_layer_size() / 1e6:.0f} MB of 250 MB\n")


def measure(peer: str, case: str) -> dict[str, float]:
    """One peer, one case, in this process."""
    began = time.perf_counter()
    importlib.import_module(PEERS[peer])
    imported = time.perf_counter() - began
    make = _maker(peer, CASES[case])
    times: list[float] = []
    size = 0
    for turn in range(ROUNDS[case]):
        began = time.perf_counter()
        size = len(make(turn))
        times.append(time.perf_counter() - began)
    return {
        "import_ms": imported * 1e3,
        "first_ms": times[0] * 1e3,
        "warm_ms": statistics.median(times[1:]) * 1e3,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "kb": size / 1e3,
    }


def _maker(peer: str, name: str) -> Callable[[int], bytes]:
    from documents import making, typesetting, writing  # noqa: PLC0415 -- after the import is timed
    from documents.html import to_html  # noqa: PLC0415
    from local.gallery.cases import CASES as gallery  # noqa: N811, PLC0415

    known = gallery[name]().document

    def document(turn: int) -> Any:
        """Another one each time: Typst remembers what it has set before."""
        lines = tuple(replace(line, name=f"{line.name} {turn}") for line in known.lines)
        return replace(known, number=f"{known.number}-{turn}", lines=lines)

    match peer:
        case "ours":
            return lambda turn: making.make(document(turn)).files[making.PDF]
        case "ours, PDF alone":
            return lambda turn: typesetting.to_pdf(writing.write(document(turn)))
        case "fpdf2":
            return lambda turn: _fpdf(writing.write(document(turn)))
        case _:
            html = importlib.import_module("weasyprint").HTML
            return lambda turn: html(string=to_html(writing.write(document(turn)))).write_pdf()


def _fpdf(written: dict[str, Any]) -> bytes:
    """The same rows as a table in a shipped font; no box, no tags, no e-invoice."""
    fpdf = importlib.import_module("fpdf")
    pdf = fpdf.FPDF()
    pdf.add_font(
        "Liberation", fname=str(ROOT / "layers" / "documents" / "fonts" / "LiberationSans-Regular.ttf")
    )
    pdf.set_font("Liberation", size=9)
    pdf.add_page()
    pdf.cell(text=f"{written['title']} {written['number']}", new_x="LMARGIN", new_y="NEXT")
    with pdf.table(first_row_as_headings=False) as table:
        for line in written["lines"]["rows"]:
            row = table.row()
            for cell in (line["name"], line["quantity"], line["price"], line["tax"], line["amount"]):
                row.cell(cell)
    return bytes(pdf.output())


def _layer_size() -> int:
    """Of what lies in the layer: its packages as installed here, and the fonts."""
    names = (
        "babel",
        "facturx",
        "iso4217",
        "lxml",
        "minijinja",
        "pypdf",
        "qrbill",
        "qrcode",
        "segno",
        "stdnum",
    )
    places = [importlib.util.find_spec(name) for name in (*names, "svgwrite", "iso3166", "typst")]
    folders = [Path(found.origin).parent for found in places if found and found.origin]
    folders.append(ROOT / "layers" / "documents" / "fonts")
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measure(sys.argv[1], sys.argv[2])))
    else:
        main()
