"""Trust: corrections of project states, who signs in and how, and an audit trail that is searched and sealed.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What nobody changes of a change of a project once it was submitted.
CHANGE_FACTS = (
    *("id", "occurred_on", "occurred_quarter", "document", "note", "correction_reason"),
    *("recorded_at", "recorded_by_id", "recorded_by", "submitted_at", "submitted_by_id", "submitted_by"),
    *("project_id", "kind", "new_state", "withdraws_id"),
)
INDEXES = {
    "ix_audit_entry_at": ["at", "id"],
    "ix_audit_entry_scope": ["scope_id", "at", "id"],
    "ix_audit_entry_actor": ["actor_id", "at", "id"],
    "ix_audit_entry_action": ["action", "at", "id"],
    "ix_audit_entry_kind": ["subject", "at", "id"],
    "ix_audit_entry_came_from": ["came_from", "at", "id"],
}
# Kinds of records that say their plan themselves, and those that say it through another.
OF_A_PLAN = (
    *("project", "programme", "indicator", "commitment", "contradiction", "ledger_import", "scenario_decision"),
    *("active_rule_set", "reporting_period", "department_return", "correction", "edition", "word_template"),
    *("meeting", "supervision_order"),
)
OF_A_PROJECT = ("ledger_entry", "budget_line", "work_entry", "project_change")


def upgrade() -> None:
    correct_states()
    identify()
    seal()
    lend()
    keep_answers()
    let_programs_in()


def downgrade() -> None:
    keep_programs_out()
    drop_answers()
    unlend()
    unseal()
    unidentify()
    uncorrect_states()


# ---- corrections


def correct_states() -> None:
    """Corrections of project states: what they ask for, archivings that were taken back, and what nobody reports again."""
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_aside_by_id", sa.Integer(), nullable=True),
        sa.Column("set_aside_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ledger', 'lines', 'works', 'milestones', 'readings')", name=op.f("ck_set_aside_kinds")
        ),
        sa.ForeignKeyConstraint(["set_aside_by_id"], ["person.id"], name=op.f("fk_set_aside_set_aside_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_set_aside_kind_subject_id")),
    )
    op.create_table(
        "former_archiving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("from_quarter", sa.Integer(), nullable=False),
        sa.Column("until_quarter", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_reason", sa.String(length=1000), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_former_archiving_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_archiving")),
    )
    with op.batch_alter_table("former_archiving", schema=None) as batch_op:
        batch_op.create_index("ix_former_archiving_project", ["project_id", "until_quarter"], unique=False)

    op.create_table(
        "project_change",
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
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("new_state", sa.String(length=20), nullable=True),
        sa.Column("withdraws_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind = 'state') = (new_state IS NOT NULL)", name=op.f("ck_project_change_says")),
        sa.CheckConstraint(
            "(kind = 'withdrawal') = (withdraws_id IS NOT NULL)", name=op.f("ck_project_change_withdraws")
        ),
        sa.CheckConstraint(
            "kind IN ('state', 'withdrawal', 'archiving', 'restoring')", name=op.f("ck_project_change_kinds")
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name=op.f("ck_project_change_posted"),
        ),
        sa.CheckConstraint("state = 'approved' OR posted_period IS NULL", name=op.f("ck_project_change_waiting")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected')", name=op.f("ck_project_change_states")
        ),
        sa.CheckConstraint(
            "approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id",
            name=op.f("ck_project_change_reviewed"),
        ),
        sa.CheckConstraint("correction_reason IS NOT NULL", name=op.f("ck_project_change_reason")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_project_change_approved_by_id_person")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_change_project_id_project")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_project_change_recorded_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_project_change_submitted_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["withdraws_id"], ["project_state.id"], name=op.f("fk_project_change_withdraws_id_project_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_change")),
    )
    with op.batch_alter_table("project_change", schema=None) as batch_op:
        batch_op.create_index("ix_project_change_project", ["project_id", "state"], unique=False)
        batch_op.create_index(
            "ix_project_change_withdraws_id",
            ["withdraws_id"],
            unique=True,
            postgresql_where=sa.text("withdraws_id IS NOT NULL AND state <> 'rejected'"),
            sqlite_where=sa.text("withdraws_id IS NOT NULL AND state <> 'rejected'"),
        )

    with op.batch_alter_table("former_years", schema=None) as batch_op:
        batch_op.add_column(sa.Column("document", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=1000), nullable=True))
        batch_op.add_column(sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("recorded_by", sa.String(length=120), nullable=True))

    with op.batch_alter_table("project_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_period", sa.Integer(), nullable=True))

    keep_facts("project_change", CHANGE_FACTS)
    keep_append_only("former_archiving")
    keep_append_only("set_aside")


def uncorrect_states() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION project_change_facts_stay() CASCADE")
        for table in ("former_archiving", "set_aside"):
            op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
    op.drop_table("project_change")
    op.drop_table("former_archiving")
    op.drop_table("set_aside")
    # Written out: a table that others point to cannot be made anew, as a batch would.
    op.execute("ALTER TABLE project_state DROP COLUMN withdrawn_period")
    for column in ("recorded_by", "recorded_at", "reason", "document"):
        op.execute(f"ALTER TABLE former_years DROP COLUMN {column}")


# ---- identity


def identify() -> None:
    """Who signs in and how: wrong tries, the step after a password, second factors, identities, what is known of a sign-in."""
    op.add_column("person", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("person", sa.Column("factor_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in", sa.Column("came_from", sa.String(length=80), nullable=True))
    op.add_column("sign_in", sa.Column("browser", sa.String(length=300), nullable=True))
    op.add_column("sign_in", sa.Column("how", sa.String(length=20), server_default="password", nullable=False))
    op.create_table(
        "sign_in_step",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("next", sa.String(length=2000), nullable=False),
        sa.Column("code_given", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_step_person_id_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_step")),
    )
    op.create_index(op.f("ix_sign_in_step_person_id"), "sign_in_step", ["person_id"], unique=False)
    op.create_table(
        "wrong_tries",
        sa.Column("username", sa.String(length=40), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_wrong_tries")),
    )
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=300), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index(op.f("ix_second_factor_person_id"), "second_factor", ["person_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id_person")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_identity_person_id"), "identity", ["person_id"], unique=False)


def unidentify() -> None:
    op.drop_table("identity")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_table("wrong_tries")
    op.drop_table("sign_in_step")
    # Both databases drop a column in place; recreating a table that others refer to is what SQLite cannot do.
    for column in ("how", "browser", "came_from", "last_seen_at"):
        op.execute(f"ALTER TABLE sign_in DROP COLUMN {column}")
    for column in ("factor_due_at", "must_change_password"):
        op.execute(f"ALTER TABLE person DROP COLUMN {column}")


# ---- answers of the API


def keep_answers() -> None:
    """What the API answered to writes, by their keys: a write that is sent again is answered and not done again."""
    op.create_table(
        "api_answer",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("etag", sa.String(length=80), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_answer_person_id_person")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_answer")),
    )
    op.create_index(op.f("ix_api_answer_at"), "api_answer", ["at"], unique=False)


def drop_answers() -> None:
    op.drop_table("api_answer")


# ---- access tokens


def let_programs_in() -> None:
    """The access tokens that programs bring to the API in a person's name."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=100), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_from", sa.String(length=80), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_api_token_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)


