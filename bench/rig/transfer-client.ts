/**
 * Downloads and uploads large bodies from and to several targets in turns, one at a time. Run by bench/rig/transfers.ts;
 * prints one JSON line. Its options are JSON in TRANSFERS.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import type { Transfer, TransferOptions } from './transfers.ts';

const { targets, caFile, bytes, rounds } = JSON.parse(process.env.TRANSFERS as string) as TransferOptions;
const ca = readFileSync(caFile, 'utf8');
const chunk = Buffer.alloc(65_536);

/** @returns bytes a second */
async function transfer(target: TransferOptions['targets'][number], isUpload: boolean): Promise<number> {
  const url = `${target.url}${isUpload ? '/upload' : '/large'}`;
  const headers = {
    authorization: `Bearer ${target.key}`,
    ...(isUpload ? { 'content-length': String(bytes), 'content-type': 'application/octet-stream' } : {}),
  };
  const options = { method: isUpload ? 'POST' : 'GET', headers };
  const startedAt = performance.now();
  const request = url.startsWith('https:') ? requestOverHttps(url, { ...options, ca }) : requestOverHttp(url, options);
  const answered = once(request, 'response');
  for (let left = isUpload ? bytes : 0; left > 0; left -= chunk.length) {
    if (!request.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(request, 'drain');
  }
  request.end();
  const [answer] = (await answered) as [IncomingMessage];
  let received = 0;
  answer.on('data', (part: Buffer) => {
    received += part.length;
  });
  await once(answer, 'end');
  if (answer.statusCode !== 200 || (!isUpload && received !== bytes)) {
    throw new Error(`${options.method} ${url}: ${answer.statusCode}, ${received} bytes`);
  }
  return bytes / ((performance.now() - startedAt) / 1000);
}

const results: Transfer[] = targets.map(() => ({ down: [], up: [] }));
for (let round = 0; round < rounds; round += 1) {
  for (const [index, target] of targets.entries()) {
    results[index]?.down.push(await transfer(target, false));
    results[index]?.up.push(await transfer(target, true));
  }
}
console.log(JSON.stringify(results));
process.exit(0);
