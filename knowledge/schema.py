"""``python -m knowledge.schema`` writes the JSON Schema of packages into docs/, made from the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from knowledge.exchange import SCHEMA, SCHEMA_VERSION, Package

SCHEMA_FILE = Path(__file__).resolve().parent.parent / "docs" / "knowledge-package.schema.json"


def package_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a knowledge package."""
    made = Package.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA}:{SCHEMA_VERSION}",
        **made,
    }


if __name__ == "__main__":
    SCHEMA_FILE.write_text(
        json.dumps(package_schema(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
