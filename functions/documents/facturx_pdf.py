"""What makes a PDF/A-3 with an invoice inside a Factur-X: its metadata says so.

Typst attaches the XML itself but cannot write this part of the metadata yet. It is added as PDF means changes
to be added, behind the end: a new version of one object, a table that finds it, nothing else touched. So the
bytes stay the same for the same document.
"""

from __future__ import annotations

import re

FILE = "factur-x.xml"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_FIELDS = {
    "DocumentFileName": ("name of the embedded XML invoice file", FILE),
    "DocumentType": ("INVOICE", "INVOICE"),
    "Version": ("The actual version of the Factur-X XML schema", "1.0"),
    "ConformanceLevel": ("The conformance level of the embedded Factur-X data", "EN 16931"),
}
_OBJECT = re.compile(rb"\n(\d+) 0 obj\s*<</Length \d+/Type/Metadata/Subtype/XML>>\s*stream\r?\n", re.DOTALL)
_TRAILER = re.compile(rb"trailer\s*<</Size (\d+)/Root (\d+) 0 R/Info (\d+) 0 R/ID(\[.*?\])>>", re.DOTALL)
_BAG_END = "</rdf:Bag></pdfaExtension:schemas>"


class UnexpectedPdfError(Exception):
    """The typesetter writes PDFs differently from what this module knows: its version changed."""


def say_facturx(pdf: bytes) -> bytes:
    """The same PDF, saying in its metadata that it carries an invoice."""
    found, trailer = _OBJECT.search(pdf), _TRAILER.search(pdf)
    start = pdf.rfind(b"startxref")
    if found is None or trailer is None or start < 0:
        raise UnexpectedPdfError(
            "no metadata, trailer or table where they were; look at the new version's output"
        )
    end = pdf.index(b"endstream", found.end())
    metadata = _with_invoice(pdf[found.end() : end].rstrip(b"\r\n").decode()).encode()
    number, table = int(found[1]), int(pdf[start:].split()[1])
    body = b"\n" if not pdf.endswith(b"\n") else b""
    at = len(pdf) + len(body)
    head = f"{number} 0 obj\n<</Length {len(metadata)}/Type/Metadata/Subtype/XML>>\nstream\n".encode()
    body += head + metadata + b"\nendstream\nendobj\n"
    size, root, info, ids = trailer.groups()
    body += (
        f"xref\n{number} 1\n{at:010} 00000 n\r\n"
        f"trailer\n<</Size {int(size)}/Root {int(root)} 0 R/Info {int(info)} 0 R/ID"
    ).encode() + ids
    place = len(pdf) + body.index(b"xref\n" + str(number).encode())
    return pdf + body + f"/Prev {table}>>\nstartxref\n{place}\n%%EOF\n".encode()


def _with_invoice(metadata: str) -> str:
    if _BAG_END not in metadata or "</rdf:Description></rdf:RDF>" not in metadata:
        raise UnexpectedPdfError("the metadata is written differently")
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (_, value) in _FIELDS.items())
    described = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{meaning}</pdfaProperty:description></rdf:li>"
        for name, (meaning, _) in _FIELDS.items()
    )
    schema = (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
    own = f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">{values}</rdf:Description>'
    said = metadata.replace(_BAG_END, f"{schema}{_BAG_END}", 1)
    return said.replace("</rdf:Description></rdf:RDF>", f"</rdf:Description>{own}</rdf:RDF>", 1)
