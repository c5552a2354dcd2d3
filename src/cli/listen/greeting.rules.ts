import type { Paint } from '../terminal/paint.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';

/** What a run says once, when it is connected: what it listens to, where it forwards to, and the secret. */
export function greetingLines(
  subject: { url: string; source: string | null; endpoint: string | null; forward: URL | null; secret: string | null },
  paint: Paint,
): string[] {
  const { url, source, endpoint, forward, secret } = subject;
  const of = [
    ...(source === null ? [] : [`source ${safeText(source, 'one line')}`]),
    ...(endpoint === null ? [] : [`endpoint ${safeText(endpoint, 'one line')}`]),
  ];
  const to = of.length === 0 ? 'all events' : of.join(', ');
  return [
    `${paint.bold('Posthorn listens')} at ${paint.cyan(url)} to ${to} (Ctrl-C ends it)`,
    ...(forward === null ? [] : [`Forwarding to ${paint.cyan(withoutPassword(forward))}`]),
    ...(secret === null ? [] : [`signed with ${secret}`]),
  ];
}

/** A greeting stays in the terminal's history, and is pasted into reports. */
function withoutPassword(url: URL): string {
  if (url.password === '') return url.href;
  const shown = new URL(url);
  shown.password = '***';
  return shown.href;
}
