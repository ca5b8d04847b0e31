"""Small files of every kind that is taken, made by hand."""

from __future__ import annotations

import io
import zipfile

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPG = b"\xff\xd8\xff\xe0" + bytes(20)
RTF = b"{\\rtf1 Hej}"


def package(members: dict[str, bytes]) -> bytes:
    """A zip file of these members."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return body.getvalue()


DOCX = package({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"})
XLSX = package({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
PPTX = package({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"})
ODT = package({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<office/>"})
ODS = package({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>"})
ODP = package({"mimetype": b"application/vnd.oasis.opendocument.presentation", "content.xml": b"<office/>"})

#: Ending → a file of that kind.
FINE = {
    "pdf": PDF, "docx": DOCX, "xlsx": XLSX, "pptx": PPTX, "odt": ODT, "ods": ODS, "odp": ODP, "rtf": RTF,
    "txt": "Hej på dig, Ájtte".encode(), "csv": "namn;ort\r\nÅsa;Luleå\r\n".encode("latin-1"), "png": PNG, "jpg": JPG,
    "jpeg": JPG,
}  # fmt: skip
