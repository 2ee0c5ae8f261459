// Lambda's own client: functions are created, looked at, changed, invoked and deleted.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateAliasCommand, CreateFunctionCommand, DeleteFunctionCommand, DeleteFunctionEventInvokeConfigCommand, GetFunctionCommand,
  GetFunctionConfigurationCommand, GetFunctionEventInvokeConfigCommand, InvokeCommand, ListFunctionsCommand, ListTagsCommand,
  PublishVersionCommand, PutFunctionConcurrencyCommand, PutFunctionEventInvokeConfigCommand, TagResourceCommand,
  UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { Handler, Server } from './support.mjs';

const zip = new Uint8Array([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]);
let directory;  // Of destinations that are files.
let handler;
let server;

before(async () => {
  handler = await Handler.start((event) => {
    if (event.fail) return { status: 500, body: JSON.stringify({ errorType: 'Oops', errorMessage: 'no' }) };
    return { body: JSON.stringify({ got: event }) };
  });
  directory = await mkdtemp(path.join(os.tmpdir(), 'tailrace-'));
  server = await Server.start('--function', `bound=${handler.url}`, '--destination-dir', directory);
});

after(async () => {
  await server.stop();
  await handler.stop();
  await rm(directory, { recursive: true });
});

const create = (FunctionName, more = {}) => server.lambda.send(new CreateFunctionCommand({
  FunctionName, Runtime: 'nodejs20.x', Handler: 'index.handler', Role: 'arn:aws:iam::000000000000:role/any', Code: { ZipFile: zip }, ...more,
}));

test('a function is created, found, changed and deleted', async () => {
  const created = await create('printer', { Timeout: 7, Environment: { Variables: { STAGE: 'test' } }, Tags: { team: 'x' } });
  assert.equal(created.State, 'Pending');
  assert.equal(created.FunctionArn, 'arn:aws:lambda:us-east-1:000000000000:function:printer');
  assert.equal(created.CodeSize, 22);
  await waitUntilFunctionActiveV2({ client: server.lambda, maxWaitTime: 10 }, { FunctionName: 'printer' });
  const got = await server.lambda.send(new GetFunctionCommand({ FunctionName: created.FunctionArn }));
  assert.equal(got.Configuration.Timeout, 7);
  assert.equal(got.Configuration.MemorySize, 128);
  assert.deepEqual(got.Configuration.Environment.Variables, { STAGE: 'test' });
  assert.deepEqual(got.Tags, { team: 'x' });
  const updated = await server.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'printer', MemorySize: 256 }));
  assert.equal(updated.LastUpdateStatus, 'InProgress');
  const settled = await server.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'printer' }));
  assert.deepEqual([settled.MemorySize, settled.Timeout, settled.LastUpdateStatus], [256, 7, 'Successful']);
  await server.lambda.send(new TagResourceCommand({ Resource: created.FunctionArn, Tags: { more: 'y' } }));
  assert.deepEqual((await server.lambda.send(new ListTagsCommand({ Resource: created.FunctionArn }))).Tags, { team: 'x', more: 'y' });
  const { Functions } = await server.lambda.send(new ListFunctionsCommand({}));
  assert.deepEqual(Functions.map((f) => f.FunctionName), ['bound', 'printer']);
  await assert.rejects(create('printer'), { name: 'ResourceConflictException' });
  await server.lambda.send(new DeleteFunctionCommand({ FunctionName: 'printer' }));
  await assert.rejects(server.lambda.send(new GetFunctionCommand({ FunctionName: 'printer' })), {
    name: 'ResourceNotFoundException', message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:printer',
  });
});

test('a package that is no ZIP, and a timeout out of range, are refused', async () => {
  await assert.rejects(create('bad', { Code: { ZipFile: new Uint8Array([1, 2, 3]) } }), { name: 'InvalidParameterValueException' });
  await assert.rejects(create('bad', { Timeout: 901 }));
});

