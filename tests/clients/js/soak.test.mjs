// Many writes over many shards into a function that fails one call in ten: nothing is lost, each item's changes come in
// order, and a change comes twice only where its batch failed. TAILRACE_SOAK_WRITES: how many (default 20,000).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchWriteItemCommand, CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const TableName = 'Readings';
const writes = Number(process.env.TAILRACE_SOAK_WRITES ?? 20000);
const writers = 4;
const itemsEach = 25; // One BatchWriteItem writes each item of a writer once.
const rounds = Math.ceil(writes / (writers * itemsEach));
const shards = 8;

test(`${writes} writes over ${shards} shards, one call in ten failing`, async () => {
  let calls = 0;
  const failed = new Set(); // Event IDs of failed calls.
  const taken = new Map(); // Event ID to how often it was in a call that succeeded.
  const last = new Map(); // Item to its last change that was taken.
  let repeated = 0;
  const check = (record) => {
    const { id, n } = record.dynamodb.NewImage;
    const expected = (last.get(id.S) ?? 0) + 1;
    if (taken.has(record.eventID)) return void ++repeated;
    taken.set(record.eventID, 1);
    assert.equal(Number(n.N), expected, id.S);
    last.set(id.S, expected);
  };
  const complaints = [];
  const handler = await Handler.start(({ Records }) => {
    if (++calls % 10 === 0) {
      for (const record of Records) failed.add(record.eventID);
      return { status: 500 };
    }
    try {
      Records.forEach(check);
    } catch (error) {
      complaints.push(error);
    }
    return undefined;
  });
  const server = await Server.start('--log-level', 'error', '--stream-shards', `${shards}`, '--function', `f=${handler.url}`);
  const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  }));
  await server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn: TableDescription.LatestStreamArn, FunctionName: 'f', StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
  }));

  await Promise.all([...Array(writers).keys()].map(async (writer) => {
    for (let n = 1; n <= rounds; ++n) {
      const requests = [...Array(itemsEach).keys()].map((i) => (
        { PutRequest: { Item: { id: { S: `w${writer}-${i}` }, n: { N: `${n}` } } } }));
      const { UnprocessedItems } = await server.dynamodb.send(
        new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
      assert.deepEqual(UnprocessedItems, {});
    }
  }));
  await server.drain(120);

  assert.deepEqual(complaints, []);
  assert.equal(taken.size, writers * itemsEach * rounds);
  assert.equal(last.size, writers * itemsEach);
  for (const [id, n] of last) assert.equal(n, rounds, id);
  assert.equal(repeated, 0, 'no change comes again after a call that succeeded');
  assert.ok(failed.size > 0);
  for (const id of failed) assert.ok(taken.has(id));
  const delivered = handler.events.reduce((sum, event) => sum + event.Records.length, 0);
  assert.ok(delivered > taken.size);
  await server.stop();
  await handler.stop();
});
