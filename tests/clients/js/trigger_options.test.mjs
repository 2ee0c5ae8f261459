// Each option of a mapping shown to act by what the handler receives.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateEventSourceMappingCommand, DeleteEventSourceMappingCommand, GetEventSourceMappingCommand, ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

let server;
let tables = 0;
const handlers = [];

before(async () => {
  server = await Server.start('--log-level', 'off');
});
after(async () => {
  await server.stop();
  for (const handler of handlers) await handler.stop();
});

// A table of its own, mapped to a handler of its own.
async function setUp(options, answer, paused = false) {
  const name = `table${++tables}`;
  const handler = await Handler.start(answer);
  handlers.push(handler);
  const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
    TableName: name, BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  }));
  await server.control('PUT', `functions/${name}`, { Target: handler.url });
  const mapping = await server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn: TableDescription.LatestStreamArn, FunctionName: name, StartingPosition: 'TRIM_HORIZON', Enabled: !paused, ...options,
  }));
  const put = async (...ids) => {
    for (const id of ids) await server.dynamodb.send(new PutItemCommand({ TableName: name, Item: { id: { S: id } } }));
  };
  const update = (change) => server.lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping.UUID, ...change }));
  const batches = () => handler.events.map((event) => event.Records.map((record) => record.dynamodb.Keys.id.S).join(''));
  return { name, handler, mapping, put, update, batches };
}

const has = (event, id) => event.Records?.some((record) => record.dynamodb.Keys.id.S === id);

test('BatchSize bounds a batch', async () => {
  const { put, update, batches } = await setUp({ BatchSize: 3 }, undefined, true);
  await put(...'abcdefgh');
  await update({ Enabled: true });
  await server.drain();
  assert.deepEqual(batches(), ['abc', 'def', 'gh']);
});

test('BisectBatchOnFunctionError isolates the bad record, MaximumRetryAttempts gives it up', async () => {
  const { put, update, batches, mapping } = await setUp(
    { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 }, (event) => (has(event, '6') ? { status: 500 } : undefined), true);
  await put(...'12345678');
  await update({ Enabled: true });
  await server.drain();
  assert.deepEqual(batches(), ['12345678', '1234', '5678', '56', '5', '6', '78']);
  const { LastProcessingResult } = await server.lambda.send(new GetEventSourceMappingCommand({ UUID: mapping.UUID }));
  assert.equal(LastProcessingResult, 'OK');
});

test('ReportBatchItemFailures goes on at the reported record', async () => {
  let failed = false;
  const { put, update, batches } = await setUp({ FunctionResponseTypes: ['ReportBatchItemFailures'] }, (event) => {
    const bad = event.Records.find((record) => record.dynamodb.Keys.id.S === 'c');
    if (failed || !bad) return undefined;
    failed = true;
    return { body: JSON.stringify({ batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] }) };
  }, true);
  await put(...'abcd');
  await update({ Enabled: true });
  await server.drain();
  assert.deepEqual(batches(), ['abcd', 'cd']);
});

test('FilterCriteria keep records from the function', async () => {
  const { put, batches } = await setUp({
    BatchSize: 1, FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"Keys":{"id":{"S":[{"prefix":"keep"}]}}}}' }] },
  });
  await put('drop1', 'keep1', 'drop2', 'keep2', 'keep2');
  await server.drain();
  assert.deepEqual(batches(), ['keep1', 'keep2']);
});

test('MaximumBatchingWindowInSeconds collects until the window is over', async () => {
  const { put, batches } = await setUp({ MaximumBatchingWindowInSeconds: 300 });
  await put('a', 'b', 'c');
  assert.deepEqual(batches(), []);
  await server.control('PUT', 'clock', { AdvanceSeconds: 301 });
  await server.drain();
  assert.deepEqual(batches(), ['abc']);
});

test('MaximumRecordAgeInSeconds gives up records that are too old', async () => {
  let broken = true;
  const { put, batches, handler } = await setUp({ MaximumRecordAgeInSeconds: 60, BatchSize: 1 }, () => (broken ? { status: 500 } : undefined));
  await put('old');
  await handler.received(1);
  broken = false;
  await server.control('PUT', 'clock', { AdvanceSeconds: 100 });
  await put('new');
  await server.drain();
  assert.equal(batches().at(-1), 'new');
});

