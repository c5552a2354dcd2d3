import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Measured } from '../../src/release/manifest-schema.ts';
import { git } from './git.ts';

const secretRules = '1';

/** Shapes that only live secrets have, as those who hand them out made them recognisable. */
const shapes: Readonly<Record<string, RegExp>> = {
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)+(?:[A-Za-z0-9+/=]{40,}(?:\s|\\n)+){2,}/g,
  'an access key of AWS': /\bAKIA[0-9A-Z]{16}\b/g,
  'a token of GitHub': /\bgh[pousr]_[A-Za-z0-9]{36,}\b/g,
  'a live key of Stripe': /\b[sr]k_live_[A-Za-z0-9]{20,}\b/g,
  'a token of Slack': /\bxox[abprs]-\d{8,}-[A-Za-z0-9-]{20,}/g,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}\b/g,
  'a key of Google': /\bAIza[0-9A-Za-z_-]{35}\b/g,
};
/** Published examples of others, which open nothing. */
const published = /EXAMPLE$/;

/** Put together here, so that the scan does not find them in this file. */
const planted: Readonly<Record<string, string>> = {
  'a private key': `-----BEGIN ${'PRIVATE KEY'}-----\n${'A'.repeat(64)}\n${'B'.repeat(64)}\n`,
  'an access key of AWS': `AK${'IA'}${'Q7'.repeat(8)}`,
  'a token of GitHub': `gh${'p_'}${'a1'.repeat(18)}`,
  'a live key of Stripe': `sk_${'live_'}${'a1'.repeat(12)}`,
  'a token of Slack': `xox${'b-'}1234567890-${'a1'.repeat(12)}`,
  'a token of npm': `npm${'_'}${'a1'.repeat(18)}`,
  'a key of Google': `AI${'za'}${'a1b2c'.repeat(7)}`,
};

/** Scans every version of every file that the history holds. */
export async function scanSecrets(root: string): Promise<Measured<'scans'>['scanners'][number]> {
  const objects = git(root, 'rev-list', '--objects', '--all')
    .split('\n')
    .filter((line) => line.includes(' '));
  const paths = new Map(objects.map((line): [string, string] => [line.slice(0, 40), line.slice(41)]));
  const high = new Set<string>();
  let files = 0;
  for await (const { id, text } of contentsOf(root, [...paths.keys()])) {
    files += 1;
    for (const { what, digest } of findSecrets(text)) high.add(`${paths.get(id) ?? id}: ${what} (${digest})`);
  }
  return {
    scanner: 'secrets',
    rules: secretRules,
    files,
    filesThere: countBlobs(root, [...paths.keys()]),
    overHistory: true,
    high: [...high].toSorted(),
    foundPlanted: Object.entries(planted).every(([what, text]) =>
      findSecrets(`x ${text} y`).some((each) => each.what === what),
    ),
  };
}

/** Secrets in a text, each as its shape and the beginning of a digest: never itself. */
function findSecrets(text: string): { what: string; digest: string }[] {
  return Object.entries(shapes).flatMap(([what, shape]) =>
    [...text.matchAll(shape)]
      .filter(([match]) => !published.test(match))
      .map(([match]) => ({ what, digest: createHash('sha256').update(match).digest('hex').slice(0, 12) })),
  );
}

function countBlobs(root: string, ids: readonly string[]): number {
  const { stdout } = spawnSync('git', ['cat-file', '--batch-check=%(objecttype)'], {
    cwd: root,
    input: ids.join('\n'),
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  return stdout.split('\n').filter((type) => type === 'blob').length;
}

/** The contents of the blobs among these objects, one after another. */
async function* contentsOf(root: string, ids: readonly string[]): AsyncGenerator<{ id: string; text: string }> {
  const child = spawn('git', ['cat-file', '--batch'], { cwd: root, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${ids.join('\n')}\n`);
  let rest: Buffer = Buffer.alloc(0);
  let wanted = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (rest.length < wanted) continue;
    for (;;) {
      const line = rest.indexOf(10);
      if (line === -1) break;
      const [id = '', type, size] = rest.subarray(0, line).toString('latin1').split(' ');
      const end = line + 1 + Number(size ?? 0);
      wanted = end + 1;
      if (rest.length < wanted) break;
      if (type === 'blob') yield { id, text: rest.subarray(line + 1, end).toString('latin1') };
      rest = rest.subarray(wanted);
      wanted = 0;
    }
  }
}
