// Starts the server binary on a free port, and small HTTP handlers, for the tests in this folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import readline from 'node:readline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LambdaClient } from '@aws-sdk/client-lambda';

const binary = process.env.TAILRACE_BINARY ?? '../../../build/release/tailrace';

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** A running server; `stop()` ends it and resolves to its exit code. */
export class Server {
  static async start(...options) {
    const server = new Server();
    server.process = spawn(binary, ['--port', '0', '--log-level', 'warn', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server.exited = once(server.process, 'exit');
    const lines = readline.createInterface({ input: server.process.stdout });
    const first = await Promise.race([
      once(lines, 'line').then(([line]) => line),
      server.exited.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
    ]);
    server.endpoint = /http:\/\/\S+/.exec(first)[0];
    const settings = { endpoint: server.endpoint, region: 'us-east-1', credentials };
    server.dynamodb = new DynamoDBClient(settings);
    server.streams = new DynamoDBStreamsClient(settings);
    server.lambda = new LambdaClient(settings);
    return server;
  }

  /** Sends a request of the control API; resolves to its JSON answer. */
  async control(method, path, body) {
    const response = await fetch(`${this.endpoint}/_tailrace/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Resolves when every mapping has caught up with all that was written. */
  drain(seconds = 10) {
    return this.control('POST', 'drain', { TimeoutSeconds: seconds });
  }

  async stop(signal = 'SIGTERM') {
    for (const client of [this.dynamodb, this.streams, this.lambda]) client.destroy();
    this.process.kill(signal);
    const [code] = await this.exited;
    return code;
  }
}

/** An HTTP handler of a function; `answer(event)` gives {status, body} or nothing for 200. */
export class Handler {
  static async start(answer = () => undefined) {
    const handler = new Handler();
    handler.events = [];
    handler.waiting = [];
    handler.server = http.createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const event = JSON.parse(text);
      const { status = 200, body = '' } = (await answer(event, request)) ?? {};
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(body);
      handler.events.push(event);
      for (const wake of handler.waiting.splice(0)) wake();
    });
    handler.server.listen(0, '127.0.0.1');
    await once(handler.server, 'listening');
    handler.url = `http://127.0.0.1:${handler.server.address().port}/`;
    return handler;
  }

  /** Resolves when at least `count` invocations have been answered. */
  async received(count) {
    while (this.events.length < count) await new Promise((wake) => this.waiting.push(wake));
    return this.events;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
