// What is declared in files: a CDK stack as synthesized, and a triggers file. Applying twice changes nothing.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DescribeTableCommand, DescribeTimeToLiveCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const stack = fileURLToPath(new URL('../fixtures/OrdersStack.template.json', import.meta.url));

async function inDirectory(run) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tailrace-test-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a CDK stack works as synthesized, also the second time', () => inDirectory(async (directory) => {
  const handler = await Handler.start();
  const failures = path.join(directory, 'failures.jsonl');
  const options = ['--data-dir', path.join(directory, 'data'), '--template', stack, '--function', `OrdersHandler=${handler.url}`,
    '--destination', `arn:aws:sqs:us-east-1:000000000000:OrdersStack-Failures8A3E1A2F=file:${failures}`];
  const mappings = [];
  for (const run of [1, 2]) {
    const server = await Server.start(...options);
    const { TableNames } = await server.dynamodb.send(new ListTablesCommand({}));
    assert.equal(TableNames.length, 1);
    const [TableName] = TableNames;
    const { Table } = await server.dynamodb.send(new DescribeTableCommand({ TableName }));
    assert.deepEqual(Table.StreamSpecification, { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
    assert.equal(Table.GlobalSecondaryIndexes[0].IndexName, 'byCustomer');
    const { TimeToLiveDescription } = await server.dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
    assert.deepEqual(TimeToLiveDescription, { AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' });
    const configuration = await server.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'OrdersHandler' }));
    assert.equal(configuration.Environment.Variables.TABLE, TableName);
    const { EventSourceMappings } = await server.lambda.send(new ListEventSourceMappingsCommand({}));
    assert.equal(EventSourceMappings.length, 1);
    mappings.push(EventSourceMappings[0]);
    await server.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: `order-${run}` } } }));
    await server.drain();
    await server.stop();
  }
  assert.deepEqual(handler.events.flatMap((event) => event.Records.map((record) => record.dynamodb.Keys.id.S)), ['order-1', 'order-2']);
  assert.equal(mappings[1].UUID, mappings[0].UUID);
  assert.deepEqual(mappings[1].LastModified, mappings[0].LastModified);
  assert.equal(mappings[0].BatchSize, 5);
  assert.deepEqual(mappings[0].FunctionResponseTypes, ['ReportBatchItemFailures']);
  await handler.stop();
}));

test('a triggers file maps a table that is created later, and discarded batches go to its destination', () => inDirectory(async (directory) => {
  const handler = await Handler.start(() => ({ status: 500 }));
  const failures = path.join(directory, 'failures.jsonl');
  const file = path.join(directory, 'triggers.yaml');
  await writeFile(file, `
Functions:
  Orders: {Target: "${handler.url}", Timeout: 5}
Destinations:
  arn:aws:sqs:us-east-1:000000000000:failures: "file:${failures}"
EventSourceMappings:
  - Table: Later
    FunctionName: Orders
    StartingPosition: TRIM_HORIZON
    MaximumRetryAttempts: 1
    DestinationConfig: {OnFailure: {Destination: "arn:aws:sqs:us-east-1:000000000000:failures"}}
`);
  const server = await Server.start('--triggers', file, '--log-level', 'off');
  await server.dynamodb.send(new CreateTableCommand({
    TableName: 'Later', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
  }));
  await server.dynamodb.send(new PutItemCommand({ TableName: 'Later', Item: { id: { S: 'a' } } }));
  await handler.received(2);
  await server.drain();
  const [message] = (await readFile(failures, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(message.requestContext.condition, 'RetryAttemptsExhausted');
  assert.equal(message.requestContext.approximateInvokeCount, 2);
  assert.deepEqual(message.responseContext, { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' });
  assert.equal(message.DDBStreamBatchInfo.batchSize, 1);
  await server.stop();
  await handler.stop();
}));

test('a mistake in a file is named with its place, and the server does not start', () => inDirectory(async (directory) => {
  const file = path.join(directory, 'triggers.yaml');
  await writeFile(file, 'Functions:\n  Orders: {Traget: "http://localhost/"}\n');
  await assert.rejects(Server.start('--triggers', file), /the server ended with 1/);
}));
