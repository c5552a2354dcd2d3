import type { Clock } from '../clock.ts';
import type { CredentialField } from '../connections/connection-config.ts';
import { createCommandOutputs } from './command-outputs.ts';
import { FieldError } from './field-error.ts';
import { isOwnSecret } from './own-variables.rules.ts';
import type { CommandRunner } from './run-command.ts';
import { type FileStamp, readSecretFile, stampFile } from './secret-file.ts';
import { textOfSecret } from './secret-text.rules.ts';

/** Reads the fields of credentials where they are. */
export type FieldReader = {
  /** At once, unless a command has to be run. Throws, or rejects with, a FieldError. */
  read(field: CredentialField): string | Promise<string>;
  /**
   * The provider did not take this value of the field, so it is read again at once.
   * @returns whether another value may be read now. Of a command that is unknown until it has run: true.
   */
  reread(field: CredentialField, value: string): boolean;
};

type KnownFile = { text: string; stamp: FileStamp; readAtMs: number; lookedAtMs: number };

/** A file is looked at this often, and read again when it has changed or after that long. */
const lookEveryMs = 1_000;
const fileKeptMs = 30_000;
const forgottenAfterMs = 600_000;

export function createFieldReader(options: {
  clock: Clock;
  readEnv: (name: string) => string | undefined;
  run: CommandRunner;
  onError: (error: FieldError) => void;
}): FieldReader {
  const { clock } = options;
  const files = new Map<string, KnownFile>();
  const outputs = createCommandOutputs(options);

  function readFile(path: string): string {
    const nowMs = clock.now();
    const known = files.get(path);
    if (known !== undefined && nowMs - known.readAtMs < fileKeptMs) {
      if (nowMs - known.lookedAtMs < lookEveryMs) return known.text;
      known.lookedAtMs = nowMs;
      if (stampFile(path) === known.stamp) return known.text;
    }
    files.delete(path);
    for (const [each, { readAtMs }] of files) if (nowMs - readAtMs > forgottenAfterMs) files.delete(each);
    const { bytes, stamp } = readSecretFile(path);
    const text = textOfSecret(bytes);
    if (text === null) throw new FieldError(`the file ${path} holds no text; let it hold the secret alone, in UTF-8`);
    if (text === '') throw new FieldError(`the file ${path} is empty; put the secret into it`);
    files.set(path, { text, stamp, readAtMs: nowMs, lookedAtMs: nowMs });
    return text;
  }

  function readEnv(name: string): string {
    if (isOwnSecret(name)) throw new FieldError(`the environment variable ${name} is Posthorn's own; name another`);
    const value = options.readEnv(name);
    if (value !== undefined && value !== '') return value;
    throw new FieldError(`the environment variable ${name} is not set where Posthorn runs; set it and restart`);
  }

  function isOther(value: string, read: () => string): boolean {
    try {
      return read() !== value;
    } catch (error) {
      // What is wrong is said by who reads it next.
      if (error instanceof FieldError) return true;
      throw error;
    }
  }

  return {
    read(field) {
      if ('value' in field) return field.value;
      if ('fromFile' in field) return readFile(field.fromFile);
      if ('fromEnv' in field) return readEnv(field.fromEnv);
      return outputs.read(field.fromCommand);
    },
    reread(field, value) {
      if ('value' in field) return false;
      if ('fromEnv' in field) return isOther(value, () => readEnv(field.fromEnv));
      if ('fromCommand' in field) return outputs.reread(field.fromCommand, value);
      files.delete(field.fromFile);
      return isOther(value, () => readFile(field.fromFile));
    },
  };
}
