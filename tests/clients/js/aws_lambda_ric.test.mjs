// AWS's own runtime client for Node.js (npm aws-lambda-ric) runs handlers under the server's Runtime API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventSourceMappingCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { Server } from './support.mjs';

const home = fileURLToPath(new URL('../ric/', import.meta.url));
const arn = (name) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
let server;

function bind(name, handler, more = {}) {
  return server.control('PUT', `functions/${name}`, {
    Target: `exec:npx aws-lambda-ric ${handler}`, Environment: { LAMBDA_TASK_ROOT: home }, ...more,
  });
}

before(async () => {
  server = await Server.start('--allow-exec');
  await bind('f', 'index.handler');
});
after(() => server?.stop());

async function invoke(name, event, more = {}) {
  const answer = await server.lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), ...more }));
  const log = answer.LogResult && Buffer.from(answer.LogResult, 'base64').toString();
  return { error: answer.FunctionError, body: JSON.parse(Buffer.from(answer.Payload)), log };
}

test('a handler gets its event and context, and what it prints is in the log', async () => {
  const { error, body, log } = await invoke('f', { n: 1 }, { LogType: 'Tail' });
  assert.equal(error, undefined);
  assert.deepEqual(body, { event: { n: 1 }, name: 'f', arn: arn('f'), timeLeft: true, endpoint: server.endpoint });
  assert.match(log, /handling [0-9a-f-]{36}/);
});

test('a handler that returns nothing answers null', async () => {
  assert.deepEqual((await invoke('f', { do: 'nothing' })).body, null);
});

test('an exception is reported with its trace', async () => {
  const { error, body } = await invoke('f', { do: 'fail' });
  assert.equal(error, 'Unhandled');
  assert.deepEqual([body.errorType, body.errorMessage], ['TypeError', 'on purpose']);
  assert.ok(Array.isArray(body.trace));
});

test('an exit ends the invocation, and the next one runs', async () => {
  const { error, body } = await invoke('f', { do: 'exit' });
  assert.deepEqual([error, body.errorType], ['Unhandled', 'Runtime.ExitError']);
  assert.equal((await invoke('f', { n: 2 })).error, undefined);
});

test('a module that is not there is reported by the runtime', async () => {
  await bind('broken', 'missing.handler');
  const { error, body } = await invoke('broken', {});
  assert.deepEqual([error, body.errorType], ['Unhandled', 'Runtime.ImportModuleError']);
});

test('an invocation beyond its time-out ends, and the next one runs', async () => {
  await bind('slow', 'index.handler', { TimeoutSeconds: 3 });
  const { error, body } = await invoke('slow', { do: 'hang' });
  assert.deepEqual([error, body.errorType], ['Unhandled', 'Sandbox.Timedout']);
  assert.match(body.errorMessage, /Task timed out after 3\.00 seconds$/);
  assert.equal((await invoke('slow', {})).error, undefined);
});

test('a write to a table triggers the handler', async () => {
  await bind('collector', 'index.collect');
  const { TableDescription: table } = await server.dynamodb.send(new CreateTableCommand({
    TableName: 'Orders', BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
  }));
  await server.lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn: table.LatestStreamArn, FunctionName: 'collector', StartingPosition: 'TRIM_HORIZON',
  }));
  for (const id of ['1', '2', '3'])
    await server.dynamodb.send(new PutItemCommand({ TableName: 'Orders', Item: { id: { S: id } } }));
  assert.deepEqual((await server.drain(60)).Behind ?? [], []);
  assert.deepEqual((await invoke('collector', {})).body.sort(), ['1', '2', '3']);
});
