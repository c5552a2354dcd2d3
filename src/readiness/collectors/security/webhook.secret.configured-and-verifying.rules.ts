import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

export type SourceVerification = {
  credentials: readonly { name: string; kind: string; isExpired: boolean }[];
  /** Events of 7 days by the credential that verified them; a null name was verified by nothing. */
  verifiedBy: readonly { credential: string | null; events: number }[];
  /** Requests since the credentials were changed whose signature none of them makes. */
  refused: number;
};

/** Requests verify under what is configured now, and nothing came in unverified. */
export function judgeVerification({ credentials, verifiedBy, refused }: SourceVerification): Finding {
  const live = credentials.filter(({ isExpired }) => !isExpired);
  const kinds = new Set(credentials.map(({ kind }) => kind));
  const dead = [...kinds].filter((kind) => !live.some((credential) => credential.kind === kind));
  const unverified = verifiedBy.reduce((sum, each) => sum + (each.credential === null ? each.events : 0), 0);
  const names = new Set(live.map(({ name }) => name));
  const present = verifiedBy.reduce(
    (sum, { credential, events }) => sum + (credential !== null && names.has(credential) ? events : 0),
    0,
  );
  const values = { credentials: live.length, verifiedEvents7Days: present, unverifiedEvents7Days: unverified, refused };
  const command = 'posthorn sources show <source>';
  if (live.length === 0) return failed('The source has no credential that has not expired.', values, command);
  if (dead.length > 0) return failed(`Every credential of the kind ${dead.join(', ')} has expired.`, values, command);
  if (unverified > 0) {
    return failed(`${counted(unverified, 'event')} of 7 days were accepted without verification.`, values, command);
  }
  if (present > 0) {
    return passed(`${counted(present, 'event')} of 7 days verified with what is configured now.`, values);
  }
  if (refused > 0) {
    const seen = `${counted(refused, 'request')} came with a signature that no credential makes, and none verified.`;
    return failed(seen, values, 'posthorn sources rejections <source>');
  }
  if (verifiedBy.length > 0) {
    return unknown('Nothing came since the credentials were changed.', values, "send the provider's test");
  }
  return unknown('Nothing has come within 7 days.', values, "send the provider's test");
}
