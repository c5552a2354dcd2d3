import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { isJsonType } from '../events/media-type.rules.ts';
import { Problem } from '../problem.ts';
import type { Spool, SpoolRecord } from '../spool/spool.ts';
import { isRefusedForGood, mayBeCommitted } from './accept-failure.rules.ts';
import { payloadOf } from './payload.rules.ts';
import { readSpoolHead } from './spool-record.rules.ts';
import type { SpooledKeys } from './spooled-keys.ts';

export type SpoolStoring = {
  accept: (draft: EventDraft) => Promise<AcceptedEvent>;
  /** All in one transaction, in order. */
  acceptAll: (drafts: EventDraft[]) => Promise<AcceptedEvent[]>;
  /** A body in the blob store, which filters may ask for; null when it is not there any more. */
  loadBody: (blobKey: string) => Promise<Buffer | null>;
  /** Duplicates of an event that came while it was in the spool. */
  onSeenAgain: (teamId: string, eventId: string, count: number) => void;
  /** A record that can never be stored; resolves when it is kept aside. */
  setAside: (record: SpoolRecord, why: unknown) => Promise<void>;
  onError: (error: unknown) => void;
};

type Entry = { record: SpoolRecord; draft: EventDraft };

/**
 * Stores the oldest records of the spool in their order and removes them, as it gets on. May be called again after any
 * failure: dedupe keys recognise what had been stored.
 */
export function createSpoolStorer(options: SpoolStoring & { spool: Pick<Spool, 'remove'>; keys: SpooledKeys }) {
  const { spool, keys } = options;

  const stored = ({ draft }: Entry, event: AcceptedEvent): void => {
    const count = keys.stored(draft, event.duplicate);
    if (count > 0) options.onSeenAgain(draft.teamId, event.id, count);
  };

  const read = async (record: SpoolRecord): Promise<EventDraft | null> => {
    const head = readSpoolHead(record.head);
    if (head === null) return null;
    const { blob, contentType } = head;
    const whole = blob !== null && isJsonType(contentType) ? await options.loadBody(blob.key) : record.body;
    return { ...head, body: record.body, payload: whole === null ? undefined : payloadOf(contentType, whole) };
  };

  /** One record that its batch was refused for: alone it is stored, or set aside when it never can be. */
  const storeAlone = async (entry: Entry): Promise<void> => {
    try {
      stored(entry, await options.accept(entry.draft));
    } catch (error) {
      keys.remove(entry.draft);
      if (error instanceof Problem && error.code === 'not_found') {
        // Its team was deleted: to keep the data aside would be to keep it for good.
        options.onError(new Error('a request in the spool was dropped: its team was deleted meanwhile'));
      } else if (isRefusedForGood(error)) await options.setAside(entry.record, error);
      else throw error;
    }
    await spool.remove(1);
  };

  const storeAll = async (entries: Entry[]): Promise<void> => {
    try {
      const events = await options.acceptAll(entries.map(({ draft }) => draft));
      entries.forEach((entry, index) => stored(entry, events[index] as AcceptedEvent));
    } catch (error) {
      if (mayBeCommitted(error)) for (const { draft } of entries) keys.doubt(draft);
      const refused = error instanceof Problem && error.code === 'not_found';
      if (!refused && !isRefusedForGood(error)) throw error;
      for (const entry of entries) await storeAlone(entry);
      return;
    }
    await spool.remove(entries.length);
  };

  return async (records: readonly SpoolRecord[]): Promise<void> => {
    let batch: Entry[] = [];
    const storeBatch = async (): Promise<void> => {
      if (batch.length > 0) await storeAll(batch);
      batch = [];
    };
    for (const record of records) {
      const draft = await read(record);
      if (draft === null) {
        await storeBatch();
        await options.setAside(record, new Error('its head cannot be read'));
        await spool.remove(1);
        continue;
      }
      batch.push({ record, draft });
      // Its whole body may be in memory for the filters: one such at a time.
      if (draft.blob !== null) await storeBatch();
    }
    await storeBatch();
  };
}
