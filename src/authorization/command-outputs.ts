import { basename } from 'node:path';
import type { Clock } from '../clock.ts';
import { FieldError } from './field-error.ts';
import type { CommandRunner } from './run-command.ts';
import { textOfSecret } from './secret-text.rules.ts';

/** Fresh for a minute, and renewed beside the calls shortly before; for ten minutes better than nothing. */
const keptMs = 60_000;
const renewedFromMs = 45_000;
const usableMs = 600_000;
/** After a failure the command is left alone this long. */
const pauseMs = 5_000;
/** An output that was refused, and that the command has printed again since, is not looked for anew within this time. */
const rereadEveryMs = 30_000;

type Output = {
  value: string | null;
  readAtMs: number;
  running: Promise<string> | null;
  failure: { error: FieldError; atMs: number } | null;
  /** The value that was refused last, and when the command was asked again for that. */
  refused: { value: string; atMs: number } | null;
  /** The value is not to be used without the command having been run again. */
  isStale: boolean;
  usedAtMs: number;
};

/** What commands printed, each run once however many need it. */
export function createCommandOutputs(options: {
  clock: Clock;
  run: CommandRunner;
  onError: (error: FieldError) => void;
}) {
  const { clock } = options;
  const outputs = new Map<string, Output>();

  function outputOf(argv: readonly string[]): Output {
    const nowMs = clock.now();
    const key = argv.join('\0');
    let output = outputs.get(key);
    if (output === undefined) {
      for (const [each, { usedAtMs, running }] of outputs) {
        if (running === null && nowMs - usedAtMs > usableMs) outputs.delete(each);
      }
      output = { value: null, readAtMs: 0, running: null, failure: null, refused: null, isStale: false, usedAtMs: 0 };
      outputs.set(key, output);
    }
    output.usedAtMs = nowMs;
    return output;
  }

  async function run(output: Output, argv: readonly string[]): Promise<string> {
    const startedAtMs = clock.now();
    try {
      const text = textOfSecret(await options.run(argv));
      const name = `the command ${basename(argv[0] ?? '')}`;
      if (text === null) throw new FieldError(`${name} printed no text; let it print the secret alone, in UTF-8`);
      if (text === '') throw new FieldError(`${name} printed nothing; let it print the secret`);
      output.value = text;
      output.readAtMs = startedAtMs;
      output.failure = null;
      // One that ran before the refusal may have printed what was refused.
      output.isStale = output.refused !== null && startedAtMs < output.refused.atMs;
      return text;
    } catch (error) {
      const failure = error instanceof FieldError ? error : new FieldError('the command could not be run');
      output.failure = { error: failure, atMs: clock.now() };
      if (output.value === null || startedAtMs - output.readAtMs > usableMs) throw failure;
      options.onError(failure);
      return output.value;
    } finally {
      output.running = null;
    }
  }

  function start(output: Output, argv: readonly string[]): Promise<string> {
    output.running ??= run(output, argv);
    return output.running;
  }

  return {
    /** The output of the last minute at once; else the command is run. One that fails leaves the last for ten minutes. */
    read(argv: readonly string[]): string | Promise<string> {
      const output = outputOf(argv);
      const nowMs = clock.now();
      const ageMs = nowMs - output.readAtMs;
      const pauses = output.failure !== null && nowMs - output.failure.atMs < pauseMs;
      if (output.value !== null && !output.isStale && ageMs < keptMs) {
        if (ageMs >= renewedFromMs && !pauses) start(output, argv).catch(() => undefined);
        return output.value;
      }
      if (output.running !== null || !pauses) return start(output, argv);
      if (output.value !== null && ageMs <= usableMs) return output.value;
      throw output.failure?.error ?? new FieldError('the command could not be run');
    },
    /** The provider did not take this value. True when it is worth another look: it changed, or may have. */
    reread(argv: readonly string[], value: string): boolean {
      const output = outputOf(argv);
      const nowMs = clock.now();
      if (output.value !== null && output.value !== value) return true;
      const { refused } = output;
      const wasAsked = refused !== null && refused.value === value && nowMs - refused.atMs < rereadEveryMs;
      if (wasAsked) return output.isStale;
      output.refused = { value, atMs: nowMs };
      output.isStale = true;
      output.failure = null;
      return true;
    },
  };
}
