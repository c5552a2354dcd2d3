import type { Drill } from '../../../src/drills/drill.ts';
import { failed, passed } from '../../../src/readiness/finding.rules.ts';

/** What has the shape of a secret, which drills here put everywhere. */
export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const bearer = 'Bearer phk_01kajxkkj8ffkr1g8xs6a3ek0r_Q0x5b1lqU2R1bGx5UmFuZG9tU2VjcmV0VmFsdWVzMTI';
/** What drills of tests have in common: harmless, and about the gateway. */
export const drill: Omit<Drill, 'checkId' | 'run'> = {
  subject: 'gateway',
  version: 1,
  does: 'Something.',
  touches: 'nothing',
  safeInProduction: true,
  limitSeconds: 60,
};
/** What the drills here did, and what they are told. */
export const plays = {
  played: [] as string[],
  /** URLs of what was still there when a drill was ended. */
  ended: [] as string[],
  /** The drill that hangs goes on. */
  release: (): void => undefined,
  forget(): void {
    plays.played = [];
    plays.ended = [];
  },
};

/** Of every way that a drill may go. */
export const playedDrills: readonly Drill[] = [
  {
    ...drill,
    checkId: 'drill.passes',
    run(stage) {
      plays.played.push(stage.teamId);
      stage.progress(1, 2);
      stage.note('It was done.', { tries: 2 });
      return Promise.resolve(passed('All is well.', { tries: 2 }));
    },
  },
  {
    ...drill,
    checkId: 'drill.loads',
    safeInProduction: false,
    run: () => Promise.resolve(passed('The machine bore it.', {})),
  },
  { ...drill, checkId: 'drill.fails', run: () => Promise.resolve(failed('It broke.', {}, 'mend it')) },
  {
    ...drill,
    checkId: 'drill.throws',
    run: () => Promise.reject(new Error(`the gateway refused ${bearer}`)),
  },
  {
    ...drill,
    checkId: 'drill.leaks',
    async run(stage) {
      const receiver = await stage.receiver();
      stage.note(`It said ${bearer}.`, {
        secret,
        url: 'postgresql://u:hunter22@localhost/x',
        key: stage.gateway.operatorKey,
      });
      stage.note(`The operator has ${stage.gateway.operatorKey}.`);
      return passed(`Signed with ${secret} for ${receiver.url}.`, { authorization: bearer });
    },
  },
  {
    ...drill,
    checkId: 'drill.waits',
    async run(stage) {
      plays.played.push('waits');
      await new Promise<void>((resolve, reject) => {
        plays.release = resolve;
        stage.signal.addEventListener('abort', () => reject(stage.signal.reason as Error));
      });
      return passed('It was let go.');
    },
  },
  {
    ...drill,
    checkId: 'drill.never-ends',
    limitSeconds: 1,
    async run(stage) {
      const receiver = await stage.receiver();
      stage.signal.addEventListener('abort', () => plays.ended.push(receiver.url));
      return new Promise(() => undefined);
    },
  },
  {
    ...drill,
    checkId: 'drill.talks',
    run(stage) {
      for (let index = 0; index < 2_000; index += 1) stage.note('x'.repeat(400), { index });
      return Promise.resolve(passed('It said much.'));
    },
  },
  {
    ...drill,
    checkId: 'endpoint.touched',
    subject: 'endpoint',
    touches: 'integration',
    safeInProduction: false,
    run: (_stage, subject) => Promise.resolve(passed(`${subject.id} is well.`)),
  },
];
