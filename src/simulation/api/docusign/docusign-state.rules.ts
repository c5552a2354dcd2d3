import { docusignNotification } from '../../docusign/docusign.rules.ts';
import { type DocusignFact, takeDocusignStep } from '../../docusign/docusign-world.rules.ts';
import {
  type DocusignAccount,
  type DocusignEnvelope,
  type DocusignFile,
  type DocusignRecipient,
  makeEnvelope,
} from '../../docusign/envelope.rules.ts';
import { inventTitle } from '../../people.rules.ts';
import { makePdf } from '../../pdf.rules.ts';
import { alphabets, characters, type Random, uuid } from '../../random.rules.ts';
import type { Fields, Scenario } from '../../simulator.ts';
import { createKept } from '../kept.rules.ts';
import { idAt, type Loose, numberAt, textAt } from '../read-json.rules.ts';
import type { WorldEffect } from '../served.ts';
import type { AskedFields } from './plan.rules.ts';

/** An envelope whose files are there; `pdf` of each is as it was given. */
export type StoredEnvelope = DocusignEnvelope & { files: readonly DocusignFile[]; asked: AskedFields };
export type DocusignTemplate = { templateId: string; name: string; roleNames: readonly string[]; pdf: Buffer };

type NewEnvelope = {
  emailSubject: string | null;
  files: readonly { documentId: string; name: string; pdf: Buffer }[];
  signers: readonly Loose[];
  carbonCopies: readonly Loose[];
  asked: AskedFields;
};

type Options = {
  random: Random;
  account: DocusignAccount;
  bounds: { most: number; mostBytes: number };
  /** Whether envelope-completed carries the PDFs. */
  includeDocuments: boolean;
};

export type DocusignState = ReturnType<typeof createDocusignState>;

/** What an account of DocuSign has, and what happens in it; Connect tells of it. */
export function createDocusignState({ random, account, bounds, includeDocuments }: Options) {
  const kept = createKept<StoredEnvelope>(bounds);
  const views = createKept<{ envelopeId: string; recipientId: string }>({ most: 10_000, mostBytes: Number.MAX_VALUE });
  let effects: WorldEffect[] = [];
  let sequence = 0;
  const templates = ['Lease', 'Non-disclosure agreement'].map(
    (name): DocusignTemplate => ({ templateId: uuid(random), name, roleNames: ['signer'], pdf: makePdf(1200) }),
  );

  function put(envelope: StoredEnvelope): StoredEnvelope {
    const sizeBytes = envelope.files.reduce((sum, { pdf }) => sum + (pdf?.length ?? 0), 1000);
    kept.put(envelope.envelopeId, envelope, sizeBytes);
    return envelope;
  }

  function tell(event: string, envelope: StoredEnvelope, recipientId: string | null, atMs: number): void {
    sequence += 1;
    const files = envelope.files.map((file) => ({ ...file, pdf: currentBytes(envelope, file) }));
    const fact: DocusignFact = {
      event,
      account,
      atMs,
      sequence,
      about: { kind: 'envelope', envelope: { ...envelope, files }, recipientId },
    };
    // Its size only counts where a file has no bytes, and all have.
    const carries = includeDocuments && event === 'envelope-completed' ? 1 : null;
    effects.push({ kind: 'notify', to: null, notification: docusignNotification(fact, carries) });
  }

  /** Makes a draft, without telling of it. */
  function make(given: NewEnvelope, nowMs: number): StoredEnvelope {
    const roles = [
      ...given.signers.map((about) => ({ about, role: 'signer' })),
      ...given.carbonCopies.map((about) => ({ about, role: 'carbonCopy' })),
    ];
    const people = roles.map(({ about, role }, index) => ({
      key: String(index),
      role,
      name: textAt(about, 'name'),
      email: textAt(about, 'email'),
    }));
    const subject = given.emailSubject ?? `Please sign: ${inventTitle(random)}`;
    const made = makeEnvelope(scenarioOf({ about: { subject }, people }), random, nowMs);
    const recipients = made.recipients.map((each, index): DocusignRecipient => {
      const about = roles[index]?.about ?? {};
      const recipientId = idAt(about, 'recipientId') ?? String(index + 1);
      return { ...each, key: recipientId, recipientId, routingOrder: numberAt(about, 'routingOrder') ?? 1 };
    });
    const files = given.files.map((file) => ({ ...file, documentIdGuid: uuid(random) }));
    return { ...made, recipients, files, asked: given.asked, documentId: files[0]?.documentId ?? made.documentId };
  }

  /** Lets somebody do something, and tells of it. `who`: `sender`, or the id of a recipient. Throws a ScenarioProblem. */
  function step(
    envelope: StoredEnvelope,
    who: string,
    does: string,
    nowMs: number,
    fields: Fields = {},
  ): StoredEnvelope {
    const outcome = takeDocusignStep({
      scenario: scenarioOf({}),
      input: { random, shared: random, startMs: nowMs, pdfSizeBytes: null },
      step: { who, does, afterSeconds: 0, fields },
      index: 0,
      nowMs,
      envelope,
    });
    const next = put({ ...outcome.envelope, files: envelope.files, asked: envelope.asked });
    for (const [event, recipientId] of outcome.tells) tell(event, next, recipientId, nowMs);
    return next;
  }

  return {
    account,
    templates,
    make,
    put,
    tell,
    step,
    find: (envelopeId: string) => kept.find(envelopeId.toLowerCase()),
    all: kept.all,
    /** The last part of the URL of a view. */
    openView(envelopeId: string, recipientId: string): string {
      const token = characters(random, 32, alphabets.mixed);
      views.put(token, { envelopeId, recipientId }, 0);
      return token;
    },
    findView: (token: string) => views.find(token),
    republish(subject: string | null): void {
      effects.push({ kind: 'republish', subject });
    },
    takeEffects: (): WorldEffect[] => {
      const taken = effects;
      effects = [];
      return taken;
    },
  };
}

/** The file as it is now: what somebody signs changes it, and completing it changes it for the last time. */
export function currentBytes(envelope: DocusignEnvelope, { pdf }: DocusignFile): Buffer {
  const signed = envelope.recipients.filter(({ signedAtMs }) => signedAtMs !== null);
  const marks = signed.map(({ recipientId, signedAtMs }) => `% Simulated: recipient ${recipientId} at ${signedAtMs}\n`);
  if (envelope.completedAtMs !== null) marks.push(`% Simulated: completed at ${envelope.completedAtMs}\n`);
  return Buffer.concat([pdf ?? Buffer.alloc(0), Buffer.from(marks.join(''))]);
}

function scenarioOf({ about = {}, people = [] }: Partial<Pick<Scenario, 'about' | 'people'>>): Scenario {
  return { provider: 'docusign', name: '', description: '', about, people, steps: [] };
}
