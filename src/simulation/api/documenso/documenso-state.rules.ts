import { documensoNotification } from '../../documenso/documenso.rules.ts';
import { type DocumensoWorld, takeDocumensoStep } from '../../documenso/documenso-world.rules.ts';
import {
  type DocumensoEnvelope,
  type DocumensoOwner,
  type DocumensoRecipient,
  documensoRoles,
  makeEnvelope,
  makeOwner,
} from '../../documenso/envelope.rules.ts';
import { alphabets, characters, type Random, wholeBetween } from '../../random.rules.ts';
import type { Fields, Scenario } from '../../simulator.ts';
import { createKept } from '../kept.rules.ts';
import { isObject, type Loose, numberAt, objectsAt, textAt } from '../read-json.rules.ts';
import type { WorldEffect } from '../served.ts';

/** A file of an envelope; `original` as it was uploaded. */
export type DocumensoItem = { id: string; documentDataId: string; title: string; order: number; original: Buffer };
export type DocumensoField = {
  id: number;
  secondaryId: string;
  type: string;
  recipientId: number;
  envelopeItemId: string;
  page: number;
  positionX: number;
  positionY: number;
  width: number;
  height: number;
  fieldMeta: Loose | null;
};

/** An envelope with what webhooks do not tell of it. */
export type StoredEnvelope = {
  envelope: DocumensoEnvelope;
  items: readonly DocumensoItem[];
  fields: readonly DocumensoField[];
  /** As given: subject, message, redirectUrl, distributionMethod and others. */
  meta: Loose;
  folderId: string | null;
  visibility: string;
  formValues: Loose | null;
};

type NewEnvelope = Omit<StoredEnvelope, 'envelope' | 'items' | 'fields'> & {
  type: DocumensoEnvelope['type'];
  title: string;
  externalId: string | null;
  recipients: readonly Loose[];
  files: readonly { title: string; bytes: Buffer }[];
};

export type DocumensoState = ReturnType<typeof createDocumensoState>;

