import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../../audit/canonical-json.rules.ts';
import { verifyCertificate } from '../../reviews/verify-certificate.ts';
import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findReview } from './find-review.ts';

export type ExportFlags = CommonFlags & { out: string; html?: true; pdf?: true };

/**
 * Has a certificate issued and writes it, with the page and the PDF that are part of it where they are wanted. Those of an
 * earlier one in the folder are removed: beside this one they would be found to be changed.
 */
export async function runExport(named: string | undefined, flags: ExportFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const review = await findReview(api, path, named);
  // There is one way to write a certificate, so these are the bytes that came.
  const bundle = `${canonicalJson(await api.request<Json>('GET', `${review}/certificate`))}\n`;
  const { faults, certificate, readings, fingerprint } = verifyCertificate(bundle, null);
  if (certificate === null || readings === null || faults.length > 0) {
    const [fault] = faults;
    throw new CliFailure(
      `what came is no certificate that verifies (${fault?.place} ${fault?.what})`,
      'use a posthorn of the release that the server runs',
    );
  }
  const parts = [
    { name: 'certificate.json', isWanted: true, bytes: Buffer.from(bundle, 'utf8') },
    { name: 'certificate.html', isWanted: flags.html === true, bytes: readings.page },
    { name: 'certificate.pdf', isWanted: flags.pdf === true, bytes: readings.pdf },
  ].map(({ name, ...part }) => ({ path: join(flags.out, name), ...part }));
  const files = parts.filter(({ isWanted }) => isWanted);
  try {
    await mkdir(flags.out, { recursive: true });
    for (const { path: file, isWanted } of parts) if (!isWanted) await rm(file, { force: true });
    for (const file of files) await writeFile(file.path, file.bytes);
  } catch (error) {
    const { code = 'it failed' } = error as NodeJS.ErrnoException;
    throw new CliFailure(`${flags.out} cannot be written to (${code})`, 'name a folder with --out');
  }
  const { passed, at, key } = certificate.manifest;
  const written = files.map((file) => file.path);
  if (flags.json === true) return terminal.out(JSON.stringify({ passed, at, key, fingerprint, files: written }));
  for (const file of written) terminal.out(file);
  terminal.err(`${passed ? 'Passed' : 'Not passed'} as of ${at}; signed by the key ${fingerprint}.`);
}