def keep_programs_out() -> None:
    op.drop_table("api_token")


# ---- delegations


def lend() -> None:
    """Who acts for whom from which day to which, which browsers do, and what of the audit trail was done in whose name."""
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_person_id", sa.Integer(), nullable=False),
        sa.Column("to_person_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("ending", sa.String(length=10), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_delegation_days")),
        sa.CheckConstraint("from_person_id <> to_person_id", name=op.f("ck_delegation_another")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_delegation_ended")),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_delegation_ending")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_delegation_ended_by_id_person")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_delegation_from_person_id_person")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_delegation_made_by_id_person")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_delegation_to_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_from_person_id", "delegation", ["from_person_id", "until_on"], unique=False)
    op.create_index("ix_delegation_to_person_id", "delegation", ["to_person_id", "until_on"], unique=False)
    op.add_column("sign_in", sa.Column("acting_id", sa.Integer(), nullable=True))
    op.add_column("audit_entry", sa.Column("on_behalf_of_id", sa.Integer(), nullable=True))
    op.create_index("ix_audit_entry_on_behalf_of", "audit_entry", ["on_behalf_of_id", "at", "id"])


def unlend() -> None:
    op.drop_index("ix_audit_entry_on_behalf_of", "audit_entry")
    op.drop_column("audit_entry", "on_behalf_of_id")
    op.execute("ALTER TABLE sign_in DROP COLUMN acting_id")
    op.drop_table("delegation")


# ---- audit


def seal() -> None:
    """The audit trail says what readers are scoped by, is indexed by what it is searched for, and is sealed in batches."""
    op.add_column("audit_entry", sa.Column("scope_id", sa.Integer(), nullable=True))
    say_scopes()
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_entry", columns)
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("last_id", name=op.f("uq_audit_seal_last_id")),
    )
    keep_append_only("audit_seal")


def unseal() -> None:
    op.drop_table("audit_seal")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_seal_append_only()")
    for name in INDEXES:
        op.drop_index(name, "audit_entry")
    op.drop_column("audit_entry", "scope_id")


def say_scopes() -> None:
    """Gives the entries that are there the plan of their record, as far as the record still stands."""
    lets_change(True)
    say_scope("plan", named("plan", "id"), "id")
    for name in OF_A_PLAN:
        say_scope(name, named(name, "id", "plan_id"), "plan_id")
    for name in OF_A_PROJECT:
        say_scope(name, named(name, "id", "project_id"), "project_id", ("project", "plan_id"))
    report = named("milestone_report", "id", "milestone_id")
    say_scope("milestone_report", report, "milestone_id", ("milestone", "project_id"), ("project", "plan_id"))
    reading = named("official_reading", "id", "indicator_id")
    say_scope("official_reading", reading, "indicator_id", ("indicator", "plan_id"))
    link = named("programme_link", "id", "programme_id")
    say_scope("programme_link", link, "programme_id", ("programme", "plan_id"))
    lets_change(False)


def named(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


def say_scope(subject: str, record: sa.TableClause, leads_to: str, *above: tuple[str, str]) -> None:
    """Each of `above` is a table that a column leads to, and the column of it that leads on; the last one is the plan's id."""
    entry = named("audit_entry", "subject", "subject_id", "scope_id")
    found, scope = record, record.c[leads_to]
    for name, column in above:
        table = named(name, "id", column)
        found, scope = found.join(table, table.c.id == scope), table.c[column]
    query = sa.select(scope).select_from(found).where(record.c.id == entry.c.subject_id).correlate(entry)
    op.execute(entry.update().where(entry.c.subject == subject).values(scope_id=query.scalar_subquery()))


def lets_change(changes: bool) -> None:
    """Lifts the trigger that keeps the entries as they are, and puts it back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE audit_entry {'DISABLE' if changes else 'ENABLE'} TRIGGER audit_entry_no_change")
    elif changes:
        op.execute("DROP TRIGGER audit_entry_no_update")
    else:
        refuse("audit_entry", "UPDATE")


def refuse(table: str, event: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def keep_append_only(table: str) -> None:
    """The database itself refuses to change or remove a row of this table."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            refuse(table, event)
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
