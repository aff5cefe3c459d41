"""Money: funding sources, budget lines, the ledger, imports, jobs and stored files.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Facts of an entry or line, which nobody changes once it was submitted.
ENTRY_FACTS = (
    *("id", "project_id", "stage", "kind", "source_id", "amount_fen", "occurred_on", "occurred_quarter", "year"),
    *("document", "note", "correction_reason", "reverses_id", "same_key", "import_id"),
    *("recorded_at", "recorded_by_id", "recorded_by", "submitted_at", "submitted_by_id", "submitted_by"),
)
LINE_FACTS = (
    *("id", "project_id", "span", "covers", "year", "source_id", "version", "amount_fen", "carried_fen"),
    *("occurred_on", "occurred_quarter", "document", "reason", "approver"),
    *("recorded_at", "recorded_by_id", "recorded_by"),
)


def upgrade() -> None:
    op.create_table(
        "funding_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fiscal", sa.Boolean(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("dispatch", sa.String(length=60), nullable=True),
        sa.Column("finance", sa.String(length=60), nullable=True),
        sa.Column("public", sa.String(length=60), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["funding_source.id"], name=op.f("fk_funding_source_parent_id_funding_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_source")),
        sa.UniqueConstraint("key", name=op.f("uq_funding_source_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_funding_source_name_key")),
    )
    with op.batch_alter_table("funding_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_funding_source_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_by_id", sa.Integer(), nullable=True),
        sa.Column("stored_by", sa.String(length=120), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stored_by_id"], ["person.id"], name=op.f("fk_stored_file_stored_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("total_count", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(length=200), nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_file_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_job_created_by_id_person")),
        sa.ForeignKeyConstraint(["result_file_id"], ["stored_file.id"], name=op.f("fk_job_result_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_created_by_id", ["created_by_id", "id"], unique=False)
        batch_op.create_index("ix_job_state", ["state", "id"], unique=False)

    op.create_table(
        "ledger_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sheet", sa.String(length=100), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("new_count", sa.Integer(), nullable=False),
        sa.Column("known_count", sa.Integer(), nullable=False),
        sa.Column("blocking_count", sa.Integer(), nullable=False),
        sa.Column("warning_count", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_ledger_import_created_by_id_person")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_ledger_import_file_id_stored_file")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_ledger_import_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_import")),
    )
    with op.batch_alter_table("ledger_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_import_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "budget_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("covers", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_fen", sa.BigInteger(), nullable=False),
        sa.Column("change_fen", sa.BigInteger(), nullable=True),
        sa.Column("carried_change_fen", sa.BigInteger(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("approver", sa.String(length=120), nullable=True),
        sa.Column("posted_period", sa.Integer(), nullable=True),
        sa.Column("rejected_reason", sa.String(length=1000), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND change_fen IS NOT NULL AND carried_change_fen IS NOT NULL AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_budget_line_posted"),
        ),
        sa.CheckConstraint(
            "state = 'approved' OR (posted_period IS NULL AND change_fen IS NULL)", name=op.f("ck_budget_line_waiting")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_budget_line_states")
        ),
        sa.CheckConstraint("approved_by_id <> recorded_by_id", name=op.f("ck_budget_line_reviewed")),
        sa.CheckConstraint("carried_fen >= 0 AND amount_fen >= carried_fen", name=op.f("ck_budget_line_amounts")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_budget_line_approved_by_id_person")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_line_project_id_project")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_budget_line_recorded_by_id_person")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["funding_source.id"], name=op.f("fk_budget_line_source_id_funding_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
        sa.UniqueConstraint(
            "project_id",
            "covers",
            "source_id",
            "version",
            name=op.f("uq_budget_line_project_id_covers_source_id_version"),
        ),
    )
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_budget_line_corrected",
            ["state", "span", "project_id", "year", "source_id", "occurred_quarter"],
            unique=False,
        )
        batch_op.create_index(
            "ix_budget_line_issued", ["state", "span", "project_id", "year", "source_id", "posted_period"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_budget_line_source_id"), ["source_id"], unique=False)

    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("correction_reason", sa.String(length=1000), nullable=True),
        sa.Column(
            "same_key",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["ledger_import.id"], name=op.f("fk_import_row_import_id_ledger_import")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_row")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("occurred_quarter", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("correction_reason", sa.String(length=1000), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "same_key",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
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
        sa.CheckConstraint(
            "(kind = 'entry' AND amount_fen > 0) OR (kind = 'reduction' AND amount_fen < 0) OR (kind = 'reversal' AND amount_fen <> 0)",
            name=op.f("ck_ledger_entry_sign"),
        ),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_ledger_entry_reverses")),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_ledger_entry_posted"),
        ),
        sa.CheckConstraint("state = 'approved' OR posted_period IS NULL", name=op.f("ck_ledger_entry_waiting")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_ledger_entry_states")
        ),
        sa.CheckConstraint(
            "approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id",
            name=op.f("ck_ledger_entry_reviewed"),
        ),
        sa.CheckConstraint("year = occurred_quarter / 10", name=op.f("ck_ledger_entry_year")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_ledger_entry_approved_by_id_person")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_ledger_entry_project_id_project")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_ledger_entry_recorded_by_id_person")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["funding_source.id"], name=op.f("fk_ledger_entry_source_id_funding_source")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_ledger_entry_submitted_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ledger_entry_corrected",
            ["state", "project_id", "year", "source_id", "stage", "occurred_quarter", "amount_fen"],
            unique=False,
        )
        batch_op.create_index("ix_ledger_entry_import_id", ["import_id"], unique=False)
        batch_op.create_index(
            "ix_ledger_entry_issued",
            ["state", "project_id", "year", "source_id", "stage", "occurred_quarter", "posted_period", "amount_fen"],
            unique=False,
        )
        batch_op.create_index("ix_ledger_entry_occurred_on", ["occurred_on", "id"], unique=False)
        batch_op.create_index("ix_ledger_entry_project", ["project_id", "occurred_on", "id"], unique=False)
        batch_op.create_index(
            "ix_ledger_entry_reverses_id",
            ["reverses_id"],
            unique=True,
            postgresql_where=sa.text("state <> 'rejected'"),
            sqlite_where=sa.text("state <> 'rejected'"),
        )
        batch_op.create_index("ix_ledger_entry_same", ["same_key", "ordinal"], unique=True)
        batch_op.create_index(batch_op.f("ix_ledger_entry_source_id"), ["source_id"], unique=False)
        batch_op.create_index(
            "ix_ledger_entry_waiting",
            ["state", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )

    op.create_table(
        "money_explanation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("excess_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=True),
        sa.Column("explained_by_id", sa.Integer(), nullable=True),
        sa.Column("explained_by", sa.String(length=120), nullable=False),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["explained_by_id"], ["person.id"], name=op.f("fk_money_explanation_explained_by_id_person")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_money_explanation_project_id_project")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["funding_source.id"], name=op.f("fk_money_explanation_source_id_funding_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_explanation")),
    )
    with op.batch_alter_table("money_explanation", schema=None) as batch_op:
        batch_op.create_index("ix_money_explanation_warning", ["project_id", "rule", "id"], unique=False)

    with op.batch_alter_table("estimate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approver", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("document_on", sa.Date(), nullable=True))

    with op.batch_alter_table("project_listing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("appropriated_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("received_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("contracted_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("work_done_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("paid_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.create_index("ix_project_listing_appropriated_fen", ["appropriated_fen", "project_id"], unique=False)
        batch_op.create_index("ix_project_listing_paid_fen", ["paid_fen", "project_id"], unique=False)
        batch_op.create_index("ix_project_listing_work_done_fen", ["work_done_fen", "project_id"], unique=False)

    # What is sent back gives up its place among equals; of nothing else does the place change.
    keep_facts("ledger_entry", ENTRY_FACTS, "(NEW.state = 'approved' AND NEW.ordinal <> OLD.ordinal)")
    keep_facts("budget_line", LINE_FACTS)
    keep_append_only("money_explanation")


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
        for function in ("ledger_entry_facts_stay", "budget_line_facts_stay", "money_explanation_append_only"):
            op.execute(f"DROP FUNCTION {function}() CASCADE")
    with op.batch_alter_table("project_listing", schema=None) as batch_op:
        batch_op.drop_index("ix_project_listing_work_done_fen")
        batch_op.drop_index("ix_project_listing_paid_fen")
        batch_op.drop_index("ix_project_listing_appropriated_fen")
        batch_op.drop_column("paid_fen")
        batch_op.drop_column("work_done_fen")
        batch_op.drop_column("contracted_fen")
        batch_op.drop_column("received_fen")
        batch_op.drop_column("appropriated_fen")

    with op.batch_alter_table("estimate", schema=None) as batch_op:
        batch_op.drop_column("document_on")
        batch_op.drop_column("approver")

    with op.batch_alter_table("money_explanation", schema=None) as batch_op:
        batch_op.drop_index("ix_money_explanation_warning")

    op.drop_table("money_explanation")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_entry_waiting",
            postgresql_where=sa.text("state <> 'approved'"),
            sqlite_where=sa.text("state <> 'approved'"),
        )
        batch_op.drop_index(batch_op.f("ix_ledger_entry_source_id"))
        batch_op.drop_index("ix_ledger_entry_same")
        batch_op.drop_index(
            "ix_ledger_entry_reverses_id",
            postgresql_where=sa.text("state <> 'rejected'"),
            sqlite_where=sa.text("state <> 'rejected'"),
        )
        batch_op.drop_index("ix_ledger_entry_project")
        batch_op.drop_index("ix_ledger_entry_occurred_on")
        batch_op.drop_index("ix_ledger_entry_issued")
        batch_op.drop_index("ix_ledger_entry_import_id")
        batch_op.drop_index("ix_ledger_entry_corrected")

    op.drop_table("ledger_entry")
    op.drop_table("import_row")
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_budget_line_source_id"))
        batch_op.drop_index("ix_budget_line_issued")
        batch_op.drop_index("ix_budget_line_corrected")

    op.drop_table("budget_line")
    with op.batch_alter_table("ledger_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_import_plan_id"))

    op.drop_table("ledger_import")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_state")
        batch_op.drop_index("ix_job_created_by_id")

    op.drop_table("job")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_file_sha256"))

    op.drop_table("stored_file")
    with op.batch_alter_table("funding_source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_funding_source_parent_id"))

    op.drop_table("funding_source")
