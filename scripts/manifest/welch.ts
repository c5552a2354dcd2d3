/** Means and variances of two series that grow, for Welch's t. */
type Series = { count: number; mean: number; squares: number };

const warmUp = 5_000;
/** Times above this share of the first ones are interruptions of the process, of both series alike. */
const keptShare = 0.9;
const triedFirst = 20_000;

/**
 * Welch's t of how long `run` takes with two sorts of input, in turn by chance: within a few of 0 where it takes the same.
 * Every input is made anew just before, and not timed, so that where it lies in memory is not taken for what it says.
 * @param random below 1, as Math.random
 */
export function compareTimes<Input>(
  make: (which: 0 | 1) => Input,
  run: (input: Input) => unknown,
  times: number,
  random: () => number,
): number {
  const time = (which: 0 | 1): number => {
    const input = make(which);
    const startedAt = process.hrtime.bigint();
    run(input);
    return Number(process.hrtime.bigint() - startedAt);
  };
  for (let index = 0; index < warmUp; index += 1) for (const which of [0, 1] as const) time(which);
  const tried = Array.from({ length: triedFirst }, (_, index) => time(index % 2 === 0 ? 0 : 1));
  const limit = tried.toSorted((one, other) => one - other)[Math.floor(triedFirst * keptShare)] ?? Infinity;
  const series: [Series, Series] = [emptySeries(), emptySeries()];
  const left: [number, number] = [times, times];
  while (left[0] + left[1] > 0) {
    const drawn = random() < 0.5 ? 0 : 1;
    const which = left[drawn] > 0 ? drawn : drawn === 0 ? 1 : 0;
    left[which] -= 1;
    const tookNs = time(which);
    if (tookNs <= limit) add(series[which], tookNs);
  }
  return welchT(...series);
}

function emptySeries(): Series {
  return { count: 0, mean: 0, squares: 0 };
}

/** Welford's way, which loses nothing to rounding. */
function add(series: Series, value: number): void {
  series.count += 1;
  const away = value - series.mean;
  series.mean += away / series.count;
  series.squares += away * (value - series.mean);
}

function welchT(one: Series, other: Series): number {
  const spread = ({ squares, count }: Series): number => squares / Math.max(1, count - 1) / Math.max(1, count);
  const error = Math.sqrt(spread(one) + spread(other));
  return error === 0 ? 0 : (one.mean - other.mean) / error;
}
