import type { Clock } from '../clock.ts';
import { Problem } from '../problem.ts';
import { deriveUrlKey, signBodyUrl, verifyBodyUrl } from './signed-url.rules.ts';

/** Signed, expiring URLs of bodies, made and read under this Posthorn's master keys. */
export type BodyLinks = {
  urlOf: (event: { teamId: string; eventId: string; expiresAtMs: number }) => string;
  /** @throws Problem forbidden */
  read: (url: { eventId: string; team: string; expires: string; signature: string }) => {
    teamId: string;
    eventId: string;
  };
};

export function createBodyLinks(options: {
  /** The first signs, all open. */
  masterKeys: readonly Buffer[];
  publicUrl: () => string;
  clock: Clock;
}): BodyLinks {
  const keys = options.masterKeys.map(deriveUrlKey);
  return {
    urlOf: (event) => signBodyUrl({ ...event, baseUrl: options.publicUrl(), key: keys[0] as Buffer }),
    read({ eventId, team, expires, signature }) {
      const verdict = verifyBodyUrl({ teamId: team, eventId, expires, signature, nowMs: options.clock.now(), keys });
      if (verdict === 'ok') return { teamId: team, eventId };
      const why =
        verdict === 'expired' ? 'has expired; a resend of its delivery brings a new one' : 'is not one of ours';
      throw new Problem('forbidden', `This URL ${why}.`);
    },
  };
}
