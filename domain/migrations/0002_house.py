"""What Tortoise cannot say: partial indexes over NULL, indexes in the order of a queue, first rows."""

from tortoise import migrations
from tortoise.migrations import operations as ops

STREAMS = 32


class Migration(migrations.Migration):
    dependencies = [("zaide", "0001_initial")]
    initial = False

    operations = [
        ops.RunSQL(
            sql="CREATE INDEX ix_events_unpositioned ON events (id) WHERE position IS NULL",
            reverse_sql="DROP INDEX ix_events_unpositioned",
        ),
        # The most urgent first, of these the oldest: an order of two directions.
        ops.RunSQL(
            sql=(
                "CREATE INDEX ix_tickets_queue "
                "ON tickets (shop_id, state, priority DESC, opened_at, id)"
            ),
            reverse_sql="DROP INDEX ix_tickets_queue",
        ),
        ops.RunSQL(
            sql=(
                "CREATE INDEX ix_conversations_queue "
                "ON conversations (shop_id, holder, priority DESC, queued_at, id)"
            ),
            reverse_sql="DROP INDEX ix_conversations_queue",
        ),
        ops.RunSQL(
            sql="INSERT INTO sequence (id, position, term) VALUES (1, 0, 0)",
            reverse_sql="DELETE FROM sequence",
        ),
        ops.RunSQL(
            sql=(
                "INSERT INTO leases (id, holder, token) "
                f"SELECT n, '', 0 FROM generate_series(0, {STREAMS - 1}) n"
            ),
            reverse_sql="DELETE FROM leases",
        ),
    ]
