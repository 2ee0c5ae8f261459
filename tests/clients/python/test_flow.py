"""The flow from shard to handler does not stop and skips nothing: shards that end under traffic, mappings that are
disabled and enabled while batches wait for their retry, stops and new starts, changes that meet."""
import itertools
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from support import Handler, Server

PUTS = 200


def create(server, function="printer", **mapping):
    dynamodb, triggers = server.client("dynamodb"), server.client("lambda")
    arn = dynamodb.create_table(
        TableName="Flow", AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]["LatestStreamArn"]
    return dynamodb, triggers.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", **mapping)["UUID"]


def stream_arn(server):
    return server.client("dynamodb").describe_table(TableName="Flow")["Table"]["LatestStreamArn"]


def put(dynamodb, number, items=PUTS):
    dynamodb.put_item(TableName="Flow", Item={"pk": {"S": str(number % items)}, "n": {"N": str(number)}})


def numbers(event):
    return [int(record["dynamodb"]["NewImage"]["n"]["N"]) for record in event["Records"]]


class ShardsThatEndUnderTraffic(unittest.TestCase):
    """One client puts items one after another; the shard ends in their midst."""

    def check(self, end_the_shard, *options):
        with Handler() as handler, Server("--function", f"printer={handler.url}", *options) as server:
            dynamodb, uuid = create(server)
            middle = threading.Event()

            def write():
                for number in range(PUTS):
                    put(dynamodb, number)
                    if number == PUTS // 3:
                        middle.set()

            writer = threading.Thread(target=write)
            writer.start()
            middle.wait()
            end_the_shard(server)
            writer.join()
            server.drain(20)
            self.assertFalse(server.control("GET", f"mappings/{uuid}")["Stalled"])
            handled = [number for event in list(handler.events) for number in numbers(event)]
            self.assertEqual(sorted(handled), list(range(PUTS)))
            put(dynamodb, PUTS)
            server.drain(20)
            self.assertEqual(numbers(handler.events[-1]), [PUTS])

    def test_by_a_roll_over(self):
        self.check(lambda server: server.control("POST", "streams/rollover", {"StreamArn": stream_arn(server)}))

    def test_by_many_roll_overs(self):
        self.check(lambda server: [server.control("POST", "streams/rollover", {"StreamArn": stream_arn(server)}) for _ in range(20)])

    def test_by_a_split(self):
        self.check(lambda server: server.control("POST", "streams/split", {"StreamArn": stream_arn(server)}))

    def test_by_age(self):
        self.check(lambda server: [server.control("PUT", "clock", {"AdvanceSeconds": 1}) for _ in range(12)],
                   "--stream-shard-age", "3s")

    def test_by_five_hours(self):
        self.check(lambda server: server.control("PUT", "clock", {"AdvanceSeconds": 5 * 3600}))


class MappingsThatStopWhileABatchWaits(unittest.TestCase):
    """Factor 10, 48 items, a handler that fails one call in twenty."""

    def handler(self):
        calls, lock = itertools.count(1), threading.Lock()
        handled = self.handled = set()

        def answer(event):
            with lock:
                failing = next(calls) % 20 == 7
                if not failing:
                    handled.update(numbers(event))
            return (200, b'{"errorMessage": "again"}') if failing else (200, b"")

        def fail(event):
            status, body = answer(event)
            return (500, body) if body else (status, body)

        return Handler(fail)

    def write(self, server, count, meanwhile):
        dynamodb = server.client("dynamodb")
        with ThreadPoolExecutor(4) as pool:
            writing = [pool.submit(put, dynamodb, number, 48) for number in range(count)]
            meanwhile()
            for write in writing:
                write.result()

    def test_disabling_and_enabling_loses_nothing(self):
        with self.handler() as handler, Server("--function", f"printer={handler.url}") as server:
            _, uuid = create(server, ParallelizationFactor=10, BatchSize=5)
            triggers = server.client("lambda")

            def switch():
                for enabled in (False, True) * 6:
                    triggers.update_event_source_mapping(UUID=uuid, Enabled=enabled)

            self.write(server, 1000, switch)
            server.drain(60)
            self.assertEqual(set(range(1000)) - self.handled, set())

    def test_changing_the_factor_and_the_filter_loses_nothing(self):
        with self.handler() as handler, Server("--function", f"printer={handler.url}") as server:
            _, uuid = create(server, ParallelizationFactor=10, BatchSize=5)
            triggers = server.client("lambda")

            def change():
                for factor in (1, 3, 10, 2, 7):
                    triggers.update_event_source_mapping(
                        UUID=uuid, ParallelizationFactor=factor,
                        FilterCriteria={"Filters": [{"Pattern": '{"eventName": [{"anything-but": "x%d"}]}' % factor}]})

            self.write(server, 1000, change)
            server.drain(60)
            self.assertEqual(set(range(1000)) - self.handled, set())

    def test_a_stop_and_a_new_start_lose_nothing(self):
        with tempfile.TemporaryDirectory() as directory, self.handler() as handler:
            options = ("--function", f"printer={handler.url}", "--data-dir", directory)
            with Server(*options) as server:
                create(server, ParallelizationFactor=10, BatchSize=5)
                self.write(server, 600, lambda: None)
                self.assertEqual(server.stop(), 0)
            for _ in range(3):  # Each stop meets other batches.
                with Server(*options) as server:
                    self.assertEqual(server.stop(), 0)
            with Server(*options) as server:
                server.drain(60)
            self.assertEqual(set(range(600)) - self.handled, set())


class ChangesThatMeet(unittest.TestCase):
    def test_an_update_and_a_tag_at_once_are_both_there_after_a_restart(self):
        with tempfile.TemporaryDirectory() as directory, Handler() as handler:
            options = ("--function", f"printer={handler.url}", "--data-dir", directory)
            for round_ in range(1, 13):
                with Server(*options) as server:
                    triggers, second = server.client("lambda"), server.client("lambda")
                    if round_ == 1:
                        dynamodb, uuid = create(server)
                    arn = f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}"
                    with ThreadPoolExecutor(3) as pool:
                        changes = [
                            pool.submit(triggers.update_event_source_mapping, UUID=uuid, BatchSize=round_),
                            pool.submit(second.tag_resource, Resource=arn, Tags={"round": str(round_)}),
                            pool.submit(put, server.client("dynamodb"), round_)]
                        for change in changes:
                            change.result()
                with Server(*options) as server:
                    mapping = server.client("lambda").get_event_source_mapping(UUID=uuid)
                    self.assertEqual(mapping["BatchSize"], round_)
                    tags = server.client("lambda").list_tags(Resource=arn)["Tags"]
                    self.assertEqual(tags, {"round": str(round_)})


if __name__ == "__main__":
    unittest.main()
