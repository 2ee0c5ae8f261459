// Readers of a stream by the AWS SDK: through splits and roll-overs, and at the ends of everything that ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateTableCommand, DeleteTableCommand, DescribeTableCommand, PutItemCommand, UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { Server } from './support.mjs';

const TableName = 'Orders';

async function createTable(server) {
  const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }));
  return TableDescription.LatestStreamArn;
}

function put(server, id, n) {
  return server.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: `${n}` } } }));
}

async function describe(server, StreamArn, Limit = 3) {
  const Shards = [];
  for (let ExclusiveStartShardId; ;) {
    const { StreamDescription } = await server.streams.send(
      new DescribeStreamCommand({ StreamArn, Limit, ExclusiveStartShardId }));
    Shards.push(...StreamDescription.Shards);
    ExclusiveStartShardId = StreamDescription.LastEvaluatedShardId;
    if (!ExclusiveStartShardId) return { ...StreamDescription, Shards };
  }
}

async function iterator(server, StreamArn, ShardId, more = { ShardIteratorType: 'TRIM_HORIZON' }) {
  const { ShardIterator } = await server.streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...more }));
  return ShardIterator;
}

function read(server, ShardIterator, Limit) {
  return server.streams.send(new GetRecordsCommand({ ShardIterator, Limit }));
}

/** Reads a stream as consumers do: a shard when its parent has been read to the end, each with its own iterator. */
class Consumer {
  constructor(server, streamArn) {
    Object.assign(this, { server, streamArn, records: [], next: new Map(), finished: new Set() });
  }

  async discover() {
    const { Shards } = await describe(this.server, this.streamArn);
    const listed = new Set(Shards.map((shard) => shard.ShardId));
    for (const { ShardId, ParentShardId } of Shards) {
      const ready = !listed.has(ParentShardId) || this.finished.has(ParentShardId);
      if (ready && !this.next.has(ShardId)) this.next.set(ShardId, await iterator(this.server, this.streamArn, ShardId));
    }
  }

  /** One page of every shard that is open to us; resolves to whether anything was new. */
  async turn() {
    const known = this.next.size;
    await this.discover();
    let news = this.next.size > known;
    for (const [shard, at] of this.next) {
      if (this.finished.has(shard)) continue;
      const { Records, NextShardIterator } = await read(this.server, at, 50);
      for (const record of Records) this.records.push({ shard, ...record });
      if (NextShardIterator) this.next.set(shard, NextShardIterator);
      else this.finished.add(shard);
      news ||= Records.length > 0 || !NextShardIterator;
    }
    return news;
  }

  async readToTheEnd() {
    while (await this.turn());
  }
}

/** Every item's changes 1..count are there once, complete and in order. */
function checkChanges(records, items, count) {
  assert.equal(new Set(records.map((record) => record.eventID)).size, records.length);
  const changes = new Map(items.map((id) => [id, []]));
  for (const record of records) changes.get(record.dynamodb.Keys.id.S).push(record);
  for (const [id, seen] of changes) {
    assert.deepEqual(seen.map(({ dynamodb }) => Number(dynamodb.NewImage.n.N)), [...Array(count).keys()].map((i) => i + 1), id);
    let last = 0n;
    for (const [i, { eventName, dynamodb }] of seen.entries()) {
      assert.equal(eventName, i === 0 ? 'INSERT' : 'MODIFY');
      assert.deepEqual(dynamodb.OldImage, i === 0 ? undefined : { id: { S: id }, n: { N: `${i}` } });
      assert.ok(BigInt(dynamodb.SequenceNumber) > last, `${id}: ${dynamodb.SequenceNumber} after ${last}`);
      last = BigInt(dynamodb.SequenceNumber);
    }
  }
}