test('TumblingWindowInSeconds carries a state to a final invocation', async () => {
  const { put, handler } = await setUp({ TumblingWindowInSeconds: 60, BatchSize: 1 }, (event) => ({
    body: JSON.stringify({ state: { count: (event.state.count ?? 0) + event.Records.length } }),
  }));
  await server.control('PUT', 'clock', { Freeze: true });
  await put('a', 'b', 'c');
  await handler.received(3);
  await server.control('PUT', 'clock', { AdvanceSeconds: 61 });
  await handler.received(4);
  await server.control('PUT', 'clock', { Resume: true });
  const last = handler.events.at(-1);
  assert.equal(last.isFinalInvokeForWindow, true);
  assert.deepEqual(last.state, { count: 3 });
});

test('ParallelizationFactor runs batches side by side and keeps each item in order', async () => {
  let running = 0;
  let most = 0;
  const waiting = [];
  const { put, update, handler } = await setUp({ ParallelizationFactor: 4, BatchSize: 1 }, async () => {
    most = Math.max(most, ++running);
    if (most < 4) await new Promise((resolve) => waiting.push(resolve));
    else for (const resolve of waiting.splice(0)) resolve();
    --running;
  }, true);
  const ids = Array.from({ length: 40 }, (_, i) => `item${i}`);
  await put(...ids);
  await update({ Enabled: true });
  await server.drain();
  assert.equal(most, 4);
  assert.equal(handler.events.length, 40);
});

test('a disabled mapping goes on where it stood', async () => {
  const { put, update, batches, mapping } = await setUp({});
  await put('a');
  await server.drain();
  assert.equal((await update({ Enabled: false })).State, 'Disabling');
  await put('b', 'c');
  await server.drain();
  assert.deepEqual(batches(), ['a']);
  await update({ Enabled: true });
  await server.drain();
  assert.equal(batches().join(''), 'abc');
  assert.equal((await server.lambda.send(new DeleteEventSourceMappingCommand({ UUID: mapping.UUID }))).State, 'Deleting');
  await assert.rejects(server.lambda.send(new GetEventSourceMappingCommand({ UUID: mapping.UUID })), { name: 'ResourceNotFoundException' });
});

test('refusals are the service\'s own', async () => {
  const { name, mapping } = await setUp({});
  const create = (input) => server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn: mapping.EventSourceArn, FunctionName: name, StartingPosition: 'LATEST', ...input,
  }));
  await assert.rejects(create({}), (error) => error.name === 'ResourceConflictException' && error.message.endsWith(mapping.UUID));
  await assert.rejects(create({ FunctionName: 'nobody' }), { name: 'InvalidParameterValueException', message: 'Function does not exist' });
  await assert.rejects(create({ StartingPosition: 'AT_TIMESTAMP' }), { name: 'InvalidParameterValueException' });
  await assert.rejects(create({ BatchSize: 10001 }), { name: 'ValidationException' });
  await assert.rejects(create({ FilterCriteria: { Filters: [{ Pattern: '{"a":"b"}' }] } }), { message: 'Invalid filter pattern definition.' });
  const { EventSourceMappings } = await server.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: name }));
  assert.deepEqual(EventSourceMappings.map((m) => m.UUID), [mapping.UUID]);
});

test('a discarded batch is kept, listed and replayed', async () => {
  let broken = true;
  const { put, batches, mapping } = await setUp({ MaximumRetryAttempts: 0 }, () => (broken ? { status: 500 } : undefined));
  await put('x');
  await server.drain();
  const { Discarded } = await server.control('GET', `mappings/${mapping.UUID}/discarded`);
  assert.equal(Discarded.length, 1);
  broken = false;
  await server.control('POST', `mappings/${mapping.UUID}/discarded/${Discarded[0].Id}/replay`);
  assert.deepEqual(batches(), ['x', 'x']);
});
