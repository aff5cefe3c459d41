"""Planted columns that no page shows, each with the reason. A column that is neither shown nor here fails test_script.py."""

_SEARCHED = "made by the program of a name, to search and to sort by"
_TRAIL = "kept with the record; what was changed, why and on what ground is read in the audit log, of its own columns"
_SELF = "who made it is read in the audit log"
_PRINTED = "written by whoever loads a plan from its file; no page says it"
_FORMER = "of a state that was taken back later; kept so that a report of the past is told as it was"
_ASKED = "what was asked for stands in the correction, whose texts are shown; this is the fact that came of it"
_NUMBERS = "JSON or a cell of numbers and codes; no words of anybody's stand in the demonstration's"
UNSHOWN = {
    **dict.fromkeys(
        (
            *("department.name_key", "department.name_sort", "funding_source.name_key", "project.name_key"),
            *("project_listing.lead_sort", "project_listing.name_sort", "project_listing.programme_sort"),
            *("project_listing.search_text", "archived_listing.name", "archived_listing.name_sort"),
            *("archived_listing.search_text", "work_entry.plot_key"),
        ),
        _SEARCHED,
    ),
    **{
        f"{table}.{column}": _TRAIL
        for table in (
            *("milestone_plan", "overlap", "performance_frame", "performance_target", "project_body"),
            "project_programme",
        )
        for column in ("document", "reason", "supplied_by")
    },
    **dict.fromkeys(
        (
            *("job.created_by", "ledger_import.created_by", "milestone.added_by", "return_workbook.made_by"),
            *("stored_file.stored_by", "lamp_rule_set.recorded_by", "audit_seal.sealed_by", "delegation.made_by"),
            *("carry_over.recorded_by", "job.worker"),
        ),
        _SELF,
    ),
    **dict.fromkeys(
        (
            *("carry_over.reason", "project_state.reason", "lamp_rule_set.name", "lamp_rule_set.parameters"),
            "lamp_rule_set.reason",
        ),
        _TRAIL,
    ),
    **dict.fromkeys(("commitment.note", "indicator.note", "indicator.printed_name", "programme.note"), _PRINTED),
    **dict.fromkeys(
        (
            *("former_archiving.archived_reason", "former_archiving.restored_by", "former_years.document"),
            *("former_years.reason", "former_years.recorded_by"),
        ),
        _FORMER,
    ),
    **{
        f"project_change.{column}": _ASKED
        for column in (
            *("approved_by", "correction_reason", "document", "note", "recorded_by", "rejected_by"),
            *("rejected_reason", "submitted_by"),
        )
    },
    **dict.fromkeys(
        ("edition.checked", "ledger_import.settings", "return_cell.base", "scenario_decision.results"), _NUMBERS
    ),
    "project_listing.body": "stands in the files of the list (test_formulas.py), on its page not",
    "api_answer.etag": "of an answer that is given again byte for byte to whoever sends the same once more",
    "api_answer.location": "the same",
    "api_answer.request_hash": "the same",
}
