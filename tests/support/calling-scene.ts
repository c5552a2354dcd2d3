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
