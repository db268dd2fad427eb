"""The database refuses to change or delete a line of the log, whoever asks."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_REFUSE = {
    "sqlite": [
        f"""
        CREATE TRIGGER accounts_change_{verb} BEFORE {verb.upper()} ON accounts_change
        BEGIN SELECT RAISE(ABORT, 'the log of changes only grows'); END
        """
        for verb in ("update", "delete")
    ],
    "postgresql": [
        """
        CREATE FUNCTION accounts_change_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the log of changes only grows'; END $$
        """,
        """
        CREATE TRIGGER accounts_change_refuse BEFORE UPDATE OR DELETE ON accounts_change
        FOR EACH ROW EXECUTE FUNCTION accounts_change_refuse()
        """,
        """
        CREATE TRIGGER accounts_change_truncate BEFORE TRUNCATE ON accounts_change
        FOR EACH STATEMENT EXECUTE FUNCTION accounts_change_refuse()
        """,
    ],
}
_ALLOW = {
    "sqlite": [f"DROP TRIGGER accounts_change_{verb}" for verb in ("update", "delete")],
    "postgresql": [
        "DROP TRIGGER accounts_change_refuse ON accounts_change",
        "DROP TRIGGER accounts_change_truncate ON accounts_change",
        "DROP FUNCTION accounts_change_refuse()",
    ],
}


def refuse(_apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
    """Put the triggers on."""
    for statement in _REFUSE[schema.connection.vendor]:
        schema.execute(statement)


def allow(_apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
    """Take them off again."""
    for statement in _ALLOW[schema.connection.vendor]:
        schema.execute(statement)


class Migration(migrations.Migration):
    """The log of changes only grows."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0001_initial")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(refuse, allow)
    ]
