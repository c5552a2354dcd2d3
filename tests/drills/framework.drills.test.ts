import { proveDrills } from './support/prove-drills.ts';

proveDrills('the example', [
  {
    check: 'delivery.failed-ones-retried',
    quick: true,
    mutate: [
      {
        file: 'src/delivery/decide-outcome.rules.ts',
        find: "  if (scheduledSeconds === undefined) return { kind: 'dead' };",
        replace: `  if (scheduledSeconds === undefined || (result.kind === 'response' && result.status >= 500)) {
    return { kind: 'dead' };
  }`,
      },
    ],
  },
]);