/** What a team of Documenso has, and what happens in it. Webhooks follow in the order of the provider facts. */
export function createDocumensoState(random: Random, bounds: { most: number; mostBytes: number }) {
  const owner: DocumensoOwner = makeOwner(random);
  const kept = createKept<StoredEnvelope>(bounds);
  let effects: WorldEffect[] = [];
  let lastId = wholeBetween(random, 10_000, 90_000);
  const nextId = (): number => (lastId += 1);

  const find = (id: string): StoredEnvelope | undefined =>
    kept.find(id) ?? kept.all().find(({ envelope }) => String(envelope.legacyId) === id);

  function put(stored: StoredEnvelope): StoredEnvelope {
    const sizeBytes = stored.items.reduce((sum, { original }) => sum + original.length, 1000);
    kept.put(stored.envelope.envelopeId, stored, sizeBytes);
    return stored;
  }

  function tell(event: string, envelope: DocumensoEnvelope, nowMs: number): void {
    effects.push({
      kind: 'notify',
      to: null,
      notification: documensoNotification({ event, envelope, owner, atMs: nowMs }),
    });
  }

  function recipientsOf(given: readonly Loose[], nowMs: number): DocumensoRecipient[] {
    const people = given.map((each, index) => ({
      key: String(index),
      role: documensoRoles.find((role) => role === textAt(each, 'role')) ?? 'SIGNER',
      name: textAt(each, 'name'),
      email: textAt(each, 'email'),
    }));
    const made = makeEnvelope(scenarioOf({ people }), { type: 'DOCUMENT', random, nowMs }).recipients;
    return made.map((recipient, index) => {
      const id = nextId();
      const signingOrder = numberAt(given[index] ?? {}, 'signingOrder') ?? recipient.signingOrder;
      return { ...recipient, id, key: String(id), signingOrder };
    });
  }

  function itemOf(title: string, bytes: Buffer, order: number): DocumensoItem {
    const id = `envelope_item_${characters(random, 16, alphabets.lower)}`;
    return { id, documentDataId: `c${characters(random, 24, alphabets.lower)}`, title, order, original: bytes };
  }

  /** Fields as they are given, each for a recipient that is there. */
  function fieldsOf(
    stored: Pick<StoredEnvelope, 'items'>,
    recipientId: number,
    given: readonly Loose[],
  ): DocumensoField[] {
    return given.map((each) => {
      const id = nextId();
      const meta = each['fieldMeta'];
      const name = each['envelopeItemId'] ?? each['identifier'];
      const byPlace = typeof name === 'number' ? stored.items[name] : undefined;
      const item = byPlace ?? stored.items.find((one) => one.id === name || one.title === name) ?? stored.items[0];
      return {
        id,
        secondaryId: `field_${characters(random, 16, alphabets.lower)}`,
        type: textAt(each, 'type') ?? 'SIGNATURE',
        recipientId,
        envelopeItemId: item?.id ?? '',
        page: numberAt(each, 'page') ?? numberAt(each, 'pageNumber') ?? 1,
        positionX: numberAt(each, 'positionX') ?? numberAt(each, 'pageX') ?? 0,
        positionY: numberAt(each, 'positionY') ?? numberAt(each, 'pageY') ?? 0,
        width: numberAt(each, 'width') ?? numberAt(each, 'pageWidth') ?? 0,
        height: numberAt(each, 'height') ?? numberAt(each, 'pageHeight') ?? 0,
        fieldMeta: isObject(meta) ? meta : null,
      };
    });
  }

  /** Makes a draft, or a template, without telling of it. */
  function make(given: NewEnvelope, nowMs: number): StoredEnvelope {
    const about = {
      title: given.title,
      ...(given.externalId === null ? {} : { externalId: given.externalId }),
      signingOrder: given.meta['signingOrder'] === 'SEQUENTIAL' ? 'SEQUENTIAL' : 'PARALLEL',
    };
    const made = makeEnvelope(scenarioOf({ about }), { type: given.type, random, nowMs });
    const recipients = recipientsOf(given.recipients, nowMs);
    const items = given.files.map(({ title, bytes }, index) => itemOf(title, bytes, index + 1));
    const fields = recipients.flatMap(({ id }, index) =>
      fieldsOf({ items }, id, objectsAt(given.recipients[index] ?? {}, 'fields')),
    );
    const { meta, folderId, visibility, formValues } = given;
    const envelope = { ...made, legacyId: nextId(), recipients };
    return { envelope, items, fields, meta, folderId, visibility, formValues };
  }

  /** Lets somebody do something, and tells of it. `who`: `sender`, or the id of a recipient. Throws a ScenarioProblem. */
  function step(stored: StoredEnvelope, who: string, does: string, nowMs: number, fields: Fields = {}): StoredEnvelope {
    const isTemplate = stored.envelope.type === 'TEMPLATE';
    const world: DocumensoWorld = {
      owner,
      template: isTemplate ? stored.envelope : null,
      document: isTemplate ? null : stored.envelope,
    };
    const days = expirationDays(stored.meta['envelopeExpirationPeriod']);
    const scenario = scenarioOf({ about: days === null ? {} : { expiresAfterDays: days } });
    const input = { random, shared: random, startMs: nowMs, pdfSizeBytes: null };
    const outcome = takeDocumensoStep({
      scenario,
      input,
      world,
      step: { who, does, afterSeconds: 0, fields },
      index: 0,
      nowMs,
    });
    const next = put({ ...stored, envelope: outcome.world.document ?? outcome.world.template ?? stored.envelope });
    for (const [event, envelope] of outcome.tells) tell(event, envelope, nowMs);
    return next;
  }

  return {
    owner,
    find,
    put,
    tell,
    make,
    step,
    itemOf,
    recipientsOf,
    fieldsOf,
    all: kept.all,
    delete: (stored: StoredEnvelope) => kept.delete(stored.envelope.envelopeId),
    findByRecipient: (id: number) =>
      kept.all().find(({ envelope }) => envelope.recipients.some((each) => each.id === id)),
    findByToken: (token: string) =>
      kept.all().find(({ envelope }) => envelope.recipients.some((each) => each.token === token)),
    findByField: (id: number) => kept.all().find(({ fields }) => fields.some((each) => each.id === id)),
    findByItem: (id: string) => kept.all().find(({ items }) => items.some((each) => each.id === id)),
    takeEffects: (): WorldEffect[] => {
      const taken = effects;
      effects = [];
      return taken;
    },
  };
}

/** The file as it is now: what somebody signs changes it, and sealing it changes it for the last time. */
export function currentBytes({ envelope }: StoredEnvelope, { original }: DocumensoItem): Buffer {
  const signed = envelope.recipients.filter(({ signingStatus, role }) => signingStatus === 'SIGNED' && role !== 'CC');
  const marks = signed.map(({ id, signedAtMs }) => `% Simulated: recipient ${id} signed at ${signedAtMs ?? ''}\n`);
  if (envelope.status === 'COMPLETED') marks.push(`% Simulated: sealed at ${envelope.completedAtMs ?? ''}\n`);
  return Buffer.concat([original, Buffer.from(marks.join(''))]);
}

function scenarioOf({ about = {}, people = [] }: Partial<Pick<Scenario, 'about' | 'people'>>): Scenario {
  return { provider: 'documenso', name: '', description: '', about, people, steps: [] };
}

/** Documenso's `{unit, amount}` in whole days. */
function expirationDays(period: unknown): number | null {
  if (!isObject(period)) return null;
  const factor = { day: 1, week: 7, month: 30, year: 365 }[textAt(period, 'unit') ?? ''];
  const amount = numberAt(period, 'amount');
  return factor === undefined || amount === null ? null : factor * amount;
}
