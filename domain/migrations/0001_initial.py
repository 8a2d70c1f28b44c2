from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.rows import new_id
from orjson import loads
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40),
                ),
                ("consumer", fields.CharField(max_length=32)),
                ("stream", fields.SmallIntField()),
                ("position", fields.BigIntField(default=0)),
            ],
            options={
                "table": "checkpoints",
                "app": "zaide",
                "unique_together": (("consumer", "stream"),),
                "pk_attr": "id",
                "table_description": "How far a consumer has handled a stream. This is the acknowledgement, kept where it lasts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    fields.SmallIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("key_fingerprint", fields.TextField(unique=False)),
            ],
            options={
                "table": "installation",
                "app": "zaide",
                "pk_attr": "id",
                "table_description": "The one row about the installation itself: which keys its secrets were sealed with.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Lease",
            fields=[
                (
                    "id",
                    fields.SmallIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("holder", fields.CharField(default="", max_length=64)),
                ("token", fields.BigIntField(default=0)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "leases",
                "app": "zaide",
                "pk_attr": "id",
                "table_description": "Which worker holds a stream, until when. `token` grows with every holder: the fence.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Parked",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("consumer", fields.CharField(max_length=32)),
                ("stream", fields.SmallIntField()),
                ("position", fields.BigIntField()),
                ("key", fields.UUIDField()),
                ("state", fields.CharField(default="waiting", max_length=16)),
                ("tries", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("error", fields.CharField(default="", max_length=120)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "parked",
                "app": "zaide",
                "unique_together": (("consumer", "position"),),
                "indexes": [
                    Index(fields=["consumer", "stream", "key", "position"]),
                    PartialIndex(fields=["due_at"], condition={"state": "waiting"}),
                ],
                "pk_attr": "id",
                "table_description": "An event a consumer could not handle yet, and those waiting behind it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("login", fields.CharField(unique=True, max_length=120)),
                ("name", fields.CharField(max_length=120)),
                ("password_hash", fields.CharField(max_length=255)),
                ("is_admin", fields.BooleanField(default=False)),
                ("locale", fields.CharField(default="zh", max_length=8)),
                (
                    "disabled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "people",
                "app": "zaide",
                "pk_attr": "id",
                "table_description": "A human who logs in with a password. What they may do is in their grants.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Sequence",
            fields=[
                (
                    "id",
                    fields.SmallIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("position", fields.BigIntField(default=0)),
                ("term", fields.BigIntField(default=0)),
            ],
            options={
                "table": "sequence",
                "app": "zaide",
                "pk_attr": "id",
                "table_description": "The one row that holds the last position given, and the term of the sequencer.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Shop",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("key", fields.CharField(unique=True, max_length=64)),
                ("name", fields.CharField(max_length=120)),
                ("locale", fields.CharField(default="zh", max_length=8)),
                ("connector", fields.CharField(default="demo", max_length=32)),
                ("secret", fields.BinaryField()),
                (
                    "frame_ancestors",
                    fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads),
                ),
                ("settings", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "shops",
                "app": "zaide",
                "pk_attr": "id",
                "table_description": "A storefront and the order system behind it.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Access",
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
                ("actor", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=32)),
                ("object_id", fields.UUIDField()),
                ("reason", fields.CharField(default="", max_length=200)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "accesses",
                "app": "zaide",
                "indexes": [Index(fields=["shop_id", "at", "id"])],
                "pk_attr": "id",
                "table_description": "Who opened, unmasked or exported what, and why. Apart from the events, written in batches.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Article",
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
                ("slug", fields.CharField(max_length=80)),
                ("title", fields.CharField(max_length=200)),
                ("title_en", fields.CharField(default="", max_length=200)),
                ("answer", fields.TextField(unique=False)),
                ("answer_en", fields.TextField(default="", unique=False)),
                ("body", fields.TextField(unique=False)),
                ("intents", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("tags", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("state", fields.CharField(default="published", max_length=16)),
                ("words", fields.TextField(default="", unique=False)),
                (
                    "search",
                    TSVectorField(
                        generated=True, source_fields=("words",), config="simple", stored=True
                    ),
                ),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "articles",
                "app": "zaide",
                "unique_together": (("shop", "slug"),),
                "indexes": [
                    GinIndex(fields=["search"]),
                    Index(fields=["shop_id", "updated_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "What we know. `answer` is what the bot says at once; `body` is Markdown.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Channel",
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
                ("kind", fields.CharField(max_length=16)),
                ("name", fields.CharField(max_length=120)),
                ("secret", fields.BinaryField()),
                ("settings", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "channels",
                "app": "zaide",
                "unique_together": (("shop", "kind", "name"),),
                "pk_attr": "id",
                "table_description": "One way in: `webchat`, or `api`, a signed generic channel. `secret` is sealed.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Customer",
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
                ("name", fields.CharField(max_length=120)),
                ("locale", fields.CharField(default="zh", max_length=8)),
                ("is_anonymous", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "customers",
                "app": "zaide",
                "indexes": [Index(fields=["shop_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "A buyer in one shop. `name` is what agents see; it never holds a phone or an email.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("position", fields.BigIntField(null=True, unique=True)),
                ("stream", fields.SmallIntField()),
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
                ("kind", fields.CharField(max_length=40)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=64)),
                ("key", fields.UUIDField()),
                ("conversation_id", fields.UUIDField(null=True)),
                ("ticket_id", fields.UUIDField(null=True)),
                ("order_id", fields.UUIDField(null=True)),
                ("customer_ids", ArrayField(default=list, element_type="UUID")),
                ("merchant_ids", ArrayField(default=list, element_type="UUID")),
                ("data", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "events",
                "app": "zaide",
                "indexes": [
                    Index(fields=["shop_id", "kind", "at"]),
                    Index(fields=["shop_id", "position"]),
                    Index(fields=["stream", "position"]),
                    Index(fields=["conversation_id", "position"]),
                    Index(fields=["ticket_id", "position"]),
                ],
                "pk_attr": "id",
                "table_description": "One event's row. `id` is its order of insertion, `position` its place in the world.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Identity",
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
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=24)),
                ("value_hash", fields.CharField(max_length=64)),
                ("sealed", fields.BinaryField()),
                ("hint", fields.CharField(max_length=64)),
                (
                    "verified_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "identities",
                "app": "zaide",
                "unique_together": (("shop", "kind", "value_hash"),),
                "indexes": [Index(fields=["customer_id"])],
                "pk_attr": "id",
                "table_description": "One way a customer is known. `value_hash` is a keyed hash, `sealed` the value encrypted.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Merchant",
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
                ("external_id", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=120)),
                ("tier", fields.CharField(default="individual", max_length=16)),
            ],
            options={
                "table": "merchants",
                "app": "zaide",
                "unique_together": (("shop", "external_id"),),
                "pk_attr": "id",
                "table_description": "A seller in a shop.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Grant",
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
                    "person",
                    fields.ForeignKeyField(
                        "zaide.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "merchant",
                    fields.ForeignKeyField(
                        "zaide.Merchant",
                        source_field="merchant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharField(max_length=24)),
                ("capacity", fields.IntField(default=5)),
                ("presence", fields.CharField(default="offline", max_length=16)),
                ("seen_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "grants",
                "app": "zaide",
                "unique_together": (("shop", "person"),),
                "indexes": [Index(fields=["person_id"]), Index(fields=["merchant_id"])],
                "pk_attr": "id",
                "table_description": "One role of one person in one shop. For staff it is the agent: presence and capacity.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Nonce",
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
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("value", fields.CharField(max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "nonces",
                "app": "zaide",
                "unique_together": (("shop", "value"),),
                "pk_attr": "id",
                "table_description": "A one-time word of a signed sign-in, kept until it has expired, so that none works twice.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Order",
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
                    "merchant",
                    fields.ForeignKeyField(
                        "zaide.Merchant",
                        source_field="merchant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.CharField(max_length=64)),
                ("product", fields.CharField(max_length=200)),
                ("quantity", fields.IntField(default=1)),
                ("amount", fields.DecimalField(max_digits=12, decimal_places=2)),
                ("currency", fields.CharField(default="CNY", max_length=3)),
                ("status", fields.CharField(max_length=32)),
                ("verdict", fields.CharField(max_length=32)),
                ("evidence", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("user_hash", fields.CharField(null=True, max_length=64)),
                ("email_hash", fields.CharField(null=True, max_length=64)),
                ("phone_hash", fields.CharField(null=True, max_length=64)),
                ("contact_hint", fields.CharField(default="", max_length=64)),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("paid_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "delivered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("synced_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "orders",
                "app": "zaide",
                "unique_together": (("shop", "number"),),
                "indexes": [
                    Index(fields=["shop_id", "placed_at", "id"]),
                    Index(fields=["merchant_id", "placed_at", "id"]),
                    Index(fields=["customer_id", "placed_at", "id"]),
                    Index(fields=["shop_id", "user_hash"]),
                ],
                "pk_attr": "id",
                "table_description": "An order of the shop. `status` is the shop's own word; `verdict` is what really happened.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Card",
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
                    "order",
                    fields.ForeignKeyField(
                        "zaide.Order",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("secret_hash", fields.CharField(max_length=64)),
                ("last_four", fields.CharField(max_length=8)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "cards",
                "app": "zaide",
                "indexes": [Index(fields=["shop_id", "secret_hash"]), Index(fields=["order_id"])],
                "pk_attr": "id",
                "table_description": "A card secret that was issued: its keyed hash and last four characters, no more.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Refund",
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
                    "order",
                    fields.ForeignKeyField(
                        "zaide.Order",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("external_id", fields.CharField(max_length=64)),
                ("amount", fields.DecimalField(max_digits=12, decimal_places=2)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "refunds",
                "app": "zaide",
                "indexes": [Index(fields=["order_id"])],
                "pk_attr": "id",
                "table_description": "Money that went back, as the shop recorded it.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "person",
                    fields.ForeignKeyField(
                        "zaide.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "grant",
                    fields.ForeignKeyField(
                        "zaide.Grant",
                        source_field="grant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sessions",
                "app": "zaide",
                "indexes": [Index(fields=["person_id"]), Index(fields=["grant_id"])],
                "pk_attr": "id",
                "table_description": "A logged-in browser. Only a hash of its cookie is stored. `grant` is the shop worked in.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Team",
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
                ("key", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=120)),
            ],
            options={
                "table": "teams",
                "app": "zaide",
                "unique_together": (("shop", "key"),),
                "pk_attr": "id",
                "table_description": "A group of agents that shares a skill. `key` is the skill group of the intents.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Membership",
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
                    "team",
                    fields.ForeignKeyField(
                        "zaide.Team",
                        source_field="team_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "grant",
                    fields.ForeignKeyField(
                        "zaide.Grant",
                        source_field="grant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "memberships",
                "app": "zaide",
                "unique_together": (("shop", "team", "grant"),),
                "indexes": [Index(fields=["team_id"]), Index(fields=["grant_id"])],
                "pk_attr": "id",
                "table_description": "An agent's place in a team.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Template",
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
                ("key", fields.CharField(max_length=80)),
                ("intent", fields.CharField(max_length=32)),
                ("text", fields.TextField(unique=False)),
                ("text_en", fields.TextField(default="", unique=False)),
            ],
            options={
                "table": "templates",
                "app": "zaide",
                "unique_together": (("shop", "key"),),
                "indexes": [Index(fields=["shop_id", "intent"])],
                "pk_attr": "id",
                "table_description": "What an agent says, with variables in braces, filed under an intent.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Timeline",
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
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "timelines",
                "app": "zaide",
                "unique_together": (("shop", "customer"),),
                "indexes": [Index(fields=["customer_id"])],
                "pk_attr": "id",
                "table_description": "Everything of one customer in one shop, over all channels.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Conversation",
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
                    "timeline",
                    fields.ForeignKeyField(
                        "zaide.Timeline",
                        source_field="timeline_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "zaide.Channel",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "zaide.Team",
                        source_field="team_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "agent",
                    fields.ForeignKeyField(
                        "zaide.Grant",
                        source_field="agent_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "zaide.Order",
                        source_field="order_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharField(default="open", max_length=16)),
                ("holder", fields.CharField(default="bot", max_length=16)),
                ("intent", fields.CharField(null=True, max_length=32)),
                ("sentiment", fields.CharField(null=True, max_length=16)),
                ("priority", fields.SmallIntField(default=1)),
                ("reasons", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("bot", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("last_seq", fields.IntField(default=0)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_message_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("queued_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "answered_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                (
                    "first_due_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("deadline", fields.CharField(default="none", max_length=16)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "conversations",
                "app": "zaide",
                "indexes": [
                    Index(fields=["shop_id", "last_message_at", "id"]),
                    Index(fields=["customer_id", "last_message_at"]),
                    Index(fields=["timeline_id"]),
                    Index(fields=["channel_id"]),
                    Index(fields=["team_id"]),
                    Index(fields=["agent_id"]),
                    Index(fields=["order_id"]),
                    PartialIndex(fields=["first_due_at"], condition={"deadline": "running"}),
                ],
                "pk_attr": "id",
                "table_description": "One episode on a timeline. `priority` is 0 low to 3 urgent; it is raised, never lowered.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Message",
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
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
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
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "zaide.Order",
                        source_field="order_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "merchant",
                    fields.ForeignKeyField(
                        "zaide.Merchant",
                        source_field="merchant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("seq", fields.IntField()),
                ("author", fields.CharField(max_length=16)),
                ("author_name", fields.CharField(default="", max_length=120)),
                ("text", fields.TextField(unique=False)),
                ("sealed", fields.BinaryField(null=True)),
                ("entities", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("client_id", fields.CharField(null=True, max_length=64)),
                ("reply_to", fields.UUIDField(null=True)),
                ("facts", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "messages",
                "app": "zaide",
                "unique_together": (("conversation", "seq"),),
                "indexes": [
                    Index(fields=["shop_id", "created_at", "id"]),
                    Index(fields=["merchant_id", "conversation_id"]),
                    Index(fields=["customer_id"]),
                    Index(fields=["agent_id"]),
                    Index(fields=["order_id"]),
                ],
                "pk_attr": "id",
                "table_description": "What was said, made safe. `text` is redacted; `sealed` holds what was replaced, encrypted.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Delivery",
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
                    "channel",
                    fields.ForeignKeyField(
                        "zaide.Channel",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharField(default="pending", max_length=16)),
                ("tries", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.CharField(default="", max_length=64)),
            ],
            options={
                "table": "deliveries",
                "app": "zaide",
                "indexes": [
                    Index(fields=["shop_id", "state", "due_at"]),
                    Index(fields=["channel_id"]),
                ],
                "pk_attr": "id",
                "table_description": "A message on its way to a channel that has to be called.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Reading",
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
                ("intent", fields.CharField(max_length=32)),
                ("intent_confidence", fields.FloatField()),
                ("sentiment", fields.CharField(max_length=16)),
                ("sentiment_confidence", fields.FloatField()),
                ("also", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("entities", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("language", fields.CharField(default="zh", max_length=8)),
                ("model_version", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "readings",
                "app": "zaide",
                "indexes": [
                    Index(fields=["conversation_id", "created_at", "id"]),
                    Index(fields=["shop_id"]),
                ],
                "pk_attr": "id",
                "table_description": "Intent, sentiment and entities of one message, with the model that read it.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Ticket",
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
                    "conversation",
                    fields.ForeignKeyField(
                        "zaide.Conversation",
                        source_field="conversation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "zaide.Customer",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "merchant",
                    fields.ForeignKeyField(
                        "zaide.Merchant",
                        source_field="merchant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "order",
                    fields.ForeignKeyField(
                        "zaide.Order",
                        source_field="order_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "zaide.Team",
                        source_field="team_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "zaide.Grant",
                        source_field="owner_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.CharField(max_length=24)),
                ("state", fields.CharField(default="open", max_length=16)),
                ("category", fields.CharField(max_length=24)),
                ("intent", fields.CharField(max_length=32)),
                ("priority", fields.SmallIntField(default=1)),
                ("reasons", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("opened_by", fields.CharField(max_length=64)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("deadline", fields.CharField(default="running", max_length=16)),
                ("solved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_by", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "tickets",
                "app": "zaide",
                "unique_together": (("shop", "number"),),
                "indexes": [
                    Index(fields=["shop_id", "opened_at", "id"]),
                    Index(fields=["merchant_id", "opened_at", "id"]),
                    Index(fields=["customer_id"]),
                    Index(fields=["order_id"]),
                    Index(fields=["team_id"]),
                    Index(fields=["owner_id"]),
                    Index(fields=["conversation_id"]),
                    PartialIndex(fields=["due_at"], condition={"deadline": "running"}),
                ],
                "pk_attr": "id",
                "table_description": "A number to quote, an owner, a priority with its reasons, and when it is due.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Token",
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
                    "merchant",
                    fields.ForeignKeyField(
                        "zaide.Merchant",
                        source_field="merchant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("role", fields.CharField(max_length=24)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("hint", fields.CharField(max_length=16)),
                ("scopes", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tokens",
                "app": "zaide",
                "indexes": [Index(fields=["shop_id"]), Index(fields=["merchant_id"])],
                "pk_attr": "id",
                "table_description": "An API token of a partner or a merchant. Only its hash is stored; it is shown once.",
            },
            bases=["Row"],
        ),
        ops.AddConstraint(
            model_name="Article",
            constraint=CheckConstraint(
                check="\"state\" IN ('draft', 'review', 'published', 'stale')",
                name="ck_articles_state",
            ),
        ),
        ops.AddConstraint(
            model_name="Channel",
            constraint=CheckConstraint(
                check="\"kind\" IN ('webchat', 'api')", name="ck_channels_kind"
            ),
        ),
        ops.AddConstraint(
            model_name="Identity",
            constraint=CheckConstraint(
                check="\"kind\" IN ('visitor', 'user', 'email', 'phone', 'external')",
                name="ck_identities_kind",
            ),
        ),
        ops.AddConstraint(
            model_name="Merchant",
            constraint=CheckConstraint(
                check="\"tier\" IN ('individual', 'small', 'enterprise')", name="ck_merchants_tier"
            ),
        ),
        ops.AddConstraint(
            model_name="Grant",
            constraint=CheckConstraint(
                check="\"role\" IN ('supervisor', 'agent', 'merchant_owner', 'merchant_staff')",
                name="ck_grants_role",
            ),
        ),
        ops.AddConstraint(
            model_name="Grant",
            constraint=CheckConstraint(
                check="\"presence\" IN ('online', 'away', 'offline')", name="ck_grants_presence"
            ),
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(
                check="\"verdict\" IN ('awaiting_payment', 'paid_waiting', 'delivered', 'paid_not_delivered', 'paid_but_expired', 'out_of_stock_after_pay', 'double_sold', 'duplicate_notify', 'partially_refunded', 'refunded', 'canceled', 'not_found', 'unknown')",
                name="ck_orders_verdict",
            ),
        ),
        ops.AddConstraint(
            model_name="Refund",
            constraint=UniqueConstraint(
                fields=("shop_id", "external_id"), name="uq_refunds_external"
            ),
        ),
        ops.AddConstraint(
            model_name="Conversation",
            constraint=CheckConstraint(
                check="\"state\" IN ('open', 'closed')", name="ck_conversations_state"
            ),
        ),
        ops.AddConstraint(
            model_name="Conversation",
            constraint=CheckConstraint(
                check="\"holder\" IN ('bot', 'queue', 'agent')", name="ck_conversations_holder"
            ),
        ),
        ops.AddConstraint(
            model_name="Conversation",
            constraint=CheckConstraint(
                check="\"deadline\" IN ('none', 'running', 'warned', 'met', 'breached')",
                name="ck_conversations_deadline",
            ),
        ),
        ops.AddConstraint(
            model_name="Conversation",
            constraint=UniqueConstraint(
                fields=("shop_id", "customer_id", "channel_id"),
                name="uq_conversations_open",
                condition="state = 'open'",
            ),
        ),
        ops.AddConstraint(
            model_name="Message",
            constraint=CheckConstraint(
                check="\"author\" IN ('customer', 'bot', 'agent', 'note')",
                name="ck_messages_author",
            ),
        ),
        ops.AddConstraint(
            model_name="Message",
            constraint=UniqueConstraint(
                fields=("customer_id", "author", "client_id"),
                name="uq_messages_client",
                condition="client_id IS NOT NULL",
            ),
        ),
        ops.AddConstraint(
            model_name="Message",
            constraint=UniqueConstraint(
                fields=("conversation_id", "reply_to"),
                name="uq_messages_bot_reply",
                condition="author = 'bot'",
            ),
        ),
        ops.AddConstraint(
            model_name="Delivery",
            constraint=CheckConstraint(
                check="\"state\" IN ('pending', 'sent', 'failed', 'uncertain')",
                name="ck_deliveries_state",
            ),
        ),
        ops.AddConstraint(
            model_name="Reading",
            constraint=CheckConstraint(
                check="\"sentiment\" IN ('negative', 'neutral', 'positive')",
                name="ck_readings_sentiment",
            ),
        ),
        ops.AddConstraint(
            model_name="Ticket",
            constraint=CheckConstraint(
                check="\"state\" IN ('open', 'pending', 'solved', 'closed')",
                name="ck_tickets_state",
            ),
        ),
        ops.AddConstraint(
            model_name="Ticket",
            constraint=CheckConstraint(
                check="\"deadline\" IN ('running', 'warned', 'met', 'breached')",
                name="ck_tickets_deadline",
            ),
        ),
        ops.AddConstraint(
            model_name="Ticket",
            constraint=UniqueConstraint(
                fields=("conversation_id",),
                name="uq_tickets_open",
                condition="state IN ('open', 'pending')",
            ),
        ),
        ops.AddConstraint(
            model_name="Token",
            constraint=CheckConstraint(
                check="\"role\" IN ('partner', 'merchant_owner', 'merchant_staff')",
                name="ck_tokens_role",
            ),
        ),
    ]
