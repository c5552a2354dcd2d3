import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import {
  startApiSimulator,
  type SimulatedProvider,
  type ApiSimulatorOptions,
} from '../../src/simulation/start-api-simulator.ts';

export type Received = { headers: IncomingHttpHeaders; body: Buffer };

/** A receiver of webhooks on loopback, until the test is over. `statusOf` decides what it answers. */
export async function openInbox(statusOf: (received: Received, nth: number) => number = () => 200) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const got = { headers: request.headers, body };
      received.push(got);
      response.writeHead(statusOf(got, received.length)).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const events = (): string[] =>
    received.map(({ body }) => (JSON.parse(body.toString('utf8')) as { event: string }).event);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/src_test`, received, events };
}

/** A clock that a test moves. */
export function handClock(startMs = Date.UTC(2026, 0, 31, 12)) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    move(byMs: number) {
      nowMs += byMs;
    },
  };
}

/** A simulator that stops when the test is over, and fails it when it has a defect. */
export async function startFor<Provider extends SimulatedProvider>(options: ApiSimulatorOptions<Provider>) {
  const defects: unknown[] = [];
  const simulator = await startApiSimulator({ ...options, onError: (error) => defects.push(error) });
  onTestFinished(async () => {
    await simulator.stop();
    if (defects.length > 0) throw new AggregateError(defects, 'the simulator has a defect');
  });
  return simulator;
}

export const systemClock = { now: () => Date.now() };

/** A small PDF that no other call makes. */
export function pdfOf(text: string): Buffer {
  return Buffer.from(`%PDF-1.4\n% ${text}\n%%EOF\n`);
}