test('four writers, three splits and a roll-over: each change once, complete, in order', async () => {
  const server = await Server.start();
  const streamArn = await createTable(server);
  const rounds = 24;
  const items = [];
  let finished = 0;
  const writer = async (name) => {
    const own = [...Array(8).keys()].map((i) => `${name}-${i}`);
    items.push(...own);
    for (let n = 1; n <= rounds; ++n) {
      // What reshapes the stream comes between the writes of the first writer, while the others go on.
      if (name === 'w0' && n % 5 === 0) await server.control('POST', `streams/${n === 15 ? 'rollover' : 'split'}`, { StreamArn: streamArn });
      for (const id of own) await put(server, id, n);
    }
    ++finished;
  };
  const consumer = new Consumer(server, streamArn);
  const writers = Promise.all(['w0', 'w1', 'w2', 'w3'].map(writer));
  while (finished < 4) await consumer.turn();
  await writers;
  await consumer.readToTheEnd();

  checkChanges(consumer.records, items, rounds);
  const { Shards } = await describe(server, streamArn);
  const parents = new Set(Shards.map((shard) => shard.ParentShardId).filter(Boolean));
  assert.deepEqual(new Set(parents), consumer.finished);
  for (const { ShardId, SequenceNumberRange } of Shards)
    assert.equal(SequenceNumberRange.EndingSequenceNumber !== undefined, parents.has(ShardId), ShardId);

  const second = new Consumer(server, streamArn);
  await second.readToTheEnd();
  checkChanges(second.records, items, rounds);
  assert.equal(await server.stop(), 0);
});

test('a closed shard ends without NextShardIterator, also when it is empty', async () => {
  const server = await Server.start();
  const StreamArn = await createTable(server);
  await put(server, 'a', 1);
  await server.control('POST', 'streams/rollover', { StreamArn });
  await server.control('POST', 'streams/rollover', { StreamArn });
  const { Shards } = await describe(server, StreamArn);
  assert.equal(Shards.length, 3);
  const pages = [];
  for (const { ShardId } of Shards) {
    const page = await read(server, await iterator(server, StreamArn, ShardId));
    pages.push([page.Records.length, page.NextShardIterator !== undefined]);
  }
  assert.deepEqual(pages, [[1, false], [0, false], [0, true]]);
  await server.stop();
});

test('iterators expire after 15 minutes and by command; the number read last goes on', async () => {
  const server = await Server.start();
  const StreamArn = await createTable(server);
  await put(server, 'a', 1);
  await put(server, 'a', 2);
  const [{ ShardId }] = (await describe(server, StreamArn)).Shards;
  await server.control('PUT', 'clock', { Freeze: true });
  const first = await iterator(server, StreamArn, ShardId);
  const { Records } = await read(server, first, 1);
  await server.control('PUT', 'clock', { AdvanceSeconds: 15 * 60 });
  assert.equal((await read(server, first)).Records.length, 2);
  await server.control('PUT', 'clock', { AdvanceSeconds: 1 });
  await assert.rejects(read(server, first), { name: 'ExpiredIteratorException' });

  const after = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: Records[0].dynamodb.SequenceNumber };
  const again = await iterator(server, StreamArn, ShardId, after);
  assert.deepEqual((await read(server, again)).Records.map((record) => record.dynamodb.NewImage.n.N), ['2']);
  await server.control('POST', 'streams/expire-iterators');
  await assert.rejects(read(server, again), { name: 'ExpiredIteratorException' });
  await server.stop();
});

