"""Word templates and facts for tests. Every name in them is made up."""

import io
import zipfile
from datetime import date
from typing import Any

from docx import Document

from reports.word import WordFacts


def a_docx(*paragraphs: str) -> bytes:
    word = Document()
    for text in paragraphs:
        word.add_paragraph(text)
    made = io.BytesIO()
    word.save(made)
    return made.getvalue()


def texts_of(content: bytes) -> list[str]:
    """Every paragraph, those in tables included, in no particular order."""
    word = Document(io.BytesIO(content))
    cells = [cell for table in word.tables for row in table.rows for cell in row.cells]
    return [one.text for one in word.paragraphs] + [one.text for cell in cells for one in cell.paragraphs]


def some_facts(**fields: Any) -> WordFacts:
    return WordFacts(
        {
            "plan": "青山县规划 A & B <b>",
            "rows": [{"name": f"项目{n}", "number": str(n)} for n in range(1, 4)],
            "nothing": [],
            **fields,
        },
        "报告",
        date(2025, 9, 30),
    )


def with_part(content: bytes, name: str, body: bytes) -> bytes:
    """The same file with one part more, or another one in its place."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(made, "w") as out:
        for part in packed.infolist():
            if part.filename != name:
                out.writestr(part.filename, packed.read(part))
        out.writestr(name, body)
    return made.getvalue()
