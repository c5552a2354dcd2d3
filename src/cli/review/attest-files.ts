import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';

/** What a file is said to be; Posthorn looks whether it is. */
const contentTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
};

export type FileProof = { kind: 'file'; name: string; sha256: string };

/** Stores a file at Posthorn, to be attested by its hash. */
export async function storeProof(api: ApiClient, team: string, path: string): Promise<FileProof> {
  const name = basename(path);
  const contentType = contentTypes[extname(path).toLowerCase()];
  if (contentType === undefined) {
    const known = Object.keys(contentTypes).join(', ');
    throw new CliFailure(`${name} is of no kind that can be attested`, `name a file that ends with ${known}`, 2);
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    const { code = 'it failed' } = error as NodeJS.ErrnoException;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name a file with --file', 2);
  });
  const body = { name, contentType, base64: bytes.toString('base64') };
  const { sha256 } = await api.request<{ sha256: string }>('POST', `${team}/attestations/files`, body);
  return { kind: 'file', name, sha256 };
}
