"""The source documents: number, issuer, region, date of issue, end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from knowledge.entry import NonEmpty, RegionCode, Strict

DOCUMENTS_FILE = Path(__file__).resolve().parent / "documents.yaml"


class SourceDocument(Strict):
    """A notice of an authority from which facts are taken."""

    title: NonEmpty
    issuer: NonEmpty
    region: RegionCode
    issued: date
    effective_until: date | None = None  # the last day in force, where the document names one
    clauses: tuple[NonEmpty, ...] = ()  # how its parts are numbered, in their order


DocumentTable = dict[str, SourceDocument]  # by document number


def load_documents(path: Path = DOCUMENTS_FILE) -> DocumentTable:
    """Read the table of documents. Raises pydantic.ValidationError or OSError for a broken installation."""
    return TypeAdapter(DocumentTable).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
