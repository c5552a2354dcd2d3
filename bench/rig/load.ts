import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A JSON body of about 1 kB that every contestant takes. */
export function eventOfOneKilobyte(type: string): string {
  const body = { type, payload: { invoice: 'INV-2041', amount: 1249.5, currency: 'EUR', note: '' } };
  body.payload.note = 'x'.repeat(1024 - JSON.stringify(body).length);
  return JSON.stringify(body);
}

type Load = { url: string; body?: string; key?: string; seconds: number; connections?: number };

/**
 * 128 connections that post one body over and over (wrk, one thread).
 * @returns posts answered a second; throws when any answer was not 2xx.
 */
export async function postAsFastAsPossible(options: Load & { body: string }): Promise<{ perSecond: number }> {
  return callAsFastAsPossible(options);
}

/**
 * The same with or without a body: without one it gets.
 * @returns how many were answered too
 */
export async function callAsFastAsPossible(options: Load): Promise<{ perSecond: number; answered: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-wrk-'));
  const script = join(folder, 'load.lua');
  const body = `wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = [==[${options.body}]==]
`;
  writeFileSync(
    script,
    `wrk.headers["authorization"] = "Bearer ${options.key ?? 'none'}"
${options.body === undefined ? '' : body}`,
  );
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn('wrk', [
      '-t1',
      `-c${options.connections ?? 128}`,
      `-d${options.seconds}s`,
      '--timeout',
      '10s',
      '-s',
      script,
      options.url,
    ]);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('exit', () => resolve(text));
  });
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  const answered = Number(/(\d+) requests in/.exec(output)?.[1]);
  if (/Non-2xx/.test(output) || Number.isNaN(perSecond)) throw new Error(`the load was not answered well:\n${output}`);
  return { perSecond, answered };
}
