// Time to Live seen from outside: items expire by the server's clock and the stream says who removed them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateTableCommand, DeleteItemCommand, DescribeTimeToLiveCommand, PutItemCommand, ScanCommand, UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { CreateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const TableName = 'Sessions';
const service = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' };

async function createTable(server) {
  const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }));
  await server.dynamodb.send(new UpdateTimeToLiveCommand({
    TableName,
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  }));
  return TableDescription.LatestStreamArn;
}

async function epochSeconds(server) {
  return Math.floor(Date.parse((await server.control('GET', 'clock')).Now) / 1000);
}

function put(server, id, expires) {
  return server.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id }, expires } }));
}

async function ids(server) {
  const { Items } = await server.dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return Items.map((item) => item.id.S).sort();
}

async function records(server, StreamArn) {
  const { StreamDescription } = await server.streams.send(new DescribeStreamCommand({ StreamArn }));
  assert.equal(StreamDescription.Shards.length, 1);
  const { ShardIterator } = await server.streams.send(new GetShardIteratorCommand({
    StreamArn, ShardId: StreamDescription.Shards[0].ShardId, ShardIteratorType: 'TRIM_HORIZON',
  }));
  return (await server.streams.send(new GetRecordsCommand({ ShardIterator }))).Records;
}

test('an item goes when its time has come, and the record names the service', async () => {
  const server = await Server.start();
  const streamArn = await createTable(server);
  const { TimeToLiveDescription } = await server.dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
  assert.deepEqual(TimeToLiveDescription, { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  await server.control('PUT', 'clock', { Freeze: true });
  const now = await epochSeconds(server);
  await put(server, 'soon', { N: `${now + 60}` });
  await put(server, 'later', { N: `${now + 7200}` });
  await put(server, 'text', { S: `${now + 60}` });
  await put(server, 'long-ago', { N: `${now - 6 * 366 * 86400}` });
  await server.control('PUT', 'clock', { AdvanceSeconds: 50 });
  assert.deepEqual(await ids(server), ['later', 'long-ago', 'soon', 'text']);
  await server.control('PUT', 'clock', { AdvanceSeconds: 15 });
  assert.deepEqual(await ids(server), ['later', 'long-ago', 'text']);

  const all = await records(server, streamArn);
  assert.deepEqual(all.map((record) => record.eventName), ['INSERT', 'INSERT', 'INSERT', 'INSERT', 'REMOVE']);
  const removed = all.at(-1);
  assert.deepEqual(removed.userIdentity, service);
  assert.deepEqual(removed.dynamodb.OldImage, { id: { S: 'soon' }, expires: { N: `${now + 60}` } });
  assert.equal(removed.dynamodb.NewImage, undefined);
  assert.ok(all.slice(0, -1).every((record) => !('userIdentity' in record)));
  await server.stop();
});

test('a moved time saves an item, and a user\'s own delete is a plain REMOVE', async () => {
  const server = await Server.start();
  const streamArn = await createTable(server);
  await server.control('PUT', 'clock', { Freeze: true });
  const now = await epochSeconds(server);
  await put(server, 'moved', { N: `${now + 60}` });
  await put(server, 'deleted', { N: `${now + 60}` });
  await server.dynamodb.send(new UpdateItemCommand({
    TableName,
    Key: { id: { S: 'moved' } },
    UpdateExpression: 'SET expires = :t',
    ExpressionAttributeValues: { ':t': { N: `${now + 86400}` } },
  }));
  await server.dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: 'deleted' } } }));
  await server.control('PUT', 'clock', { AdvanceSeconds: 3600 });
  assert.deepEqual(await ids(server), ['moved']);
  const [removed] = (await records(server, streamArn)).filter((record) => record.eventName === 'REMOVE');
  assert.ok(!('userIdentity' in removed));
  await server.stop();
});

test('a function sees the expiry with userIdentity in lower case', async () => {
  const handler = await Handler.start();
  const server = await Server.start('--function', `f=${handler.url}`);
  const EventSourceArn = await createTable(server);
  await server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn, FunctionName: 'f', StartingPosition: 'TRIM_HORIZON',
    FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ userIdentity: { type: ['Service'] } }) }] },
  }));
  await put(server, 'gone', { N: `${await epochSeconds(server) + 60}` });
  await server.control('PUT', 'clock', { AdvanceSeconds: 120 });
  await server.drain();
  const seen = handler.events.flatMap((event) => event.Records);
  assert.deepEqual(seen.map((record) => [record.eventName, record.dynamodb.Keys.id.S]), [['REMOVE', 'gone']]);
  assert.deepEqual(seen[0].userIdentity, { type: 'Service', principalId: 'dynamodb.amazonaws.com' });
  await server.stop();
  await handler.stop();
});

test('items expired when Time to Live is enabled go too', async () => {
  const server = await Server.start();
  const streamArn = await createTable(server);
  const disable = { AttributeName: 'expires', Enabled: false };
  await server.control('PUT', 'clock', { AdvanceSeconds: 3700 });
  await server.dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: disable }));
  await put(server, 'old', { N: `${await epochSeconds(server) - 60}` });
  await server.control('PUT', 'clock', { AdvanceSeconds: 3700 });
  assert.deepEqual(await ids(server), ['old']);
  await server.dynamodb.send(new UpdateTimeToLiveCommand({
    TableName, TimeToLiveSpecification: { ...disable, Enabled: true },
  }));
  await server.control('PUT', 'clock', { AdvanceSeconds: 60 });
  assert.deepEqual(await ids(server), []);
  assert.deepEqual((await records(server, streamArn)).at(-1).userIdentity, service);
  await server.stop();
});
