"""What agents say a message means, where the model read something else."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.rows import new_id
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("zaide", "0003_merchants")]
    initial = False

    operations = [
        ops.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "shop",
                    fields.ForeignKeyField(
                        "zaide.Shop",
                        source_field="shop_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "message",
                    fields.OneToOneField(
                        "zaide.Message",
                        source_field="message_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "reading",
                    fields.OneToOneField(
                        "zaide.Reading",
                        source_field="reading_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "zaide.Conversation",
                        source_field="conversation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "agent",
                    fields.ForeignKeyField(
                        "zaide.Grant",
                        source_field="agent_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("intent", fields.CharField(null=True, max_length=32)),
                ("sentiment", fields.CharField(null=True, max_length=16)),
                ("model_version", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "corrections",
                "app": "zaide",
                "indexes": [
                    Index(fields=["shop_id", "created_at", "id"]),
                    Index(fields=["conversation_id"]),
                    Index(fields=["agent_id"]),
                ],
                "pk_attr": "id",
                "table_description": "What an agent says a message means; one per message, in which the last word counts.",
            },
            bases=["Row"],
        ),
        ops.AddConstraint(
            model_name="Correction",
            constraint=CheckConstraint(
                check="\"sentiment\" IN ('negative', 'neutral', 'positive')",
                name="ck_corrections_sentiment",
            ),
        ),
        ops.AddConstraint(
            model_name="Correction",
            constraint=CheckConstraint(
                check='"intent" IS NOT NULL OR "sentiment" IS NOT NULL',
                name="ck_corrections_something",
            ),
        ),
    ]
