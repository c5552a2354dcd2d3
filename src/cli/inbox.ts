import type { AnswerPlan } from './inbox/choose-answer.rules.ts';
import { type ReceivedWebhook, startInboxServer } from './inbox/inbox-server.ts';
import { renderWebhook, webhookAsJson } from './inbox/render-webhook.rules.ts';
import { secretProblem, type Verification } from './inbox/verify-webhook.rules.ts';
import { CliFailure } from './failure.ts';
import { untilStopped } from './stop-signals.ts';
import { counted } from './terminal/readable.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

export type InboxOptions = {
  host: string;
  port: number;
  verification: Verification;
  plan: AnswerPlan;
  /** Webhooks to answer before it ends; `null`: until stopped. */
  max: number | null;
  json: boolean;
  full: boolean;
};

/**
 * Runs the receiver until `max` webhooks are answered or the process is told to stop.
 * Resolves with the exit code: 1 when a secret was given and a signature did not hold.
 */
export async function runInbox(options: InboxOptions, terminal: Terminal, stopped = untilStopped()): Promise<0 | 1> {
  const { verification } = options;
  for (const secret of verification.secrets) {
    const problem = secretProblem(secret, verification);
    if (problem === null) continue;
    const why = problem.charAt(0).toLowerCase() + problem.slice(1).replace(/\.$/, '');
    throw new CliFailure(`--secret cannot be used: ${why}`, 'copy it from the answer that made the endpoint', 2);
  }
  const { paint } = terminal;
  const tally = { answered: 0, refused: 0 };
  const enough = Promise.withResolvers<void>();

  const onReceived = (webhook: ReceivedWebhook): void => {
    if (options.json) terminal.out(webhookAsJson(webhook));
    else for (const line of [...renderWebhook(webhook, { ...terminal, full: options.full }), '']) terminal.out(line);
    if (verification.secrets.length > 0 && webhook.verdict.state !== 'verified') tally.refused += 1;
  };
  const onAnswered = (): void => {
    tally.answered += 1;
    if (options.max !== null && tally.answered >= options.max) enough.resolve();
  };

  const server = await startInboxServer({
    host: options.host,
    port: options.port,
    verification: () => verification,
    plan: () => options.plan,
    onReceived,
    onAnswered,
  });
  if (!options.json) {
    terminal.out(`${paint.bold('Posthorn inbox')} at ${paint.cyan(server.url)} (Ctrl-C ends it)`);
    if (verification.secrets.length === 0) terminal.out(paint.dim('No --secret: signatures are not checked.'));
    terminal.out('');
  }
  await Promise.race([enough.promise, stopped]);
  await server.stop();
  const refused = tally.refused === 0 ? '' : `, ${tally.refused} with no valid signature`;
  if (!options.json) terminal.err(paint.dim(`${counted(tally.answered, 'webhook')} received${refused}.`));
  return tally.refused === 0 ? 0 : 1;
}
