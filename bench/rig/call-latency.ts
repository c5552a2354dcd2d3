import { fileURLToPath } from 'node:url';
import { runToItsEnd } from './processes.ts';

export type CallProbeOptions = {
  targets: { url: string; key: string }[];
  /** Of all targets together: one is called at a time. */
  ratePerSecond: number;
  seconds: number;
  warmupSeconds: number;
};

export type CallLatency = { answered: number; failed: number; measured: number; p50Ms: number; p99Ms: number };

/** Runs the probe to its end. @returns one for each target */
export async function probeCallLatency(options: CallProbeOptions): Promise<CallLatency[]> {
  const program = fileURLToPath(new URL('./call-probe.ts', import.meta.url));
  const text = await runToItsEnd(process.execPath, [program], { PROBE: JSON.stringify(options) });
  return JSON.parse(text) as CallLatency[];
}
