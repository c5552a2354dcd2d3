import { impossible } from '../scenario-problem.rules.ts';
import type { Scenario, Step, WorldInput } from '../simulator.ts';
import {
  type DocumensoEnvelope,
  type DocumensoOwner,
  type DocumensoRecipient,
  makeEnvelope,
  makeOwner,
} from './envelope.rules.ts';

/** An event and the envelope as it was told with it. */
export type DocumensoFact = { event: string; envelope: DocumensoEnvelope; owner: DocumensoOwner; atMs: number };

/** What is there: who owns it, and the template and the document that a scene is about. */
export type DocumensoWorld = {
  owner: DocumensoOwner;
  template: DocumensoEnvelope | null;
  document: DocumensoEnvelope | null;
};
export type DocumensoScene = {
  scenario: Scenario;
  input: WorldInput;
  world: DocumensoWorld;
  step: Step;
  index: number;
  nowMs: number;
};
type Outcome = { world: DocumensoWorld; tells: readonly (readonly [event: string, envelope: DocumensoEnvelope])[] };

/** Plays the steps one after another: what Documenso would tell, in the order in which it would. */
export function playDocumenso(scenario: Scenario, input: WorldInput): DocumensoFact[] {
  let world: DocumensoWorld = { owner: makeOwner(input.shared), template: null, document: null };
  let nowMs = input.startMs;
  const facts: DocumensoFact[] = [];
  for (const [index, step] of scenario.steps.entries()) {
    nowMs += step.afterSeconds * 1000;
    const outcome = takeDocumensoStep({ scenario, input, world, step, index, nowMs });
    world = outcome.world;
    const { owner } = world;
    for (const [event, envelope] of outcome.tells) facts.push({ event, envelope, owner, atMs: nowMs });
  }
  return facts;
}

/** Lets somebody do something. Throws a ScenarioProblem where that cannot happen. */
export function takeDocumensoStep(scene: DocumensoScene): Outcome {
  const { step, index, world } = scene;
  switch (step.does) {
    case 'create-template':
      return onTemplate(scene, 'TEMPLATE_CREATED', envelopeOf(scene, 'TEMPLATE'));
    case 'update-template':
      return onTemplate(scene, 'TEMPLATE_UPDATED', { ...template(scene), updatedAtMs: scene.nowMs });
    case 'delete-template':
      return { world: { ...world, template: null }, tells: [['TEMPLATE_DELETED', template(scene)]] };
    case 'use-template': {
      const document = { ...envelopeOf(scene, 'DOCUMENT'), source: 'TEMPLATE', templateId: template(scene).legacyId };
      return onDocument(scene, document as DocumensoEnvelope, 'DOCUMENT_CREATED', 'TEMPLATE_USED');
    }
    case 'create':
      if (world.document !== null) throw impossible(index, 'creates a second document', 'let one scenario tell of one');
      return onDocument(scene, envelopeOf(scene, 'DOCUMENT'), 'DOCUMENT_CREATED');
    case 'send':
      return send(scene);
    case 'remind':
      return onDocument(scene, pending(scene, 'be reminded of'), 'DOCUMENT_REMINDER_SENT');
    case 'cancel': {
      const closed = { status: 'CANCELLED', updatedAtMs: scene.nowMs, completedAtMs: scene.nowMs } as const;
      return onDocument(scene, { ...pending(scene, 'be cancelled'), ...closed }, 'DOCUMENT_CANCELLED');
    }
    case 'open':
      return open(scene);
    case 'sign':
      return sign(scene);
    case 'reject':
      return reject(scene);
    default:
      return expire(scene);
  }
}

function send(scene: DocumensoScene): Outcome {
  const document = scene.world.document;
  if (document?.status !== 'DRAFT') {
    throw impossible(scene.index, 'sends what is no draft', 'let the sender create a document first, and send it once');
  }
  if (!document.recipients.some(takesPart)) {
    throw impossible(scene.index, 'sends to nobody who could sign', 'name people with another role than CC');
  }
  const days = scene.scenario.about['expiresAfterDays'];
  const expiresAtMs = typeof days === 'number' ? scene.nowMs + days * 86_400_000 : null;
  const recipients = document.recipients.map((each) => (takesPart(each) ? { ...each, expiresAtMs } : each));
  const sent = { ...document, status: 'PENDING', updatedAtMs: scene.nowMs, recipients } as const;
  return onDocument(scene, invite(sent), 'DOCUMENT_SENT');
}

/** Marks whom Documenso has written to: everybody, or in sequence only whose turn it is. */
function invite(document: DocumensoEnvelope): DocumensoEnvelope {
  const turn = document.recipients.find((each) => takesPart(each) && each.signingStatus === 'NOT_SIGNED');
  const invited = (each: DocumensoRecipient): boolean =>
    takesPart(each) && (document.signingOrder === 'PARALLEL' || each.id === turn?.id);
  return {
    ...document,
    recipients: document.recipients.map((each) => (invited(each) ? { ...each, sendStatus: 'SENT' } : each)),
  };
}

function open(scene: DocumensoScene): Outcome {
  const [document, recipient] = acting(scene);
  // Only the first time is told.
  if (recipient.readStatus === 'OPENED') return { world: scene.world, tells: [] };
  return onDocument(scene, changed(document, recipient, { readStatus: 'OPENED' }), 'DOCUMENT_OPENED');
}

