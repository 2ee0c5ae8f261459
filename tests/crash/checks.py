"""Reads everything back after a crash, and holds it against what the writers know."""
from handlers import key_of, sequence_of
from writers import TABLE


def scan(connection, **request):
    items = []
    while True:
        page = connection.dynamodb("Scan", **request)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def by_key(items):
    return {item["pk"]["S"]: item for item in items}


class StreamReader:
    """Reads on where it stopped, shard by shard; keeps all."""

    def __init__(self, stream):
        self.stream, self.records = stream, {}  # By sequence number.
        self.newest, self.finished = {}, set()

    def read(self, connection):
        """The new records, in order of their sequence numbers."""
        fresh = {}
        for shard in self.shards(connection):
            if shard in self.finished:
                continue
            position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.newest[shard]} \
                if shard in self.newest else {"ShardIteratorType": "TRIM_HORIZON"}
            iterator = connection.streams("GetShardIterator", StreamArn=self.stream, ShardId=shard, **position)["ShardIterator"]
            while iterator:
                page = connection.streams("GetRecords", ShardIterator=iterator)
                for record in page["Records"]:
                    sequence = sequence_of(record)
                    assert sequence > int(self.newest.get(shard, 0)), f"{shard}: {sequence} after {self.newest[shard]}"
                    assert sequence not in self.records and sequence not in fresh, f"{sequence} twice"
                    self.newest[shard] = record["dynamodb"]["SequenceNumber"]
                    fresh[sequence] = record
                iterator = page.get("NextShardIterator")
                if not iterator:
                    self.finished.add(shard)
                if not page["Records"]:
                    break
        self.records.update(fresh)
        return dict(sorted(fresh.items()))

    def shards(self, connection):
        shards, start = [], {}
        while True:
            page = connection.streams("DescribeStream", StreamArn=self.stream, **start)["StreamDescription"]
            shards += [shard["ShardId"] for shard in page["Shards"]]
            if "LastEvaluatedShardId" not in page:
                return shards
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}


def is_record_of(record, change):
    images = record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage")
    name = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
    return images == (change.old, change.new) and record["eventName"] == name and "userIdentity" not in record


def check_changes(writer, records, items):
    """Every acknowledged change has its record, in order, the pending ones at most one more, and items are as the last says."""
    expected = {}
    for change in writer.changes:
        expected.setdefault(change.key, []).append(change)
    pending = writer.pending.changes if writer.pending else []
    happened = {}
    for change in pending:
        seen = records.get(change.key, [])
        if change.key.startswith("expiring-"):
            if seen:
                writer.expiring[change.key] = change.new
        elif change.is_visible and len(seen) == len(expected.get(change.key, [])) + 1:
            happened[change.key] = change
            expected.setdefault(change.key, []).append(change)
    if writer.pending and writer.pending.whole:
        visible = sum(change.is_visible and not change.key.startswith("expiring-") for change in pending)
        assert len(happened) in (0, visible), f"half a transaction: {sorted(happened)} of {[change.key for change in pending]}"
    for key, changes in expected.items():
        seen = records.get(key, [])
        assert len(seen) == len(changes) and all(map(is_record_of, seen, changes)), \
            f"{key}: records {brief(seen)}, expected {[(change.old, change.new) for change in changes]}"[:3000]
    for change in happened.values():
        writer.items[change.key] = change.new
    for key, image in writer.items.items():
        assert items.get(key) == image, f"{key}: item {items.get(key)}, expected {image}"[:3000]
    writer.changes, writer.pending = [], None
    return set(expected)


def brief(records):
    return [(record["eventName"], record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage")) for record in records]


def check_expired(writers, records, items, finished):
    """An item that expires is put once and removed once, by the service; items were read before records."""
    expiring = {key: image for writer in writers for key, image in writer.expiring.items()}
    events = {}
    for record in records.values():
        if key_of(record).startswith("expiring-"):
            events.setdefault(key_of(record), []).append(record)
    for key, image in expiring.items():
        [inserted, *removed] = events[key]
        assert inserted["dynamodb"]["NewImage"] == image, f"{key}: {inserted}, expected {image}"
        assert len(removed) <= 1, f"{key}: expired {len(removed)} times"
        assert removed or items.get(key) == image, f"{key}: lost"
        assert not finished or (removed and key not in items), f"{key}: does not expire"
        for record in removed:
            assert record["eventName"] == "REMOVE" and record["dynamodb"]["OldImage"] == image, f"{key}: {record}"
            assert record.get("userIdentity") == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}, f"{key}: {record}"
    assert events.keys() <= expiring.keys(), f"nobody put {sorted(events.keys() - expiring.keys())}"


def check_counter(writers, records, items):
    """The shared counter counts each acknowledged ADD once; its records go up one by one."""
    counts = [int(record["dynamodb"]["NewImage"]["c"]["N"]) for record in records.values() if key_of(record) == "counter"]
    assert counts == list(range(1, len(counts) + 1)), f"the counter's records: {counts}"
    count = int(items["counter"]["c"]["N"]) if "counter" in items else 0
    least = sum(writer.counted for writer in writers)
    most = least + sum(writer.uncounted for writer in writers)
    assert least <= count <= most and count == len(counts), f"counter {count}, records {len(counts)}, expected {least} to {most}"
    for writer in writers:
        writer.uncounted = 0
    writers[0].counted += count - least


def check_index(connection, items):
    """The index holds the items that have its keys, and of each what it projects."""
    index = by_key(scan(connection, TableName=TABLE, IndexName="by_g"))
    expected = {key: {name: item[name] for name in ("pk", "g", "v")} for key, item in items.items() if "g" in item}
    for key in expected.keys() | index.keys():
        if not key.startswith("expiring-"):  # They go meanwhile.
            assert index.get(key) == expected.get(key), f"index, {key}: {index.get(key)}, expected {expected.get(key)}"


def check_table(connection, writers, reader, finished=False):
    items = by_key(scan(connection, TableName=TABLE, ConsistentRead=True))
    fresh = {}
    for record in reader.read(connection).values():
        fresh.setdefault(key_of(record), []).append(record)
    explained = set()
    for writer in writers:
        explained |= check_changes(writer, fresh, items)
    foreign = [key for key in fresh if key not in explained and key != "counter" and not key.startswith("expiring-")]
    assert not foreign, f"records without a write: {foreign}"
    check_expired(writers, reader.records, items, finished)
    check_counter(writers, reader.records, items)
    check_index(connection, items)
