import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readKnownKey, type VerifiedCertificate, verifyCertificate } from '../../reviews/verify-certificate.ts';
import { CliFailure } from '../failure.ts';
import { counted } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type VerifyBundleFlags = { key?: string; json?: true };

const bundleName = 'certificate.json';
const mostShown = 20;

/**
 * Verifies a certificate from its files alone: no gateway, no database, no configuration. The exit code is 1 when anything is
 * not as it was issued.
 * @param path the file, or the folder that it was exported to
 */
export async function runVerifyBundle(path: string, flags: VerifyBundleFlags, terminal: Terminal): Promise<0 | 1> {
  const known = flags.key === undefined ? null : await readKey(flags.key);
  const isFolder = (await stat(path).catch((error: unknown) => unreadable(path, error))).isDirectory();
  const file = isFolder ? join(path, bundleName) : path;
  const bytes = await readFile(file).catch((error: unknown) => unreadable(file, error));
  const verdict = verifyCertificate(bytes.toString('utf8'), known);
  const { readings, isKeyTrusted, fingerprint, certificate } = verdict;
  // Bytes that are no UTF-8 read as other text, which could read the same.
  const isText = Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
  const beside = isFolder ? await readBeside(dirname(file), readings) : { faults: [], others: [] };
  const faults = [
    ...(isText ? [] : [{ place: basename(file), what: 'is no UTF-8: bytes of it changed' }]),
    ...verdict.faults,
    ...beside.faults,
  ];
  const ok = faults.length === 0;
  const manifest = certificate?.manifest ?? null;
  if (flags.json === true) {
    terminal.out(
      JSON.stringify({ ok, isKeyTrusted, fingerprint, manifest, faults, notVerified: beside.others }, null, 2),
    );
    return ok ? 0 : 1;
  }
  const { paint } = terminal;
  const plain = (text: string): string => safeText(text, 'one line');
  for (const { place, what } of faults.slice(0, mostShown)) terminal.out(paint.red(plain(`${place} ${what}`)));
  if (faults.length > mostShown) terminal.out(`... and ${faults.length - mostShown} more`);
  if (ok && manifest !== null && certificate !== null) {
    const { review, checks, signOffs } = certificate.parts;
    terminal.out(plain(`${review.name} (${review.id}), team ${review.teamName}`));
    const stood = `${manifest.passed ? 'Passed' : 'Not passed'} as of ${manifest.at}, release ${manifest.release}`;
    terminal.out(plain(`${stood}: ${counted(checks.length, 'check')}, ${counted(signOffs.length, 'signature')}.`));
  }
  terminal.out(ok ? paint.green('The certificate is whole.') : paint.red('The certificate is not as it was issued.'));
  for (const name of beside.others) terminal.err(`${plain(name)} is no part of it, and was not looked at.`);
  if (!isKeyTrusted) terminal.err(withoutKey(fingerprint));
  return ok ? 0 : 1;
}

function withoutKey(fingerprint: string | null): string {
  const own = fingerprint === null ? '' : ` (${fingerprint})`;
  return `Signatures were checked with the key in the certificate itself${own}: that proves only that it fits together. Give the key, or its fingerprint, that you know from elsewhere with --key.`;
}

/** The page and the PDF beside a certificate are those in it, byte for byte. */
async function readBeside(folder: string, readings: VerifiedCertificate['readings']) {
  const faults: { place: string; what: string }[] = [];
  const names = (await readdir(folder)).filter((name) => name !== bundleName).toSorted();
  const own = new Map([
    ['certificate.html', readings?.page],
    ['certificate.pdf', readings?.pdf],
  ]);
  for (const name of names) {
    const expected = own.get(name);
    if (expected === undefined) continue;
    const bytes = await readFile(join(folder, name)).catch((error: unknown) => unreadable(name, error));
    if (!bytes.equals(expected))
      faults.push({ place: name, what: 'is not the one in the certificate: it was changed' });
  }
  return { faults, others: names.filter((name) => !own.has(name)) };
}

/** A file with the key, the key itself, or its fingerprint. */
async function readKey(given: string) {
  const key = readKnownKey(given) ?? readKnownKey(await readFile(given, 'utf8').catch(() => ''));
  if (key !== null) return key;
  throw new CliFailure(
    '--key is no Ed25519 key, no file that holds one, and no fingerprint of one',
    'take it from posthorn audit public-key, and keep it',
    2,
  );
}

function unreadable(path: string, error: unknown): never {
  const { code = 'it failed' } = error as NodeJS.ErrnoException;
  throw new CliFailure(`${path} cannot be read (${code})`, 'name a certificate, or the folder it was exported to', 2);
}
