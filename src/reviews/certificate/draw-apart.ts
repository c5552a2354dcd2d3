import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Problem } from '../../problem.ts';
import type { CertificateHead } from './certificate-page.rules.ts';
import type { DrawnParts } from './certificate-pdf.ts';

export type DrawTask = { parts: DrawnParts; head: CertificateHead };

/** @throws Problem overloaded when many wait already */
export type DrawApart = (parts: DrawnParts, head: CertificateHead) => Promise<Buffer>;

const mostWaiting = 10;
const limitMs = 60_000;
const memoryMb = 256;
// `.ts` from a checkout, `.js` as it is published.
const entry = new URL(`./draw-worker${extname(import.meta.url)}`, import.meta.url);

/** Draws PDFs in a thread of its own, one at a time, so that deliveries and calls do not wait for them. */
export function createDrawApart(): DrawApart {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async ({ checks, review, signOffs, waivers, attestations, people, evidenceSet, audit }, head) => {
    if (waiting >= mostWaiting) {
      throw new Problem('overloaded', 'Many certificates are being drawn: try again.', { retryAfterSeconds: 10 });
    }
    waiting += 1;
    const parts = { checks, review, signOffs, waivers, attestations, people, evidenceSet, audit };
    const drawn = last.then(() => drawInThread({ parts, head }));
    last = drawn.catch(() => undefined);
    try {
      return await drawn;
    } finally {
      waiting -= 1;
    }
  };
}

async function drawInThread(task: DrawTask): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // Nothing of the gateway's environment is any of its business.
  const worker = new Worker(entry, { workerData: task, env: {}, resourceLimits: { maxOldGenerationSizeMb: memoryMb } });
  const timer = setTimeout(() => reject(new Error(`a PDF was not drawn within ${limitMs} ms`)), limitMs);
  worker.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes)));
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the thread that draws a PDF ended')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
