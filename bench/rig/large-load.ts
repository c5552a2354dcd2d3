import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';

/** Messages of one long beginning and ends of their own, signed with HMAC-SHA256 as DocuSign does. */
type LargeLoad = {
  url: string;
  key: string;
  before: Buffer;
  after: (number: number) => Buffer;
  /** Requests on their way at once. */
  atOnce: number;
};

/** Posts `count` messages, each once. Throws when any is not answered with 2xx. @returns bytes of bodies a second */
export async function postLarge(
  load: LargeLoad,
  { from, count }: { from: number; count: number },
): Promise<{ bytesPerSecond: number }> {
  const sign = signerOf(load.key, load.before);
  const agent = new http.Agent({ keepAlive: true, maxSockets: load.atOnce });
  const startedAtMs = performance.now();
  let bytes = 0;
  let next = from;
  const postInTurn = async (): Promise<void> => {
    while (next < from + count) {
      const after = load.after(next);
      next += 1;
      bytes += load.before.length + after.length;
      await post(load, agent, after, sign(after));
    }
  };
  await Promise.all(Array.from({ length: load.atOnce }, postInTurn));
  agent.destroy();
  return { bytesPerSecond: bytes / ((performance.now() - startedAtMs) / 1000) };
}

function post({ url, before }: LargeLoad, agent: http.Agent, after: Buffer, signature: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': before.length + after.length,
      'x-docusign-signature-1': signature,
    };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`a large body was answered with ${statusCode}`));
      });
    });
    request.once('error', reject);
    request.write(before);
    request.end(after);
  });
}

/** HMAC-SHA256 over a beginning that is hashed once: the generator must not be what limits. */
function signerOf(key: string, before: Buffer): (after: Buffer) => string {
  const block = Buffer.alloc(64);
  block.write(key);
  const padded = (byte: number) => Buffer.from(block.map((one) => one ^ byte));
  const inner = createHash('sha256').update(padded(0x36)).update(before);
  const outer = createHash('sha256').update(padded(0x5c));
  const sign = (after: Buffer) => outer.copy().update(inner.copy().update(after).digest()).digest('base64');
  const probe = Buffer.from('probe');
  const expected = createHmac('sha256', key).update(before).update(probe).digest('base64');
  if (sign(probe) !== expected) throw new Error('the generator signs wrongly; its key must be at most 64 bytes');
  return sign;
}
