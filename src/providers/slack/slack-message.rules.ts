import { isJsonObject } from '../../filtering/json.rules.ts';
import { jsonOf, maskTexts, textAt } from '../signature.rules.ts';

/**
 * What a body says, as far as we care. `eventId` is Slack's own. What is `sentOnce` is never repeated by Slack, so that
 * the same bytes at another time tell of something else.
 */
export type SlackMessage = {
  type: string | null;
  eventId: string | null;
  sentOnce: boolean;
  team: string | null;
  channel: string | null;
  timeText: string | null;
};

const nothing = { type: null, eventId: null, team: null, channel: null, timeText: null };
/** The app's own verification token, and where anybody may answer in its name for half an hour. */
const liveNames = ['token', 'response_url'];

/** Reads the JSON of the Events API and the forms of slash commands and interactivity. */
export function readSlackMessage(body: Buffer): SlackMessage {
  const json = jsonOf(body);
  if (isJsonObject(json)) return readEvent(json);
  const form = new URLSearchParams(body.toString('utf8'));
  const payload = form.get('payload');
  if (payload !== null) return readInteraction(jsonOf(Buffer.from(payload)));
  const command = form.get('command');
  if (command === null) return { ...nothing, sentOnce: true };
  const [, commandName] = /^\/([\w-]+)$/.exec(command) ?? [];
  return {
    ...nothing,
    type: commandName === undefined ? 'slash_command' : `slash_command.${commandName}`,
    sentOnce: true,
    team: form.get('team_id'),
    channel: form.get('channel_id'),
  };
}

/** The challenge of a `url_verification`; null for anything else. */
export function challengeOf(body: Buffer): string | null {
  const json = jsonOf(body);
  if (textAt(json, 'type') !== 'url_verification') return null;
  const challenge = textAt(json, 'challenge');
  return challenge !== null && /^[\x21-\x7e]{1,512}$/.test(challenge) ? challenge : null;
}

/** The body with `***` for what still opens something; null when there is none. Bodies that were cut off will do. */
export function maskLiveTexts(body: Buffer): Buffer | null {
  const text = body.toString('utf8');
  if (/^\s*[{[]/.test(text)) return maskJson(body);
  let masked = false;
  const fields = text.split('&').map((field) => {
    const [[name, value] = ['', '']] = new URLSearchParams(field);
    const shown = name === 'payload' ? maskJson(Buffer.from(value))?.toString('utf8') : maskedField(name, value);
    if (shown === undefined) return field;
    masked = true;
    return `${name}=${name === 'payload' ? encodeURIComponent(shown) : shown}`;
  });
  return masked ? Buffer.from(fields.join('&')) : null;
}

function readEvent(json: unknown): SlackMessage {
  const type = textAt(json, 'type');
  const isCallback = type === 'event_callback';
  return {
    type: isCallback ? textAt(json, 'event', 'type') : type,
    eventId: isCallback ? textAt(json, 'event_id') : null,
    sentOnce: false,
    team: textAt(json, 'team_id'),
    channel:
      textAt(json, 'event', 'channel') ??
      textAt(json, 'event', 'channel', 'id') ??
      textAt(json, 'event', 'item', 'channel'),
    timeText: textAt(json, 'event_time'),
  };
}

function readInteraction(payload: unknown): SlackMessage {
  return {
    ...nothing,
    type: textAt(payload, 'type'),
    sentOnce: true,
    team: textAt(payload, 'team', 'id'),
    channel: textAt(payload, 'channel', 'id') ?? textAt(payload, 'container', 'channel_id'),
  };
}

function maskJson(body: Buffer): Buffer | null {
  let masked: Buffer | null = null;
  for (const name of liveNames) masked = maskTexts(masked ?? body, name) ?? masked;
  return masked;
}

function maskedField(name: string, value: string): string | undefined {
  return liveNames.includes(name) && value !== '' ? '***' : undefined;
}
