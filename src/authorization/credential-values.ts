import { CredentialError } from './authorizer.ts';
import type { ConnectionCredential } from '../connections/connection-config.ts';
import { FieldError } from './field-error.ts';
import type { FieldReader } from './field-reader.ts';

/** The fields of a credential, read. */
export type CredentialValues = Readonly<Record<string, string>>;

/**
 * Reads every field, at once unless a command has to be run.
 * @throws CredentialError, or rejects with one: `unusable`
 */
export function readValues(
  reader: FieldReader,
  credential: ConnectionCredential,
): CredentialValues | Promise<CredentialValues> {
  const values: Record<string, string> = {};
  const waits: Promise<void>[] = [];
  for (const [name, field] of Object.entries(credential.fields)) {
    try {
      const read = reader.read(field);
      if (typeof read === 'string') values[name] = read;
      else
        waits.push(read.then((value) => void (values[name] = value)).catch((error: unknown) => rethrow(name, error)));
    } catch (error) {
      // Those that are under way are waited for by nobody now.
      for (const wait of waits) wait.catch(() => undefined);
      rethrow(name, error);
    }
  }
  return waits.length === 0 ? values : Promise.all(waits).then(() => values);

  function rethrow(name: string, error: unknown): never {
    if (!(error instanceof FieldError)) throw error;
    throw new CredentialError('unusable', `${nameOf(credential)}, field ${name}: ${error.message}`);
  }
}

/** The values that the provider refused are read again. True when one of them is, or may be, another now. */
export function rereadValues(reader: FieldReader, credential: ConnectionCredential, values: CredentialValues): boolean {
  let mayDiffer = false;
  for (const [name, field] of Object.entries(credential.fields)) {
    if (reader.reread(field, values[name] ?? '')) mayDiffer = true;
  }
  return mayDiffer;
}

/** A field that this kind cannot do without. @throws CredentialError */
export function demandValue(credential: ConnectionCredential, values: CredentialValues, name: string): string {
  const value = values[name];
  if (value !== undefined && value !== '') return value;
  throw new CredentialError('unusable', `${nameOf(credential)} has no ${name}; enter it`);
}

/** How errors name a credential. */
export function nameOf({ name }: ConnectionCredential): string {
  return `credential ${JSON.stringify(name)}`;
}