function sign(scene: DocumensoScene): Outcome {
  const [document, recipient] = acting(scene);
  const signature = { signingStatus: 'SIGNED', readStatus: 'OPENED', signedAtMs: scene.nowMs } as const;
  const signed = changed(document, recipient, signature);
  const completed = signed.recipients.every((each) => !takesPart(each) || each.signingStatus === 'SIGNED');
  if (!completed) {
    const next = invite(signed);
    return {
      world: { ...scene.world, document: next },
      tells: [
        ['DOCUMENT_RECIPIENT_COMPLETED', signed],
        ['DOCUMENT_SIGNED', next],
      ],
    };
  }
  const closed = { status: 'COMPLETED', updatedAtMs: scene.nowMs, completedAtMs: scene.nowMs } as const;
  const sealed: DocumensoEnvelope = { ...signed, ...closed };
  // The sealing job is queued before SIGNED is sent: whichever is quicker comes first.
  const sealedFirst = scene.step.fields['sealedFirst'] ?? scene.input.random() < 0.5;
  const last =
    sealedFirst === true
      ? ([
          ['DOCUMENT_COMPLETED', sealed],
          ['DOCUMENT_SIGNED', sealed],
        ] as const)
      : ([
          ['DOCUMENT_SIGNED', signed],
          ['DOCUMENT_COMPLETED', sealed],
        ] as const);
  return { world: { ...scene.world, document: sealed }, tells: [['DOCUMENT_RECIPIENT_COMPLETED', signed], ...last] };
}

function reject(scene: DocumensoScene): Outcome {
  const [document, recipient] = acting(scene);
  const reason = String(scene.step.fields['reason'] ?? 'I do not agree with the terms');
  const refusal = {
    signingStatus: 'REJECTED',
    readStatus: 'OPENED',
    signedAtMs: scene.nowMs,
    rejectionReason: reason,
  } as const;
  const closed = { status: 'REJECTED', updatedAtMs: scene.nowMs, completedAtMs: scene.nowMs } as const;
  return onDocument(scene, { ...changed(document, recipient, refusal), ...closed }, 'DOCUMENT_REJECTED');
}

function expire(scene: DocumensoScene): Outcome {
  const [document, recipient] = acting(scene);
  if (recipient.expiresAtMs === null || recipient.expiresAtMs > scene.nowMs) {
    const remedy = 'set about.expiresAfterDays, and afterSeconds of this step to at least as long';
    throw impossible(scene.index, `expires before "${recipient.key}" ran out of time`, remedy);
  }
  return onDocument(scene, changed(document, recipient, { expirationNotifiedAtMs: scene.nowMs }), 'RECIPIENT_EXPIRED');
}

/** The sent document and whoever acts on it, if it is that person's turn. */
function acting(scene: DocumensoScene): [DocumensoEnvelope, DocumensoRecipient] {
  const { step, index } = scene;
  const document = pending(scene, `be acted on by "${step.who}"`);
  const recipient = document.recipients.find(({ key }) => key === step.who);
  if (recipient === undefined || !takesPart(recipient)) {
    throw impossible(index, `lets "${step.who}" act, who only gets a copy`, 'give another role than CC');
  }
  if (recipient.signingStatus !== 'NOT_SIGNED') {
    throw impossible(index, `lets "${step.who}" act after signing`, 'leave the step out');
  }
  if (recipient.sendStatus !== 'SENT') {
    throw impossible(
      index,
      `lets "${step.who}" act before it is their turn`,
      'keep the order of people, or sign in PARALLEL',
    );
  }
  if (recipient.expirationNotifiedAtMs !== null) {
    throw impossible(index, `lets "${step.who}" act whose invitation has expired`, 'leave the step out');
  }
  return [document, recipient];
}

function pending(scene: DocumensoScene, whatFor: string): DocumensoEnvelope {
  const { document } = scene.world;
  if (document?.status === 'PENDING') return document;
  const state = document === null ? 'there is none' : `it is ${document.status}`;
  throw impossible(
    scene.index,
    `needs a document to ${whatFor}, and ${state}`,
    'let the sender create and send it before',
  );
}

function template(scene: DocumensoScene): DocumensoEnvelope {
  if (scene.world.template !== null) return scene.world.template;
  throw impossible(scene.index, 'needs a template, and there is none', 'let the sender create-template before');
}

function onTemplate(scene: DocumensoScene, event: string, envelope: DocumensoEnvelope): Outcome {
  return { world: { ...scene.world, template: envelope }, tells: [[event, envelope]] };
}

function onDocument(scene: DocumensoScene, document: DocumensoEnvelope, ...events: readonly string[]): Outcome {
  return { world: { ...scene.world, document }, tells: events.map((event) => [event, document]) };
}

function changed(
  document: DocumensoEnvelope,
  recipient: DocumensoRecipient,
  change: Partial<DocumensoRecipient>,
): DocumensoEnvelope {
  const recipients = document.recipients.map((each) => (each.id === recipient.id ? { ...each, ...change } : each));
  return { ...document, recipients };
}

function envelopeOf({ scenario, input, nowMs }: DocumensoScene, type: DocumensoEnvelope['type']): DocumensoEnvelope {
  return makeEnvelope(scenario, { type, random: input.random, nowMs });
}

function takesPart(recipient: DocumensoRecipient): boolean {
  return recipient.role !== 'CC';
}
