import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed } from '../../finding.rules.ts';

export type ConfirmedWebhooks =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** Since its connection was switched: those that were taken, and those of them that nothing verified. */
      webhooks: number;
      unverified: number;
      /** Deliveries of these that are over an hour old and have not succeeded. */
      undelivered: number;
      /** Completions, and those that were known here over 5 minutes after the provider's own time. */
      completions: number;
      late: number;
    };

/** Since promotion the provider told something, verified and passed on, and of completions soon. */
export function judgeConfirmedWebhooks(facts: ConfirmedWebhooks): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { webhooks, unverified, undelivered, completions, late } = facts;
  const values = { webhooks, unverified, undelivered, completions, late };
  const command = 'posthorn sources rejections <source>';
  if (webhooks === 0) return failed('Since the promotion the provider told nothing.', values, command);
  if (unverified > 0) return failed(`${counted(unverified, 'webhook')} came that nothing verified.`, values, command);
  if (undelivered > 0)
    return failed(
      `${counted(undelivered, 'delivery', 'deliveries')} of these did not succeed within an hour.`,
      values,
      'GET /v1/teams/{team}/deliveries?state=dead',
    );
  if (late > 0) return failed(`${counted(late, 'completion')} became known over 5 minutes late.`, values, command);
  return passed(`Since the promotion ${counted(webhooks, 'webhook')} came, verified and passed on.`, values);
}
