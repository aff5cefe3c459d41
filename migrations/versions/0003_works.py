"""Works, milestones and indicators: entries by tier, evidence, readings, roll-up rules, links, lamps, sites and scenarios.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Facts of a row, which nobody changes once it was submitted.
REPORTED = (
    *("id", "occurred_on", "occurred_quarter", "document", "note", "correction_reason"),
    *("recorded_at", "recorded_by_id", "recorded_by", "submitted_at", "submitted_by_id", "submitted_by"),
)
WORK_FACTS = (
    *REPORTED,
    *("project_id", "measure_id", "tier", "kind", "quantity_micro", "unit", "based_on_id", "reverses_id", "cause"),
    *("place", "plot", "plot_key", "latitude_micro", "longitude_micro", "geometry"),
)
MILESTONE_FACTS = (*REPORTED, "milestone_id", "kind", "met_on")
READING_FACTS = (*REPORTED, "indicator_id", "quarter", "value_micro", "grade", "judgement", "agency")


def upgrade() -> None:
    op.create_table(
        "lamp_rule_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('lag', 'finance', 'mismatch')", name=op.f("ck_lamp_rule_set_kinds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lamp_rule_set")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_lamp_rule_set_key_version")),
    )
    op.create_table(
        "milestone_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_template")),
        sa.UniqueConstraint("key", name=op.f("uq_milestone_template_key")),
    )
    op.create_table(
        "active_rule_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("rule_set_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_active_rule_set_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["rule_set_id"], ["lamp_rule_set.id"], name=op.f("fk_active_rule_set_rule_set_id_lamp_rule_set")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_active_rule_set")),
    )
    with op.batch_alter_table("active_rule_set", schema=None) as batch_op:
        batch_op.create_index("ix_active_rule_set_plan", ["plan_id", "key", "effective_from"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("caption", sa.String(length=400), nullable=True),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=True),
        sa.Column("removed_reason", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "subject IN ('work_entry', 'milestone_report', 'official_reading', 'project')",
            name=op.f("ck_attachment_subjects"),
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_attachment_added_by_id_person")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_attachment_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_file_id", ["file_id"], unique=False)
        batch_op.create_index("ix_attachment_subject", ["subject", "subject_id"], unique=False)

    op.create_table(
        "scenario_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_scenario_decision_decided_by_id_person")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_scenario_decision_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_decision")),
    )
    with op.batch_alter_table("scenario_decision", schema=None) as batch_op:
        batch_op.create_index("ix_scenario_decision_plan", ["plan_id", "id"], unique=False)

    op.create_table(
        "indicator_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("formula", sa.String(length=10), nullable=False),
        sa.Column("whole_micro", sa.BigInteger(), nullable=True),
        sa.Column("whole_unit", sa.String(length=40), nullable=True),
        sa.Column("whole_name", sa.String(length=80), nullable=True),
        sa.Column("whole_source", sa.String(length=400), nullable=True),
        sa.Column("start_micro", sa.BigInteger(), nullable=True),
        sa.Column("start_unit", sa.String(length=40), nullable=True),
        sa.Column("start_source", sa.String(length=400), nullable=True),
        sa.Column("why_not", sa.String(length=400), nullable=True),
        sa.Column("why_not_en", sa.String(length=400), nullable=True),
        sa.Column("assumption", sa.Text(), nullable=True),
        sa.Column("assumption_en", sa.Text(), nullable=True),
        sa.CheckConstraint("formula <> 'none' OR why_not IS NOT NULL", name=op.f("ck_indicator_rule_reason")),
        sa.CheckConstraint("formula IN ('share', 'total', 'none')", name=op.f("ck_indicator_rule_formulas")),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk_indicator_rule_indicator_id_indicator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_rule")),
    )
    with op.batch_alter_table("indicator_rule", schema=None) as batch_op:
        batch_op.create_index("ix_indicator_rule_indicator", ["indicator_id", "effective_from"], unique=False)

    op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_milestone_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    with op.batch_alter_table("milestone", schema=None) as batch_op:
        batch_op.create_index("ix_milestone_project", ["project_id", "position"], unique=False)

    op.create_table(
        "official_reading",
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("correction_reason", sa.String(length=1000), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("own_department", sa.Boolean(), nullable=False),
        sa.Column("posted_period", sa.Integer(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.String(length=120), nullable=True),
        sa.Column("rejected_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("value_micro", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("judgement", sa.String(length=10), nullable=True),
        sa.Column("agency", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "judgement IS NULL OR judgement IN ('met', 'partly', 'not-met')",
            name=op.f("ck_official_reading_judgements"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_official_reading_posted"),
        ),
        sa.CheckConstraint("state = 'approved' OR posted_period IS NULL", name=op.f("ck_official_reading_waiting")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_official_reading_states")
        ),
        sa.CheckConstraint(
            "approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id",
            name=op.f("ck_official_reading_reviewed"),
        ),
        sa.CheckConstraint("grade IS NULL OR (grade >= 1 AND grade <= 6)", name=op.f("ck_official_reading_grades")),
        sa.CheckConstraint(
            "value_micro IS NOT NULL OR grade IS NOT NULL OR judgement IS NOT NULL",
            name=op.f("ck_official_reading_says"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_official_reading_approved_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk_official_reading_indicator_id_indicator")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_official_reading_recorded_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_official_reading_submitted_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_reading")),
    )
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        batch_op.create_index("ix_official_reading_indicator", ["indicator_id", "state", "quarter", "id"], unique=False)
        batch_op.create_index(
            "ix_official_reading_waiting",
            ["state", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )

    op.create_table(
        "overlap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("contradiction_id", sa.Integer(), nullable=True),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("inner_project_id", sa.Integer(), nullable=False),
        sa.Column("outer_project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contradiction_id"], ["contradiction.id"], name=op.f("fk_overlap_contradiction_id_contradiction")
        ),
        sa.ForeignKeyConstraint(["inner_project_id"], ["project.id"], name=op.f("fk_overlap_inner_project_id_project")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_overlap_measure_id_measure")),
        sa.ForeignKeyConstraint(["outer_project_id"], ["project.id"], name=op.f("fk_overlap_outer_project_id_project")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_overlap_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlap")),
    )
    with op.batch_alter_table("overlap", schema=None) as batch_op:
        batch_op.create_index("ix_overlap_plan", ["plan_id", "measure_id"], unique=False)

    op.create_table(
        "programme_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_link_programme_id_programme")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_programme_link_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_link")),
    )
    with op.batch_alter_table("programme_link", schema=None) as batch_op:
        batch_op.create_index("ix_programme_link_programme", ["programme_id", "project_id"], unique=False)
        batch_op.create_index("ix_programme_link_project", ["project_id"], unique=False)

    op.create_table(
        "project_site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction_code", sa.String(length=6), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("latitude_micro", sa.Integer(), nullable=True),
        sa.Column("longitude_micro", sa.Integer(), nullable=True),
        sa.Column("geometry", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["jurisdiction_code"], ["jurisdiction.code"], name=op.f("fk_project_site_jurisdiction_code_jurisdiction")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_site_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_site")),
    )
    with op.batch_alter_table("project_site", schema=None) as batch_op:
        batch_op.create_index("ix_project_site_jurisdiction", ["jurisdiction_code", "project_id"], unique=False)
        batch_op.create_index("ix_project_site_project", ["project_id", "effective_from"], unique=False)

    op.create_table(
        "work_entry",
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("correction_reason", sa.String(length=1000), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("own_department", sa.Boolean(), nullable=False),
        sa.Column("posted_period", sa.Integer(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.String(length=120), nullable=True),
        sa.Column("rejected_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity_micro", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("based_on_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=True),
        sa.Column("place", sa.String(length=400), nullable=True),
        sa.Column("plot", sa.String(length=80), nullable=True),
        sa.Column("plot_key", sa.String(length=80), nullable=True),
        sa.Column("latitude_micro", sa.Integer(), nullable=True),
        sa.Column("longitude_micro", sa.Integer(), nullable=True),
        sa.Column("geometry", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'entry' AND coalesce(quantity_micro, -1) >= 0) OR (kind = 'reversal' AND coalesce(quantity_micro, 0) <= 0) OR (kind = 'not-applicable' AND quantity_micro IS NULL AND tier = 'claimed')",
            name=op.f("ck_work_entry_quantity"),
        ),
        sa.CheckConstraint(
            "(kind = 'entry' AND tier IN ('verified', 'surviving')) OR (approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id)",
            name=op.f("ck_work_entry_reviewed"),
        ),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_work_entry_reverses")),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_work_entry_posted"),
        ),
        sa.CheckConstraint("state = 'approved' OR posted_period IS NULL", name=op.f("ck_work_entry_waiting")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_work_entry_states")
        ),
        sa.CheckConstraint("tier <> 'claimed' OR based_on_id IS NULL", name=op.f("ck_work_entry_first_look")),
        sa.CheckConstraint("tier IN ('claimed', 'verified', 'surviving', 'lost')", name=op.f("ck_work_entry_tiers")),
        sa.CheckConstraint(
            "tier NOT IN ('verified', 'surviving') OR based_on_id IS NOT NULL", name=op.f("ck_work_entry_second_look")
        ),
        sa.CheckConstraint("(latitude_micro IS NULL) = (longitude_micro IS NULL)", name=op.f("ck_work_entry_point")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_work_entry_approved_by_id_person")),
        sa.ForeignKeyConstraint(["based_on_id"], ["work_entry.id"], name=op.f("fk_work_entry_based_on_id_work_entry")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_work_entry_measure_id_measure")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_work_entry_project_id_project")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_work_entry_recorded_by_id_person")),
        sa.ForeignKeyConstraint(["reverses_id"], ["work_entry.id"], name=op.f("fk_work_entry_reverses_id_work_entry")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["person.id"], name=op.f("fk_work_entry_submitted_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_entry")),
    )
    with op.batch_alter_table("work_entry", schema=None) as batch_op:
        batch_op.create_index("ix_work_entry_based_on_id", ["based_on_id"], unique=False)
        batch_op.create_index(
            "ix_work_entry_corrected",
            [
                "state",
                "project_id",
                "measure_id",
                "unit",
                "occurred_quarter",
                "tier",
                "kind",
                "based_on_id",
                "quantity_micro",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_work_entry_issued",
            [
                "state",
                "project_id",
                "measure_id",
                "unit",
                "posted_period",
                "occurred_quarter",
                "tier",
                "kind",
                "based_on_id",
                "quantity_micro",
            ],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_work_entry_measure_id"), ["measure_id"], unique=False)
        batch_op.create_index("ix_work_entry_plot", ["plot_key", "project_id"], unique=False)
        batch_op.create_index("ix_work_entry_project", ["project_id", "occurred_on", "id"], unique=False)
        batch_op.create_index(
            "ix_work_entry_reverses_id",
            ["reverses_id"],
            unique=True,
            postgresql_where=sa.text("state <> 'rejected'"),
            sqlite_where=sa.text("state <> 'rejected'"),
        )
        batch_op.create_index(
            "ix_work_entry_waiting",
            ["state", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )

    op.create_table(
        "milestone_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Integer(), nullable=False),
        sa.Column("effective_until", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("supplied_by", sa.String(length=120), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("weight_micro", sa.BigInteger(), nullable=True),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_plan_milestone_id_milestone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_plan")),
    )
    with op.batch_alter_table("milestone_plan", schema=None) as batch_op:
        batch_op.create_index("ix_milestone_plan_milestone", ["milestone_id", "effective_from"], unique=False)

    op.create_table(
        "milestone_report",
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("correction_reason", sa.String(length=1000), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("own_department", sa.Boolean(), nullable=False),
        sa.Column("posted_period", sa.Integer(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.String(length=120), nullable=True),
        sa.Column("rejected_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(kind = 'withdrawn') = (met_on IS NULL)", name=op.f("ck_milestone_report_day")),
        sa.CheckConstraint("kind IN ('forecast', 'actual', 'withdrawn')", name=op.f("ck_milestone_report_kinds")),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_milestone_report_posted"),
        ),
        sa.CheckConstraint("state = 'approved' OR posted_period IS NULL", name=op.f("ck_milestone_report_waiting")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_milestone_report_states")
        ),
        sa.CheckConstraint(
            "approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id",
            name=op.f("ck_milestone_report_reviewed"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_milestone_report_approved_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["milestone.id"], name=op.f("fk_milestone_report_milestone_id_milestone")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_milestone_report_recorded_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_milestone_report_submitted_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_report")),
    )
    with op.batch_alter_table("milestone_report", schema=None) as batch_op:
        batch_op.create_index("ix_milestone_report_milestone", ["milestone_id", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_milestone_report_waiting",
            ["state", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )

    op.create_table(
        "rule_measure",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("factor_numerator", sa.Integer(), nullable=False),
        sa.Column("factor_denominator", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("lag_years", sa.Integer(), nullable=False),
        sa.Column("assumption", sa.String(length=400), nullable=True),
        sa.Column("assumption_en", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_rule_measure_measure_id_measure")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["indicator_rule.id"], name=op.f("fk_rule_measure_rule_id_indicator_rule")
        ),
        sa.PrimaryKeyConstraint("rule_id", "measure_id", name=op.f("pk_rule_measure")),
    )
    with op.batch_alter_table("rule_measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_measure_measure_id"), ["measure_id"], unique=False)

    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("over_time", sa.String(length=8), server_default="last", nullable=False))
        batch_op.add_column(sa.Column("over_places", sa.String(length=8), server_default="none", nullable=False))

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since_quarter", sa.Integer(), nullable=True))

    with op.batch_alter_table("quantity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight_micro", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approver", sa.String(length=120), nullable=True))

    keep_facts("work_entry", WORK_FACTS)
    keep_facts("milestone_report", MILESTONE_FACTS)
    keep_facts("official_reading", READING_FACTS)
    keep_append_only("lamp_rule_set")
    keep_append_only("scenario_decision")


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
        for table in ("work_entry", "milestone_report", "official_reading"):
            op.execute(f"DROP FUNCTION {table}_facts_stay() CASCADE")
        for table in ("lamp_rule_set", "scenario_decision"):
            op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
    # Written out: a table that others point to cannot be made anew, as a batch would.
    op.execute("ALTER TABLE target DROP COLUMN approver")

    op.execute("ALTER TABLE quantity DROP COLUMN weight_micro")

    op.execute("ALTER TABLE project DROP COLUMN since_quarter")

    op.execute("ALTER TABLE indicator DROP COLUMN over_places")
    op.execute("ALTER TABLE indicator DROP COLUMN over_time")

    with op.batch_alter_table("rule_measure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_measure_measure_id"))

    op.drop_table("rule_measure")
    with op.batch_alter_table("milestone_report", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_milestone_report_waiting",
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )
        batch_op.drop_index("ix_milestone_report_milestone")

    op.drop_table("milestone_report")
    with op.batch_alter_table("milestone_plan", schema=None) as batch_op:
        batch_op.drop_index("ix_milestone_plan_milestone")

    op.drop_table("milestone_plan")
    with op.batch_alter_table("work_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_work_entry_waiting",
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )
        batch_op.drop_index(
            "ix_work_entry_reverses_id",
            postgresql_where=sa.text("state <> 'rejected'"),
            sqlite_where=sa.text("state <> 'rejected'"),
        )
        batch_op.drop_index("ix_work_entry_project")
        batch_op.drop_index("ix_work_entry_plot")
        batch_op.drop_index(batch_op.f("ix_work_entry_measure_id"))
        batch_op.drop_index("ix_work_entry_issued")
        batch_op.drop_index("ix_work_entry_corrected")
        batch_op.drop_index("ix_work_entry_based_on_id")

    op.drop_table("work_entry")
    with op.batch_alter_table("project_site", schema=None) as batch_op:
        batch_op.drop_index("ix_project_site_project")
        batch_op.drop_index("ix_project_site_jurisdiction")

    op.drop_table("project_site")
    with op.batch_alter_table("programme_link", schema=None) as batch_op:
        batch_op.drop_index("ix_programme_link_project")
        batch_op.drop_index("ix_programme_link_programme")

    op.drop_table("programme_link")
    with op.batch_alter_table("overlap", schema=None) as batch_op:
        batch_op.drop_index("ix_overlap_plan")

    op.drop_table("overlap")
    with op.batch_alter_table("official_reading", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_official_reading_waiting",
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )
        batch_op.drop_index("ix_official_reading_indicator")

    op.drop_table("official_reading")
    with op.batch_alter_table("milestone", schema=None) as batch_op:
        batch_op.drop_index("ix_milestone_project")

    op.drop_table("milestone")
    with op.batch_alter_table("indicator_rule", schema=None) as batch_op:
        batch_op.drop_index("ix_indicator_rule_indicator")

    op.drop_table("indicator_rule")
    with op.batch_alter_table("scenario_decision", schema=None) as batch_op:
        batch_op.drop_index("ix_scenario_decision_plan")

    op.drop_table("scenario_decision")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_subject")
        batch_op.drop_index("ix_attachment_file_id")

    op.drop_table("attachment")
    with op.batch_alter_table("active_rule_set", schema=None) as batch_op:
        batch_op.drop_index("ix_active_rule_set_plan")

    op.drop_table("active_rule_set")
    op.drop_table("milestone_template")
    op.drop_table("lamp_rule_set")
