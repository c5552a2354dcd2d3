import { once } from 'node:events';
import { type IncomingMessage, request as requestOver } from 'node:http';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type CallingStand, createCallingStand, startProvider } from './calling-stand.ts';
import { startRawServer } from './raw-server.ts';

/** A stand that ends with the test. */
export async function stand(options: Parameters<typeof createCallingStand>[0] = {}): Promise<CallingStand> {
  const made = await createCallingStand(options);
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

/** A provider that ends with the test. */
export async function provider(answer: Parameters<typeof startProvider>[0]) {
  const made = await startProvider(answer);
  onTestFinished(() => made.close());
  return made;
}

/** A provider over bare sockets that ends with the test. */
export async function raw(answer: Parameters<typeof startRawServer>[0]) {
  const server = await startRawServer(answer);
  onTestFinished(() => server.close());
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

/** Sends pieces through a connection, as a caller over HTTP, and answers what begins to come back. */
export async function upload(
  { port, operatorKey }: Pick<CallingStand, 'port' | 'operatorKey'>,
  connectionId: string,
  pieces: Iterable<Buffer>,
  framing: Record<string, string>,
): Promise<IncomingMessage> {
  const request = requestOver({
    port,
    host: '127.0.0.1',
    path: `/egress/${connectionId}/big`,
    method: 'PUT',
    agent: false,
    headers: { 'posthorn-key': operatorKey, ...framing },
  });
  Readable.from(pieces).pipe(request);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}
