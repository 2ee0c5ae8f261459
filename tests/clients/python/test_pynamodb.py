"""PynamoDB: a club's members and bookings in a single table, with versions, transactions, pages and a TTL."""
import unittest
from datetime import timedelta
from typing import Any

from pynamodb.attributes import (DiscriminatorAttribute, ListAttribute, MapAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute,
                                 UnicodeSetAttribute, VersionAttribute)
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from support import Server


class ByCity(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "byCity"
        projection = AllProjection()

    city = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Record(Model):
    class Meta:
        table_name = "club"
        region = "us-east-1"
        aws_access_key_id = aws_secret_access_key = "test"
        billing_mode = "PAY_PER_REQUEST"
        stream_view_type = "NEW_AND_OLD_IMAGES"
        max_retry_attempts = 0

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    by_city = ByCity()
    city = UnicodeAttribute(null=True)


class Address(MapAttribute):
    street = UnicodeAttribute()
    zip = NumberAttribute()


class Member(Record, discriminator="member"):
    name = UnicodeAttribute()
    points = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    address = Address(null=True)
    history = ListAttribute(default=list)
    expires = TTLAttribute(null=True)
    version = VersionAttribute()


class Booking(Record, discriminator="booking"):
    seats = NumberAttribute()


class SingleTable(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        for model in (Record, Member, Booking):
            model.Meta.host = cls.server.endpoint
        Record.create_table(wait=True)
        cls.connection = Connection(region="us-east-1", host=cls.server.endpoint)
        cls.connection.session.set_credentials("test", "test")

    def test_the_table_is_as_the_model_says(self):
        table = Record.describe_table()
        self.assertEqual((table["TableStatus"], table["BillingModeSummary"]["BillingMode"]), ("ACTIVE", "PAY_PER_REQUEST"))
        self.assertEqual([(index["IndexName"], index["IndexStatus"]) for index in table["GlobalSecondaryIndexes"]],
                         [("byCity", "ACTIVE")])
        self.assertEqual(table["StreamSpecification"], {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})

    def test_an_item_is_put_updated_and_deleted_under_conditions(self):
        ann = Member("member#ann", "profile", name="Ann", city="Brno", tags={"new"}, address=Address(street="Main", zip=60200))
        ann.save(Member.pk.does_not_exist())
        self.assertEqual(ann.version, 1)
        with self.assertRaises(PutError) as refusal:
            Member("member#ann", "profile", name="Imposter").save(Member.pk.does_not_exist())
        self.assertEqual((refusal.exception.cause_response_code, refusal.exception.cause_response_message),
                         ("ConditionalCheckFailedException", "The conditional request failed"))

        ann.update(actions=[Member.points.set(Member.points + 5), Member.tags.add({"gold"}), Member.address.zip.set(60201),
                            Member.history.set(Member.history.append([{"what": "joined"}])), Member.city.remove()],
                   condition=(Member.points < 5) & Member.name.startswith("A") & Member.tags.contains("new"))
        self.assertEqual((ann.points, ann.tags, ann.address.zip, ann.version, ann.city), (5, {"new", "gold"}, 60201, 2, None))
        self.assertEqual(ann.history[0]["what"], "joined")

        stale = Member.get("member#ann", "profile", consistent_read=True)
        ann.update(actions=[Member.points.set(6)])
        with self.assertRaises(UpdateError) as refusal:  # The version is a condition.
            stale.update(actions=[Member.points.set(7)])
        self.assertEqual(refusal.exception.cause_response_code, "ConditionalCheckFailedException")
        with self.assertRaises(DeleteError):
            ann.delete(Member.points.between(10, 20) | Member.address.exists() & ~Member.name.is_in("Ann", "Bob"))
        ann.delete()
        with self.assertRaises(Member.DoesNotExist):
            ann.refresh()

    def test_transactions_do_all_or_nothing(self):
        Member("member#bob", "profile", name="Bob", points=3).save()
        bob = Member.get("member#bob", "profile")

        def book(number, cost, token=None):
            with TransactWrite(connection=self.connection, client_request_token=token) as transaction:
                transaction.condition_check(Record, "member#bob", "profile", condition=Record.kind == Member)
                transaction.save(Booking("member#bob", f"booking#{number}", seats=2), condition=Booking.pk.does_not_exist())
                transaction.update(Booking("room#1", "stock"), actions=[Booking.seats.set(8)], condition=Booking.seats > cost)

        with self.assertRaises(TransactWriteError) as refusal:
            book(1, 2)
        self.assertEqual([reason and reason.code for reason in refusal.exception.cancellation_reasons],
                         [None, None, "ConditionalCheckFailed"])
        self.assertEqual(Booking.count("member#bob", Booking.sk.startswith("booking#")), 0)
        Booking("room#1", "stock", seats=10).save()
        book(1, 2, "once")
        book(1, 2, "once")
        with TransactGet(connection=self.connection) as transaction:
            stock = transaction.get(Booking, "room#1", "stock")
            booking = transaction.get(Booking, "member#bob", "booking#1")
            member = transaction.get(Member, "member#bob", "profile")
        self.assertEqual((stock.get().seats, booking.get().seats, member.get().name), (8, 2, bob.name))

    def test_batches_pages_and_the_index(self):
        with Record.batch_write() as batch:
            for n in range(60):
                batch.save(Booking("member#cid", f"booking#{n:03}", seats=n, city="Praha" if n % 3 else "Plzeň"))
            batch.save(Member("member#cid", "profile", name="Cid", city="Praha"))
        page = Record.query("member#cid", limit=25, page_size=10)
        first = list(page)
        self.assertEqual([first[0].sk, first[-1].sk, len(first)], ["booking#000", "booking#024", 25])
        rest = list(Record.query("member#cid", last_evaluated_key=page.last_evaluated_key, page_size=7))
        self.assertEqual([len(rest), rest[-1].sk, type(rest[-1])], [36, "profile", Member])
        backwards = Record.query("member#cid", Record.sk.between("booking#010", "booking#019"), scan_index_forward=False, page_size=3)
        self.assertEqual([record.sk for record in backwards], [f"booking#{n:03}" for n in range(19, 9, -1)])

        self.assertEqual(Record.by_city.count("Plzeň"), 20)
        praha = list(Record.by_city.query("Praha", Record.sk > "booking#050", filter_condition=Booking.seats != 55, page_size=2))
        self.assertEqual([record.sk for record in praha if isinstance(record, Booking)],
                         [f"booking#{n:03}" for n in (52, 53, 56, 58, 59)])
        keys = [("member#cid", f"booking#{n:03}") for n in (1, 2, 999)]
        self.assertEqual(sorted(record.seats for record in Booking.batch_get(keys, consistent_read=True)), [1, 2])

        scanned = [record for segment in range(4) for record in Booking.scan(
            Booking.seats >= 30, segment=segment, total_segments=4, page_size=5)]
        self.assertEqual(sorted(record.seats for record in scanned if record.pk == "member#cid"), list(range(30, 60)))

    def test_a_ttl_is_set_and_expires(self):
        Member.update_ttl(ignore_update_ttl_errors=False)
        Member("member#dora", "profile", name="Dora", expires=timedelta(hours=1)).save()
        Member("member#eva", "profile", name="Eva", expires=timedelta(days=2)).save()
        self.server.control("PUT", "clock", {"AdvanceSeconds": 7200})
        self.assertEqual([Member.count("member#dora"), Member.count("member#eva")], [0, 1])


if __name__ == "__main__":
    unittest.main()
