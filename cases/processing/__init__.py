"""What each field of the portal holds, what for, on what ground and how long: the record of processing (article 30)."""

from cases.processing.classes import EMPTIED, Basis, DataClass, Kept, Processing, Purpose
from cases.processing.register import COLUMNS, emptied_fields, fields_of, models_of_ours, register_rows, section_of
from cases.processing.table import TABLE

__all__ = [
    "COLUMNS",
    "EMPTIED",
    "TABLE",
    "Basis",
    "DataClass",
    "Kept",
    "Processing",
    "Purpose",
    "emptied_fields",
    "fields_of",
    "models_of_ours",
    "register_rows",
    "section_of",
]
