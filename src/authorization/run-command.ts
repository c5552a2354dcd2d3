import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { FieldError } from './field-error.ts';
import { isOwnSecret } from './own-variables.rules.ts';
import { largestSecretBytes } from './secret-file.ts';

/** Runs a program and resolves with what it printed. Rejects with a FieldError. */
export type CommandRunner = (argv: readonly string[]) => Promise<Buffer>;

const patienceMs = 10_000;

/**
 * Programs that print secrets, without a shell and without input. Neither their arguments nor what they wrote to
 * standard error are told: either may hold a secret.
 * @param environment what they find in their environment, but for Posthorn's own secrets.
 */
export function createCommandRunner(environment: Readonly<Record<string, string | undefined>>): CommandRunner {
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwnSecret(name)));
  return ([program = '', ...parameters]) => {
    const name = `the command ${basename(program)}`;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const options = {
      env,
      encoding: 'buffer',
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      maxBuffer: largestSecretBytes,
      windowsHide: true,
    } as const;
    try {
      const child = execFile(program, parameters, options, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(new FieldError(`${name} ${describe(error)}`));
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end();
    } catch {
      // Node refuses what the system would not take, such as a NUL in an argument, and quotes it.
      reject(new FieldError(`${name} cannot be run; check the program and its arguments`));
    }
    return promise;
  };
}

type RunError = { code?: string | number | null; killed?: boolean; signal?: NodeJS.Signals | null };

function describe({ code, killed, signal }: RunError): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'printed more than 64 kB; let it print the secret alone';
  if (killed === true) return `did not end within ${patienceMs / 1000} s; try it in a terminal as the user of Posthorn`;
  if (code === 'ENOENT') return 'is not there; name the program by its whole path';
  if (typeof code === 'string') return `cannot be run (${code}); let the user of Posthorn execute it`;
  const end = typeof code === 'number' ? `exited with status ${code}` : `was ended by ${signal ?? 'a signal'}`;
  return `${end}; try it in a terminal as the user of Posthorn`;
}
