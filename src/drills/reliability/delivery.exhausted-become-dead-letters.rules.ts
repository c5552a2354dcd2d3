import type { Finding } from '../../readiness/finding.ts';
import { verdict } from './verdict.rules.ts';

/** What became of the deliveries of one endpoint that refused everything. */
export type RefusedFacts = {
  /** `api` or `source`: where its events came from. */
  from: string;
  events: number;
  /** Listed as dead. */
  dead: number;
  /** Dead with exactly the attempts that the schedule allows. */
  exhausted: number;
  /** From the last request to being listed as dead; null when one never was. */
  slowestMs: number | null;
  /** Events whose body was read and is what was sent. */
  readable: number;
  resent: number;
  /** Came again after the mending, with the same id and bytes, and succeeded. */
  deliveredLater: number;
};

export type DeadLetterFacts = {
  refused: readonly RefusedFacts[];
  /** By how much the count of dead letters went up. */
  counted: number;
  /** The other endpoint of the source: what it got of what it should have got. */
  others: { events: number; delivered: number };
};

const withinMs = 5_000;

/** Every refused delivery is dead in time, counted, readable, and delivered by a replay. */
export function judgeDeadLetters({ refused, counted, others }: DeadLetterFacts): Finding {
  const events = refused.reduce((sum, each) => sum + each.events, 0);
  const values = {
    refused: events,
    dead: refused.reduce((sum, { dead }) => sum + dead, 0),
    counted,
    slowestMs: Math.max(...refused.map(({ slowestMs }) => slowestMs ?? -1)),
    deliveredLater: refused.reduce((sum, { deliveredLater }) => sum + deliveredLater, 0),
  };
  const demands = refused.flatMap((each) => {
    const of = `of ${each.events} deliveries of events of the ${each.from}`;
    return [
      [each.dead === each.events, `${each.dead} ${of} are on record as dead.`],
      [each.exhausted === each.events, `${each.exhausted} ${of} used exactly the attempts of their schedule.`],
      [
        each.dead < each.events || (each.slowestMs !== null && each.slowestMs <= withinMs),
        `One was listed as dead ${each.slowestMs} ms after its last attempt, and ${withinMs} ms are allowed.`,
      ],
      [each.readable === each.events, `The bodies of ${each.readable} ${of} can be read as they were sent.`],
      [each.resent === each.events, `The replay sent ${each.resent} ${of} again.`],
      [each.deliveredLater === each.events, `${each.deliveredLater} ${of} arrived after the mending.`],
    ] as const;
  });
  return verdict(
    [
      ...demands,
      [counted === events, `${counted} dead letters were counted, and ${events} became ones.`],
      [others.delivered === others.events, `The other endpoint got ${others.delivered} of ${others.events} events.`],
    ],
    `All ${events} refused deliveries became dead letters, could be read, and were delivered by a replay.`,
    values,
  );
}
