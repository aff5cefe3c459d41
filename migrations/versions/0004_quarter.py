"""The quarter: period states, returns of departments, editions, corrections, meetings and orders, performance targets.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Facts of a reading, which nobody changes once it was submitted: those of 0003 and what a withdrawal takes back.
READING_FACTS = (
    *("id", "occurred_on", "occurred_quarter", "document", "note", "correction_reason"),
    *("recorded_at", "recorded_by_id", "recorded_by", "submitted_at", "submitted_by_id", "submitted_by"),
    *("indicator_id", "quarter", "value_micro", "grade", "judgement", "agency"),
)


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "word_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_word_template_file_id_stored_file")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_word_template_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_template")),
    )
    with op.batch_alter_table("word_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_word_template_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "archived_listing",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column(
            "order_key",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "name_sort",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("archived_period", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_archived_listing_plan_id_plan")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_archived_listing_project_id_project")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_archived_listing")),
    )
    op.create_table(
        "carry_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("to_plan_id", sa.Integer(), nullable=False),
        sa.Column("from_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_carry_over_project_id_project")),
        sa.ForeignKeyConstraint(["to_plan_id"], ["plan.id"], name=op.f("fk_carry_over_to_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carry_over")),
        sa.UniqueConstraint("project_id", "to_plan_id", name=op.f("uq_carry_over_project_id_to_plan_id")),
    )
    with op.batch_alter_table("carry_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_carry_over_to_plan_id"), ["to_plan_id"], unique=False)

    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("effects", sa.Text(), nullable=False),
        sa.Column("posted_period", sa.Integer(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'refused', 'withdrawn')", name=op.f("ck_correction_states")
        ),
        sa.CheckConstraint("decided_by_id <> requested_by_id", name=op.f("ck_correction_decided_by_another")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_correction_decided_by_id_person")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_correction_file_id_stored_file")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_correction_plan_id_plan")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_correction_project_id_project")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["person.id"], name=op.f("fk_correction_requested_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_correction_plan_id_number")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_project_id"), ["project_id"], unique=False)
        batch_op.create_index("ix_correction_state", ["plan_id", "state"], unique=False)

    op.create_table(
        "department_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("extended_by", sa.String(length=120), nullable=True),
        sa.Column("extended_reason", sa.String(length=1000), nullable=True),
        sa.Column("no_progress_reason", sa.String(length=1000), nullable=True),
        sa.Column("answerable", sa.String(length=120), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("accepted_by", sa.String(length=120), nullable=True),
        sa.Column("own_department", sa.Boolean(), nullable=False),
        sa.Column("sent_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_back_by", sa.String(length=120), nullable=True),
        sa.Column("sent_back_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'accepted', 'sent-back')",
            name=op.f("ck_department_return_states"),
        ),
        sa.CheckConstraint(
            "accepted_by_id <> submitted_by_id AND accepted_by_id <> approved_by_id",
            name=op.f("ck_department_return_accepted_by_another"),
        ),
        sa.CheckConstraint("approved_by_id <> submitted_by_id", name=op.f("ck_department_return_approved_by_another")),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"], ["person.id"], name=op.f("fk_department_return_accepted_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_department_return_approved_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_department_return_department_id_department")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["reporting_period.id"], name=op.f("fk_department_return_period_id_reporting_period")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_department_return_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_department_return_submitted_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_return")),
        sa.UniqueConstraint("period_id", "department_id", name=op.f("uq_department_return_period_id_department_id")),
    )
    with op.batch_alter_table("department_return", schema=None) as batch_op:
        batch_op.create_index("ix_department_return_department", ["department_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_department_return_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("workbook_sha256", sa.String(length=64), nullable=False),
        sa.Column("word_sha256", sa.String(length=64), nullable=True),
        sa.Column("word_english_sha256", sa.String(length=64), nullable=True),
        sa.Column("data_file_id", sa.Integer(), nullable=False),
        sa.Column("workbook_file_id", sa.Integer(), nullable=False),
        sa.Column("word_file_id", sa.Integer(), nullable=True),
        sa.Column("word_english_file_id", sa.Integer(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["data_file_id"], ["stored_file.id"], name=op.f("fk_edition_data_file_id_stored_file")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_edition_issued_by_id_person")),
        sa.ForeignKeyConstraint(
            ["period_id"], ["reporting_period.id"], name=op.f("fk_edition_period_id_reporting_period")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_edition_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["word_english_file_id"], ["stored_file.id"], name=op.f("fk_edition_word_english_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["word_file_id"], ["stored_file.id"], name=op.f("fk_edition_word_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["workbook_file_id"], ["stored_file.id"], name=op.f("fk_edition_workbook_file_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("number", name=op.f("uq_edition_number")),
        sa.UniqueConstraint("period_id", name=op.f("uq_edition_period_id")),
        sa.UniqueConstraint("plan_id", "issue", name=op.f("uq_edition_plan_id_issue")),
    )
    op.create_table(
        "former_years",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("last_year", sa.Integer(), nullable=True),
        sa.Column("until_quarter", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_former_years_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_years")),
    )
    with op.batch_alter_table("former_years", schema=None) as batch_op:
        batch_op.create_index("ix_former_years_project", ["project_id", "until_quarter"], unique=False)

    op.create_table(
        "performance_frame",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("execution_micro", sa.Integer(), nullable=False),
        sa.Column("output_micro", sa.Integer(), nullable=False),
        sa.Column("benefit_micro", sa.Integer(), nullable=False),
        sa.Column("satisfaction_micro", sa.Integer(), nullable=False),
        sa.Column("goal", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_performance_frame_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_frame")),
    )
    with op.batch_alter_table("performance_frame", schema=None) as batch_op:
        batch_op.create_index("ix_performance_frame_project", ["project_id", "effective_from"], unique=False)

    op.create_table(
        "performance_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value_micro", sa.BigInteger(), nullable=True),
        sa.Column("reached", sa.String(length=10), nullable=True),
        sa.Column("percent_micro", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("why", sa.String(length=1000), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_performance_result_project_id_project")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_performance_result_recorded_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_result")),
    )
    with op.batch_alter_table("performance_result", schema=None) as batch_op:
        batch_op.create_index("ix_performance_result_project", ["project_id", "year", "key"], unique=False)

    op.create_table(
        "performance_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("operator", sa.String(length=4), nullable=True),
        sa.Column("value_micro", sa.BigInteger(), nullable=True),
        sa.Column("value_text", sa.String(length=400), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("better", sa.String(length=4), nullable=False),
        sa.Column("weight_micro", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.CheckConstraint("better IN ('up', 'down')", name=op.f("ck_performance_target_better")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_performance_target_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_target")),
    )
    with op.batch_alter_table("performance_target", schema=None) as batch_op:
        batch_op.create_index("ix_performance_target_project", ["project_id", "effective_from"], unique=False)

    op.create_table(
        "correction_fact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["correction.id"], name=op.f("fk_correction_fact_correction_id_correction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_fact")),
        sa.UniqueConstraint("subject", "subject_id", name=op.f("uq_correction_fact_subject_subject_id")),
    )
    with op.batch_alter_table("correction_fact", schema=None) as batch_op:
        batch_op.create_index("ix_correction_fact_correction", ["correction_id"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("chair", sa.String(length=120), nullable=True),
        sa.Column("present", sa.String(length=2000), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_meeting_edition_id_edition")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_meeting_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_plan", ["plan_id", "held_on"], unique=False)

    op.create_table(
        "return_cell",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=4), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_return_cell_changed_by_id_person")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_return_cell_project_id_project")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_cell_return_id_department_return")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_cell")),
        sa.UniqueConstraint(
            "return_id", "project_id", "field", "key", name=op.f("uq_return_cell_return_id_project_id_field_key")
        ),
    )
    with op.batch_alter_table("return_cell", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_cell_project_id"), ["project_id"], unique=False)

    op.create_table(
        "return_fact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_return_fact_project_id_project")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_fact_return_id_department_return")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_fact")),
        sa.UniqueConstraint("subject", "subject_id", name=op.f("uq_return_fact_subject_subject_id")),
    )
    with op.batch_alter_table("return_fact", schema=None) as batch_op:
        batch_op.create_index("ix_return_fact_return", ["return_id", "project_id"], unique=False)

    op.create_table(
        "return_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(length=40), nullable=True),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("sends_back", sa.Boolean(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_by", sa.String(length=120), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_return_note_project_id_project")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_note_return_id_department_return")
        ),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_return_note_written_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_note")),
    )
    with op.batch_alter_table("return_note", schema=None) as batch_op:
        batch_op.create_index("ix_return_note_return", ["return_id", "id"], unique=False)

    op.create_table(
        "return_reminder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_reminder_return_id_department_return")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_reminder")),
    )
    with op.batch_alter_table("return_reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_reminder_return_id"), ["return_id"], unique=False)

    op.create_table(
        "return_workbook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_workbook_return_id_department_return")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_workbook")),
        sa.UniqueConstraint("token", name=op.f("uq_return_workbook_token")),
    )
    with op.batch_alter_table("return_workbook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_workbook_return_id"), ["return_id"], unique=False)

    op.create_table(
        "meeting_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_item_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_meeting_item_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_item")),
        sa.UniqueConstraint("meeting_id", "position", name=op.f("uq_meeting_item_meeting_id_position")),
    )
    op.create_table(
        "return_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("workbook_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("marked_file_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("blocking_count", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("uploaded_by", sa.String(length=120), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_return_upload_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["marked_file_id"], ["stored_file.id"], name=op.f("fk_return_upload_marked_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["department_return.id"], name=op.f("fk_return_upload_return_id_department_return")
        ),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_return_upload_uploaded_by_id_person")),
        sa.ForeignKeyConstraint(
            ["workbook_id"], ["return_workbook.id"], name=op.f("fk_return_upload_workbook_id_return_workbook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_upload")),
    )
    with op.batch_alter_table("return_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_return_upload_return_id"), ["return_id"], unique=False)

    op.create_table(
        "supervision_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("meeting_item_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("lamp", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_by", sa.String(length=120), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("outcome", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_supervision_order_states")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_supervision_order_department_id_department")
        ),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_supervision_order_issued_by_id_person")),
        sa.ForeignKeyConstraint(
            ["meeting_item_id"], ["meeting_item.id"], name=op.f("fk_supervision_order_meeting_item_id_meeting_item")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_supervision_order_plan_id_plan")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_supervision_order_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_order")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_supervision_order_plan_id_number")),
    )
    with op.batch_alter_table("supervision_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supervision_order_department_id"), ["department_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supervision_order_meeting_item_id"), ["meeting_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supervision_order_project_id"), ["project_id"], unique=False)
        batch_op.create_index("ix_supervision_order_state", ["plan_id", "state", "due_on"], unique=False)

    op.create_table(
        "order_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_by", sa.String(length=120), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.String(length=120), nullable=True),
        sa.Column("returned_reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_order_answer_answered_by_id_person")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_order_answer_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["supervision_order.id"], name=op.f("fk_order_answer_order_id_supervision_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_answer")),
    )
    with op.batch_alter_table("order_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_answer_order_id"), ["order_id"], unique=False)

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("archived_period", sa.Integer(), nullable=True))

    with op.batch_alter_table("reporting_period", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("opened_by", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("closed_by", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("closed_reason", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reopened_by", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("reopened_reason", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True))

    keep_append_only("edition")
    keep_append_only("return_fact")
    keep_append_only("return_workbook")
    keep_append_only("correction_fact")
    withdraw_readings()
    post_states()


def post_states() -> None:
    """States are posted in a quarter: those that are there in the quarter of their day, because nothing was closed yet."""
    with op.batch_alter_table("project_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("posted_period", sa.Integer(), nullable=True))
    state = sa.table("project_state", sa.column("since_on", sa.Date()), sa.column("posted_period", sa.Integer()))
    month = sa.extract("month", state.c.since_on)
    quarter = sa.case((month <= 3, 1), (month <= 6, 2), (month <= 9, 3), else_=4)
    op.execute(sa.update(state).values(posted_period=sa.extract("year", state.c.since_on) * 10 + quarter))
    with op.batch_alter_table("project_state", schema=None) as batch_op:
        batch_op.alter_column("posted_period", existing_type=sa.Integer(), nullable=False)


SAYS = "value_micro IS NOT NULL OR grade IS NOT NULL OR judgement IS NOT NULL"
WITHDRAWAL_CHECKS = {
    "says": f"(kind = 'reading') = ({SAYS})",
    "kinds": "kind IN ('reading', 'withdrawal')",
    "withdraws": "(kind = 'withdrawal') = (withdraws_id IS NOT NULL)",
    "reason": "kind = 'reading' OR correction_reason IS NOT NULL",
}


def withdraw_readings() -> None:
    """Readings may be withdrawn: two columns, with the checks and triggers that know them."""
    forget_facts()
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), server_default="reading", nullable=False))
        batch_op.add_column(
            sa.Column("withdraws_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            op.f("fk_official_reading_withdraws_id_official_reading"), "official_reading", ["withdraws_id"], ["id"]
        )
        batch_op.drop_constraint(op.f("ck_official_reading_says"), type_="check")
        for name, condition in WITHDRAWAL_CHECKS.items():
            batch_op.create_check_constraint(op.f(f"ck_official_reading_{name}"), condition)
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        batch_op.create_index(
            "ix_official_reading_withdraws_id",
            ["withdraws_id"],
            unique=True,
            postgresql_where=sa.text("withdraws_id IS NOT NULL AND state <> 'rejected'"),
            sqlite_where=sa.text("withdraws_id IS NOT NULL AND state <> 'rejected'"),
        )
    keep_facts("official_reading", (*READING_FACTS, "kind", "withdraws_id"))


def withdraw_no_readings() -> None:
    """Back to readings alone; the older tables cannot say that one was withdrawn, so that withdrawals go."""
    forget_facts()
    op.execute("DELETE FROM official_reading WHERE kind = 'withdrawal'")
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        batch_op.drop_index("ix_official_reading_withdraws_id")
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        for name in WITHDRAWAL_CHECKS:
            batch_op.drop_constraint(op.f(f"ck_official_reading_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_official_reading_says"), SAYS)
        batch_op.drop_constraint(op.f("fk_official_reading_withdraws_id_official_reading"), type_="foreignkey")
        batch_op.drop_column("withdraws_id")
        batch_op.drop_column("kind")
    keep_facts("official_reading", READING_FACTS)


def forget_facts() -> None:
    """Takes the triggers off the readings; keep_facts puts them on again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("no_update", "no_rewriting", "no_skipping", "no_delete"):
            op.execute(f"DROP TRIGGER official_reading_{name}")
    else:
        op.execute("DROP FUNCTION official_reading_facts_stay() CASCADE")


