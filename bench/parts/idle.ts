import type { Figure } from '../rig/figures.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import type { Rig } from './throughput.ts';

const seconds = 60;

/** (h) What an empty Posthorn costs: processor share and transactions a minute. */
export async function measureIdle(rig: Rig): Promise<Figure[]> {
  rig.progress('(h) idle for a minute');
  const url = await rig.database.create('bench_posthorn');
  const posthorn = await startPosthorn(url);
  await posthorn.makeTeam({ types: ['bench.event'], endpoints: [{ url: 'http://127.0.0.1:9/' }] });
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const transactions = async (): Promise<number> => {
    const [row] = await rig.database.query<{ n: string }>(
      url,
      'SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row?.n);
  };
  const [cpuBefore, before] = [posthorn.cpuSeconds(), await transactions()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const [cpu, after] = [posthorn.cpuSeconds() - cpuBefore, await transactions()];
  await posthorn.stop();
  const perMinute = ((after - before) * 60) / seconds;
  return [
    {
      part: 'h',
      what: 'idle: transactions a minute (autovacuum and the measurement included) and processor share',
      value: `${Math.round(perMinute)} a minute, ${((cpu / seconds) * 100).toFixed(2)} % of a core`,
      promise: 'a few, not thousands',
      holds: perMinute < 120,
      raw: { perMinute, cpuSeconds: cpu },
    },
  ];
}
