import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the number goes in a numbered body: as long as the number, so that all bodies are of one length. */
export const numberPlace = '@'.repeat(12);

/** Posts that differ by a number in their body, so that each is an event of its own. */
export type NumberedLoad = { url: string; headers: Record<string, string>; body: string; connections?: number };

/**
 * Posts bodies with new numbers for some time, over 128 connections (wrk, one thread).
 * @param from the first number; loads of one source must not overlap.
 * @returns posts answered a second; throws when any answer was not 2xx.
 */
export async function postNumbered(
  load: NumberedLoad,
  { from, seconds }: { from: number; seconds: number },
): Promise<{ perSecond: number }> {
  const output = await runWrk(load, seconds, `${writerOf(load, from)}\nrequest = write`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (/Non-2xx|Socket errors/.test(output) || Number.isNaN(perSecond)) {
    throw new Error(`the load was not answered well:\n${output}`);
  }
  return { perSecond };
}

/**
 * Posts the numbers from `from` on, each once, and ends with the last answer.
 * @returns posts answered a second; throws when any answer was not 2xx.
 */
export async function postEachNumber(
  load: NumberedLoad,
  { from, count }: { from: number; count: number },
): Promise<{ perSecond: number }> {
  const startedAtMs = performance.now();
  // wrk calls `request` once before it starts, to see whether it is well formed.
  const output = await runWrk(
    load,
    timeLimitSeconds,
    `${writerOf(load, from)}
local calls, answered, refused = -1, 0, 0
function request()
  calls = calls + 1
  if calls == 0 then return before .. string.format("%012d", number) .. after end
  if calls > ${count} then return "" end
  return write()
end
function response(status)
  answered = answered + 1
  if status > 299 then refused = refused + 1 end
  if answered == ${count} then
    io.write("answered all, refused " .. refused .. "\\n")
    io.flush()
    os.exit(0)
  end
end`,
  );
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  if (!output.includes('answered all, refused 0\n')) throw new Error(`the load was not answered well:\n${output}`);
  return { perSecond: count / tookSeconds };
}

const timeLimitSeconds = 600;

/** Lua: `write()` gives the next request as text. */
function writerOf({ url, headers, body }: NumberedLoad, from: number): string {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const [before, after, ...more] = `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`.split(numberPlace);
  if (before === undefined || after === undefined || more.length > 0) throw new Error('number the body once');
  return `local before, after, number = ${luaText(before)}, ${luaText(after)}, ${from}
local function write()
  local text = before .. string.format("%012d", number) .. after
  number = number + 1
  return text
end`;
}

function luaText(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`;
}

async function runWrk(load: NumberedLoad, seconds: number, lua: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-wrk-'));
  const script = join(folder, 'post.lua');
  writeFileSync(script, lua);
  const options = ['-t1', `-c${load.connections ?? 128}`, `-d${seconds}s`, '--timeout', '30s', '-s', script];
  const child = spawn('wrk', [...options, load.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  rmSync(folder, { recursive: true, force: true });
  return text;
}
