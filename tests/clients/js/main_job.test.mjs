// The main job: a write by the AWS SDK arrives in a handler.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CreateTableCommand, DescribeTableCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventSourceMappingCommand, GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const order = {
  id: { S: '1' },
  customerEmail: { S: 'firstcustomer@gmail.com' },
  customerName: { S: 'First Customer' },
};

async function createTable(server, { name = 'CustomerOrdersTable', key = 'id', type = 'S', view = 'NEW_IMAGE' } = {}) {
  const { TableDescription } = await server.dynamodb.send(new CreateTableCommand({
    TableName: name,
    AttributeDefinitions: [{ AttributeName: key, AttributeType: type }],
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: view },
  }));
  return TableDescription.LatestStreamArn;
}

async function createMapping(server, streamArn, functionName, options = {}) {
  return server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn: streamArn,
    FunctionName: functionName,
    StartingPosition: 'TRIM_HORIZON',
    ...options,
  }));
}

test('a put arrives in the handler as the Lambda event', async () => {
  const handler = await Handler.start();
  const server = await Server.start('--function', `DynamoDBStreamLambda=${handler.url}`);
  const streamArn = await createTable(server);
  const mapping = await createMapping(server, streamArn, 'DynamoDBStreamLambda');
  assert.equal(mapping.State, 'Creating');
  assert.equal(mapping.FunctionArn, 'arn:aws:lambda:us-east-1:000000000000:function:DynamoDBStreamLambda');
  const got = await server.lambda.send(new GetEventSourceMappingCommand({ UUID: mapping.UUID }));
  assert.equal(got.State, 'Enabled');

  const before = Math.floor(Date.now() / 1000);
  await server.dynamodb.send(new PutItemCommand({ TableName: 'CustomerOrdersTable', Item: order }));
  const [event] = await handler.received(1);
  assert.equal(event.Records.length, 1);
  const [record] = event.Records;
  assert.match(record.eventID, /^[0-9a-f]{32}$/);
  assert.equal(record.eventName, 'INSERT');
  assert.equal(record.eventVersion, '1.1');
  assert.equal(record.eventSource, 'aws:dynamodb');
  assert.equal(record.awsRegion, 'us-east-1');
  assert.equal(record.eventSourceARN, streamArn);
  assert.match(streamArn, /^arn:aws:dynamodb:us-east-1:000000000000:table\/CustomerOrdersTable\/stream\/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
  assert.deepEqual(record.dynamodb.Keys, { id: { S: '1' } });
  assert.deepEqual(record.dynamodb.NewImage, order);
  assert.equal(record.dynamodb.OldImage, undefined);
  assert.equal(record.dynamodb.SizeBytes, 68);
  assert.equal(record.dynamodb.StreamViewType, 'NEW_IMAGE');
  assert.match(record.dynamodb.SequenceNumber, /^\d{21,40}$/);
  assert.ok(record.dynamodb.ApproximateCreationDateTime >= before);
  assert.ok(record.dynamodb.ApproximateCreationDateTime <= Date.now() / 1000);

  assert.equal(await server.stop(), 0);
  await handler.stop();
});

test('a function registered while the server runs is invoked', async () => {
  const handler = await Handler.start();
  const server = await Server.start();
  const streamArn = await createTable(server);
  await server.control('PUT', 'functions/DynamoDBStreamLambda', { Target: handler.url });
  await createMapping(server, streamArn, 'DynamoDBStreamLambda');
  await server.dynamodb.send(new PutItemCommand({ TableName: 'CustomerOrdersTable', Item: order }));
  await server.drain();
  assert.equal(handler.events.length, 1);
  await server.stop();
  await handler.stop();
});

test('an update carries both images and the sizes that AWS counts', async () => {
  const handler = await Handler.start();
  const server = await Server.start('--function', `f=${handler.url}`);
  const streamArn = await createTable(server, { name: 'Messages', key: 'Id', type: 'N', view: 'NEW_AND_OLD_IMAGES' });
  await createMapping(server, streamArn, 'f', { BatchSize: 1 });
  const Id = { N: '101' };
  await server.dynamodb.send(new PutItemCommand({ TableName: 'Messages', Item: { Id, Message: { S: 'New item!' } } }));
  await server.dynamodb.send(new UpdateItemCommand({
    TableName: 'Messages',
    Key: { Id },
    UpdateExpression: 'SET Message = :m',
    ExpressionAttributeValues: { ':m': { S: 'This item has changed' } },
  }));
  const records = (await handler.received(2)).flatMap((event) => event.Records);
  assert.deepEqual(records.map((record) => [record.eventName, record.dynamodb.SizeBytes]), [['INSERT', 26], ['MODIFY', 59]]);
  assert.deepEqual(records[1].dynamodb.OldImage, { Id, Message: { S: 'New item!' } });
  assert.deepEqual(records[1].dynamodb.NewImage, { Id, Message: { S: 'This item has changed' } });
  await server.stop();
  await handler.stop();
});

test('a failing batch comes again, in order, and nothing overtakes it', async () => {
  let failures = 2;
  const handler = await Handler.start(() => (failures-- > 0 ? { status: 500 } : undefined));
  const server = await Server.start('--function', `f=${handler.url}`);
  const streamArn = await createTable(server);
  await createMapping(server, streamArn, 'f', { BatchSize: 2 });
  for (let i = 0; i < 5; ++i)
    await server.dynamodb.send(new PutItemCommand({ TableName: 'CustomerOrdersTable', Item: { id: { S: `${i}` } } }));
  await server.drain();
  const batches = handler.events.map((event) => event.Records.map((record) => record.dynamodb.Keys.id.S));
  assert.deepEqual(batches[1], batches[0]);
  assert.deepEqual(batches[2], batches[0]);
  assert.deepEqual(batches.slice(2).flat(), ['0', '1', '2', '3', '4']);
  await server.stop();
  await handler.stop();
});

test('after SIGKILL between put and success the record is delivered', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tailrace-test-'));
  let broken = true;
  const handler = await Handler.start(() => (broken ? { status: 500 } : undefined));
  const options = ['--data-dir', directory, '--function', `f=${handler.url}`];
  const first = await Server.start(...options);
  const streamArn = await createTable(first);
  await createMapping(first, streamArn, 'f');
  await first.dynamodb.send(new PutItemCommand({ TableName: 'CustomerOrdersTable', Item: order }));
  await handler.received(1);
  await first.stop('SIGKILL');

  broken = false;
  const failed = handler.events.length;
  const second = await Server.start(...options);
  const { Table } = await second.dynamodb.send(new DescribeTableCommand({ TableName: 'CustomerOrdersTable' }));
  assert.equal(Table.LatestStreamArn, streamArn);
  await second.drain();
  assert.ok(handler.events.length > failed);
  assert.deepEqual(handler.events.at(-1), handler.events[0]);
  await second.stop();
  await handler.stop();
  await rm(directory, { recursive: true });
});
