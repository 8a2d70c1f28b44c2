"""What a merchant was told last: its messages in the order in which they were said."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("zaide", "0002_house")]
    initial = False

    operations = [
        ops.RunSQL(
            sql=(
                "CREATE INDEX ix_messages_merchant ON messages (merchant_id, created_at) "
                "WHERE merchant_id IS NOT NULL"
            ),
            reverse_sql="DROP INDEX ix_messages_merchant",
        ),
    ]
