"""How sure a reading is, and whether its intent is that of the talk before it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("zaide", "0004_corrections")]
    initial = False

    operations = [
        ops.AddField(
            model_name="Reading",
            name="certainty",
            field=fields.CharField(default="ask", db_default="ask", max_length=16),
        ),
        ops.AddField(
            model_name="Reading",
            name="from_context",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        # Of what was read before, the runner-up's probability was not kept; it seldom matters.
        ops.RunSQL(
            sql=(
                "UPDATE readings SET certainty = CASE "
                "WHEN intent = 'other' OR intent_confidence < 0.3 THEN 'hand_over' "
                "WHEN intent_confidence >= 0.6 THEN 'sure' ELSE 'ask' END"
            ),
            reverse_sql="SELECT 1",
        ),
        ops.AddConstraint(
            model_name="Reading",
            constraint=CheckConstraint(
                check="\"certainty\" IN ('sure', 'ask', 'hand_over')",
                name="ck_readings_certainty",
            ),
        ),
    ]