test('trimmed data is refused by number, and read from the horizon', async () => {
  const server = await Server.start();
  const StreamArn = await createTable(server);
  for (let n = 1; n <= 3; ++n) await put(server, 'a', n);
  const [{ ShardId }] = (await describe(server, StreamArn)).Shards;
  const start = await iterator(server, StreamArn, ShardId);
  const [first, second] = (await read(server, start)).Records.map((record) => record.dynamodb.SequenceNumber);
  await server.control('POST', 'streams/trim', { StreamArn, ThroughSequenceNumber: second });
  await assert.rejects(read(server, start), { name: 'TrimmedDataAccessException' });
  await assert.rejects(
    iterator(server, StreamArn, ShardId, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: first }),
    { name: 'TrimmedDataAccessException' });
  const numbers = async () =>
    (await read(server, await iterator(server, StreamArn, ShardId))).Records.map((record) => record.dynamodb.NewImage.n.N);
  assert.deepEqual(await numbers(), ['3']);
  await server.control('PUT', 'clock', { AdvanceSeconds: 23 * 3600 });
  assert.deepEqual(await numbers(), ['3']);
  await server.control('PUT', 'clock', { AdvanceSeconds: 2 * 3600 });
  const left = new Consumer(server, StreamArn);
  await left.readToTheEnd();
  assert.deepEqual(left.records, []);
  await server.stop();
});

const ends = [
  ['disabled', async (server) => {
    await server.dynamodb.send(new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: false } }));
  }],
  ['of a deleted table', async (server) => {
    await server.dynamodb.send(new DeleteTableCommand({ TableName }));
  }],
];
for (const [name, end] of ends) {
  test(`a stream ${name} is readable for 24 hours`, async () => {
    const server = await Server.start();
    const StreamArn = await createTable(server);
    await put(server, 'a', 1);
    await server.control('PUT', 'clock', { AdvanceSeconds: 3600 });
    await put(server, 'a', 2);
    await end(server);
    const readAll = async () => {
      const consumer = new Consumer(server, StreamArn);
      await consumer.readToTheEnd();
      return consumer.records.map((record) => record.dynamodb.NewImage.n.N);
    };
    await server.control('PUT', 'clock', { AdvanceSeconds: 60 });
    const stream = await describe(server, StreamArn);
    assert.equal(stream.StreamStatus, 'DISABLED');
    assert.ok(stream.Shards.every((shard) => shard.SequenceNumberRange.EndingSequenceNumber));
    assert.deepEqual(await readAll(), ['1', '2']);
    await server.control('PUT', 'clock', { AdvanceSeconds: 23.5 * 3600 });
    assert.deepEqual(await readAll(), ['2']);
    await server.control('PUT', 'clock', { AdvanceSeconds: 3600 });
    await assert.rejects(describe(server, StreamArn), { name: 'ResourceNotFoundException' });
    const { Streams } = await server.streams.send(new ListStreamsCommand({}));
    assert.deepEqual(Streams, []);
    await server.stop();
  });
}

test('a re-enabled stream is a new one beside the old', async () => {
  const server = await Server.start();
  const oldArn = await createTable(server);
  await put(server, 'a', 1);
  const change = (StreamSpecification) =>
    server.dynamodb.send(new UpdateTableCommand({ TableName, StreamSpecification }));
  await change({ StreamEnabled: false });
  await server.control('PUT', 'clock', { AdvanceSeconds: 60 });
  await put(server, 'a', 2);
  await change({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' });
  await server.control('PUT', 'clock', { AdvanceSeconds: 60 });
  await put(server, 'a', 3);
  const { Table } = await server.dynamodb.send(new DescribeTableCommand({ TableName }));
  assert.notEqual(Table.LatestStreamArn, oldArn);
  for (const [arn, status, expected] of [[oldArn, 'DISABLED', ['1']], [Table.LatestStreamArn, 'ENABLED', ['3']]]) {
    assert.equal((await describe(server, arn)).StreamStatus, status);
    const consumer = new Consumer(server, arn);
    await consumer.readToTheEnd();
    assert.deepEqual(consumer.records.map((record) => record.dynamodb.NewImage.n.N), expected);
  }
  const { Streams } = await server.streams.send(new ListStreamsCommand({ TableName }));
  assert.deepEqual(Streams.map((stream) => stream.StreamArn).sort(), [oldArn, Table.LatestStreamArn].sort());
  await server.stop();
});
