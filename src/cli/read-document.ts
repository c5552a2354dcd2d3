import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { CliFailure } from './failure.ts';

/**
 * The object that a YAML or JSON file holds; `-` reads standard input.
 * @param about what it should hold, and how to come by such a file: for the error
 * @throws CliFailure
 */
export async function readDocument(
  file: string,
  about: { holds: string; remedy: string },
): Promise<Record<string, unknown>> {
  const source = await readText(file);
  let document: unknown;
  try {
    document = parse(source);
  } catch {
    throw new CliFailure(`${file} is neither YAML nor JSON`, about.remedy);
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw new CliFailure(`${file} holds no ${about.holds}`, about.remedy);
  }
  return document as Record<string, unknown>;
}

async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliFailure(`${file} cannot be read (${code})`, 'name a file with --file, or - to read here');
  }
}