test('Invoke returns what the function returns', async () => {
  const answer = await server.lambda.send(new InvokeCommand({ FunctionName: 'bound', Payload: JSON.stringify({ n: 1 }) }));
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.ExecutedVersion, '$LATEST');
  assert.equal(answer.FunctionError, undefined);
  assert.deepEqual(JSON.parse(Buffer.from(answer.Payload)), { got: { n: 1 } });
  const failed = await server.lambda.send(new InvokeCommand({ FunctionName: 'bound', Payload: JSON.stringify({ fail: true }) }));
  assert.equal(failed.StatusCode, 200);
  assert.equal(failed.FunctionError, 'Unhandled');
  assert.equal(JSON.parse(Buffer.from(failed.Payload)).errorType, 'Oops');
  const dry = await server.lambda.send(new InvokeCommand({ FunctionName: 'bound', InvocationType: 'DryRun' }));
  assert.equal(dry.StatusCode, 204);
  await assert.rejects(server.lambda.send(new InvokeCommand({ FunctionName: 'nobody' })), {
    name: 'ResourceNotFoundException', message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody:$LATEST',
  });
});

test('an event is answered at once and tried again by the clock', async () => {
  const seen = handler.events.length;
  const queued = await server.lambda.send(new InvokeCommand({ FunctionName: 'bound', InvocationType: 'Event', Payload: JSON.stringify({ fail: 1 }) }));
  assert.equal(queued.StatusCode, 202);
  await handler.received(seen + 1);
  await server.control('PUT', 'clock', { AdvanceSeconds: 61 });
  await handler.received(seen + 2);
  await server.control('PUT', 'clock', { AdvanceSeconds: 121 });
  await handler.received(seen + 3);
});

test('an event that is given up, and one that succeeds, are told to their destinations', async () => {
  const queue = (name) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  for (const name of ['failed', 'done'])
    await server.control('PUT', `destinations/${encodeURIComponent(queue(name))}`, { Target: `file:${directory}/${name}` });
  await server.control('PUT', 'functions/told', { Target: handler.url });
  const config = {
    FunctionName: 'told', MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: queue('failed') }, OnSuccess: { Destination: queue('done') } },
  };
  const put = await server.lambda.send(new PutFunctionEventInvokeConfigCommand(config));
  assert.equal(put.FunctionArn, 'arn:aws:lambda:us-east-1:000000000000:function:told:$LATEST');
  const got = await server.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: 'told' }));
  assert.deepEqual([got.MaximumRetryAttempts, got.DestinationConfig], [0, config.DestinationConfig]);
  const seen = handler.events.length;
  for (const event of [{ fail: true }, { n: 1 }])
    await server.lambda.send(new InvokeCommand({ FunctionName: 'told', InvocationType: 'Event', Payload: JSON.stringify(event) }));
  await handler.received(seen + 2);
  await server.lambda.send(new InvokeCommand({ FunctionName: 'told' }));  // Answered after both have ended.
  const record = async (name) => JSON.parse(await readFile(`${directory}/${name}`, 'utf8'));
  const failed = await record('failed');
  assert.deepEqual([failed.requestContext.condition, failed.requestContext.approximateInvokeCount], ['RetriesExhausted', 1]);
  assert.deepEqual([failed.requestPayload, failed.responsePayload], [{ fail: true }, { errorType: 'Oops', errorMessage: 'no' }]);
  const done = await record('done');
  assert.deepEqual([done.requestContext.condition, done.responsePayload], ['Success', { got: { n: 1 } }]);
  await server.lambda.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName: 'told' }));
  await assert.rejects(server.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: 'told' })), {
    name: 'ResourceNotFoundException',
  });
});

test('an alias runs the version that its weights choose', async () => {
  await create('weighted', { Publish: true });
  await server.control('PUT', 'functions/weighted', { Target: handler.url });
  await server.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'weighted', Timeout: 4 }));
  await server.lambda.send(new PublishVersionCommand({ FunctionName: 'weighted' }));
  for (const [Name, weight] of [['all', 1], ['none', 0]]) {
    await server.lambda.send(new CreateAliasCommand({
      FunctionName: 'weighted', Name, FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: { 2: weight } },
    }));
    const { ExecutedVersion } = await server.lambda.send(new InvokeCommand({ FunctionName: 'weighted', Qualifier: Name }));
    assert.equal(ExecutedVersion, weight === 1 ? '2' : '1');
  }
});

test('reserved concurrency of zero stops the function', async () => {
  await create('stopped');
  await server.control('PUT', 'functions/stopped', { Target: handler.url });
  await server.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'stopped', ReservedConcurrentExecutions: 0 }));
  await assert.rejects(server.lambda.send(new InvokeCommand({ FunctionName: 'stopped' })), {
    name: 'TooManyRequestsException', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  });
});