def keep_facts(table: str, facts: tuple[str, ...], also: str | None = None) -> None:
    """The database itself refuses to change what was approved or sent back, and the facts of what was submitted.

    What is approved or sent back was submitted before, and only drafts are removed. `also` is a further change that is refused.
    """
    ended = f"{table}: approved and rejected rows never change"
    fixed = f"{table}: of a submitted row only the state changes"
    skipped = f"{table}: a draft is submitted before anybody decides on it"
    kept = f"{table}: only drafts are removed"
    sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join([*(f"OLD.{name} {differs} NEW.{name}" for name in facts), *([also] if also else [])])
    decided = "NEW.state IN ('approved', 'rejected')"
    if sqlite:
        for name, condition, refused in (
            ("no_update", "OLD.state IN ('approved', 'rejected')", ended),
            ("no_rewriting", f"OLD.state = 'submitted' AND (NOT {decided} OR {changed})", fixed),
            ("no_skipping", f"OLD.state = 'draft' AND {decided}", skipped),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"WHEN OLD.state <> 'draft' BEGIN SELECT RAISE(ABORT, '{kept}'); END"
        )
        return
    op.execute(
        f"""
        CREATE FUNCTION {table}_facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                RAISE EXCEPTION '{kept}';
            ELSIF TG_OP = 'DELETE' THEN
                IF OLD.state <> 'draft' THEN RAISE EXCEPTION '{kept}'; END IF;
                RETURN OLD;
            END IF;
            IF OLD.state IN ('approved', 'rejected') THEN RAISE EXCEPTION '{ended}'; END IF;
            IF OLD.state = 'submitted' AND (NOT {decided} OR {changed}) THEN RAISE EXCEPTION '{fixed}'; END IF;
            IF OLD.state = 'draft' AND {decided} THEN RAISE EXCEPTION '{skipped}'; END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_facts_stay()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_facts_stay()"
    )


def keep_append_only(table: str) -> None:
    """The database itself refuses to change or remove a row of this table."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in ("edition", "return_fact", "return_workbook", "correction_fact"):
            op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
    withdraw_no_readings()
    # Written out: a table that others point to cannot be made anew, as a batch would.
    op.execute("ALTER TABLE reporting_period DROP COLUMN issued_at")
    op.execute("ALTER TABLE reporting_period DROP COLUMN reopened_reason")
    op.execute("ALTER TABLE reporting_period DROP COLUMN reopened_by")
    op.execute("ALTER TABLE reporting_period DROP COLUMN reopened_at")
    op.execute("ALTER TABLE reporting_period DROP COLUMN closed_reason")
    op.execute("ALTER TABLE reporting_period DROP COLUMN closed_by")
    op.execute("ALTER TABLE reporting_period DROP COLUMN due_on")
    op.execute("ALTER TABLE reporting_period DROP COLUMN opened_by")
    op.execute("ALTER TABLE reporting_period DROP COLUMN opened_at")

    op.execute("ALTER TABLE project_state DROP COLUMN posted_period")

    op.execute("ALTER TABLE project DROP COLUMN archived_period")

    with op.batch_alter_table("order_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_answer_order_id"))

    op.drop_table("order_answer")
    with op.batch_alter_table("supervision_order", schema=None) as batch_op:
        batch_op.drop_index("ix_supervision_order_state")
        batch_op.drop_index(batch_op.f("ix_supervision_order_project_id"))
        batch_op.drop_index(batch_op.f("ix_supervision_order_meeting_item_id"))
        batch_op.drop_index(batch_op.f("ix_supervision_order_department_id"))

    op.drop_table("supervision_order")
    with op.batch_alter_table("return_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_upload_return_id"))

    op.drop_table("return_upload")
    op.drop_table("meeting_item")
    with op.batch_alter_table("return_workbook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_workbook_return_id"))

    op.drop_table("return_workbook")
    with op.batch_alter_table("return_reminder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_reminder_return_id"))

    op.drop_table("return_reminder")
    with op.batch_alter_table("return_note", schema=None) as batch_op:
        batch_op.drop_index("ix_return_note_return")

    op.drop_table("return_note")
    with op.batch_alter_table("return_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_return_fact_return")

    op.drop_table("return_fact")
    with op.batch_alter_table("return_cell", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_return_cell_project_id"))

    op.drop_table("return_cell")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_plan")

    op.drop_table("meeting")
    with op.batch_alter_table("correction_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_correction_fact_correction")

    op.drop_table("correction_fact")
    with op.batch_alter_table("performance_target", schema=None) as batch_op:
        batch_op.drop_index("ix_performance_target_project")

    op.drop_table("performance_target")
    with op.batch_alter_table("performance_result", schema=None) as batch_op:
        batch_op.drop_index("ix_performance_result_project")

    op.drop_table("performance_result")
    with op.batch_alter_table("performance_frame", schema=None) as batch_op:
        batch_op.drop_index("ix_performance_frame_project")

    op.drop_table("performance_frame")
    with op.batch_alter_table("former_years", schema=None) as batch_op:
        batch_op.drop_index("ix_former_years_project")

    op.drop_table("former_years")
    op.drop_table("edition")
    with op.batch_alter_table("department_return", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_department_return_plan_id"))
        batch_op.drop_index("ix_department_return_department")

    op.drop_table("department_return")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index("ix_correction_state")
        batch_op.drop_index(batch_op.f("ix_correction_project_id"))

    op.drop_table("correction")
    with op.batch_alter_table("carry_over", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_carry_over_to_plan_id"))

    op.drop_table("carry_over")
    op.drop_table("archived_listing")
    with op.batch_alter_table("word_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_word_template_plan_id"))

    op.drop_table("word_template")
    op.drop_table("signing_key")
