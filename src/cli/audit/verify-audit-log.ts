import type { KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { readCheckpoint, readPublicKey, type SignedCheckpoint } from '../../audit/checkpoint.rules.ts';
import { readPublicSigningKey } from '../../audit/checkpoint-signer.ts';
import { verifyAudit } from '../../audit/verify-audit.ts';
import { verifyExport } from '../../audit/verify-export.ts';
import { SealError } from '../../sealing/seal-error.ts';
import { createSealer } from '../../sealing/sealer.ts';
import { CliFailure } from '../failure.ts';
import { type KeyWork, withKeys } from '../keys/open-keys.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { renderVerdict, type Verdict } from './render-audit.rules.ts';
import { splitLines } from './split-lines.ts';

export type VerifyFlags = {
  export?: string;
  checkpoint?: readonly string[];
  publicKey?: string;
  config?: string;
  data?: string;
  json?: true;
};

type Other = { checkpoint: SignedCheckpoint; called: string };

/** Verifies the log in the database, or an export. The exit code is 1 when anything is not as it was written. */
export async function runVerify(flags: VerifyFlags, terminal: Terminal): Promise<0 | 1> {
  const publicKey = flags.publicKey === undefined ? null : await readKey(flags.publicKey);
  const others = (await Promise.all((flags.checkpoint ?? []).map(readCheckpoints))).flat();
  const input = { publicKey, others };
  const { verdict, hints } =
    flags.export === undefined ? await inDatabase(flags, terminal, input) : await inExport(flags.export, input);
  const isWhole = verdict.faults.length === 0;
  if (flags.json === true) terminal.out(JSON.stringify({ ok: isWhole, ...verdict }, null, 2));
  else for (const line of renderVerdict(verdict, hints, terminal)) terminal.out(line);
  return isWhole ? 0 : 1;
}

type Input = { publicKey: KeyObject | null; others: readonly Other[] };
type Outcome = { verdict: Verdict; hints: string[] };

async function inDatabase(flags: VerifyFlags, terminal: Terminal, { publicKey, others }: Input): Promise<Outcome> {
  const work = async (ctx: KeyWork): Promise<Outcome> => {
    const key = publicKey ?? (await storedKey(ctx));
    const verdict = await verifyAudit(ctx.database, { publicKey: key, others });
    return { verdict, hints: others.length > 0 ? [] : [withoutWitness] };
  };
  return withKeys(flags, terminal, work);
}

async function inExport(path: string, { publicKey, others }: Input): Promise<Outcome> {
  const lines = splitLines(createReadStream(path));
  const verdict = await verifyExport(lines, { publicKey, others }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name an export with --export');
  });
  const hints = verdict.isKeyTrusted ? [] : [withoutKey];
  return { verdict, hints: others.length > 0 ? hints : [...hints, withoutWitness] };
}

const withoutWitness =
  'Whoever holds the database and the master key could have written it anew: only a checkpoint that was kept elsewhere tells (--checkpoint).';
const withoutKey =
  'Signatures were checked with the key in the export itself: give the one you kept with --public-key.';

async function storedKey({ database, masterKeys }: KeyWork): Promise<KeyObject | null> {
  try {
    return await readPublicSigningKey(database, createSealer({ masterKeys }));
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new CliFailure(
      'the key of the audit log does not open with the master keys',
      'give --public-key, or the right key',
    );
  }
}

/** A file, or the key itself. */
async function readKey(given: string): Promise<KeyObject> {
  const text = await readFile(given, 'utf8').catch(() => given);
  const key = readPublicKey(text);
  if (key !== null) return key;
  throw new CliFailure(
    'the public key is no Ed25519 key, and no file that holds one',
    'print it with posthorn audit public-key',
  );
}

/** One checkpoint, a list of them as the API answers it, or one a line. */
async function readCheckpoints(path: string): Promise<Other[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name a file with --checkpoint');
  });
  const found = parseValues(text).map(readCheckpoint);
  const genuine = found.filter((each) => each !== null);
  if (genuine.length === 0 || genuine.length < found.length) {
    throw new CliFailure(`${path} holds something else than checkpoints`, 'write one with posthorn audit checkpoint');
  }
  return genuine.map((checkpoint) => ({ checkpoint, called: `the checkpoint in ${path}` }));
}

function parseValues(text: string): unknown[] {
  try {
    const value = JSON.parse(text) as { data?: unknown };
    return Array.isArray(value.data) ? (value.data as unknown[]) : [value];
  } catch {
    return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parsed(line)]));
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
