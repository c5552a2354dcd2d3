import type { Notification } from '../simulated-request.ts';
import type { Fields } from '../simulator.ts';

/** A request as the simulated APIs see it. Names of headers are in lower case. */
export type ServedRequest = {
  method: string;
  /** Not decoded, without the query. */
  path: string;
  query: URLSearchParams;
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  /** The caller's address, for limits by address. */
  address: string;
  /** Where the simulator is, as its own URLs begin: `http://127.0.0.1:8500`. */
  origin: string;
  nowMs: number;
};

export type ServedAnswer = { status: number; headers: Readonly<Record<string, string>>; body: Buffer };

/** Somebody in the simulated world does something, as in the steps of a scenario. */
export type WorldAction = {
  /** The id of the envelope, document, template or transaction. */
  subject: string;
  /** A recipient, by e-mail address, id or name; or `sender`, `network`. */
  who: string;
  /** As in the scenarios of `posthorn simulate`: `open`, `sign`, `reject`, `deliver`. */
  does: string;
  fields?: Fields;
};

/** Something that lives in the simulated world, for people and tests to look at. */
export type WorldSubject = { id: string; title: string; status: string; people: readonly string[] };

/** What the world wants done outside of it. */
export type WorldEffect =
  | { kind: 'notify'; notification: Notification; to: WebhookTarget | null }
  /** What waits is to be tried again now; null: all of it. */
  | { kind: 'republish'; subject: string | null };

/** Where notifications go that a client has asked for through the API itself. */
export type WebhookTarget = { url: string; secret: string; headers: Readonly<Record<string, string>> };

/** A provider's API without a network: everything that happens, happens in a call, at the time that it names. */
export type SimulatedApi = {
  answer(request: ServedRequest): ServedAnswer;
  /** The provider's own error for a status that a fault asks for. */
  failure(status: number, request: ServedRequest, retryAfterSeconds: number | null): ServedAnswer;
  /** Throws a ScenarioProblem where it cannot happen. */
  act(action: WorldAction, nowMs: number): void;
  /** A page where a recipient signs, by the last part of its URL. Null: there is no such page. */
  signingPage(
    token: string,
    nowMs: number,
  ): { action: WorldAction; title: string; who: string; isOpen: boolean } | null;
  subjects(): readonly WorldSubject[];
  /** When something happens by itself next; null: nothing does. */
  dueAtMs(): number | null;
  /** Lets happen what is due. */
  advance(nowMs: number): void;
  /** What was to be done since it was asked last. */
  takeEffects(): WorldEffect[];
};
