import { inventPerson } from '../people.rules.ts';
import { uuid } from '../random.rules.ts';
import { impossible } from '../scenario-problem.rules.ts';
import type { Scenario, Step, WorldInput } from '../simulator.ts';
import {
  type DocusignAccount,
  type DocusignEnvelope,
  type DocusignRecipient,
  makeAccount,
  makeEnvelope,
} from './envelope.rules.ts';
import { changed, invite, type Outcome, signs, type Told, withDelivered } from './recipients.rules.ts';

/** What an event is about: an envelope, one recipient of it, or something that is no envelope. */
export type DocusignFact = {
  event: string;
  account: DocusignAccount;
  atMs: number;
  /** Within its scenario, from 0: tells apart what happened in one millisecond. */
  sequence: number;
  about:
    | { kind: 'envelope'; envelope: DocusignEnvelope; recipientId: string | null }
    | { kind: 'template' | 'clickwrap'; id: string };
};

export type DocusignScene = {
  scenario: Scenario;
  input: WorldInput;
  step: Step;
  index: number;
  nowMs: number;
  envelope: DocusignEnvelope | null;
};

/** Actions of the sender on the whole envelope: from which states, what becomes of it, and what is told. */
const wholeActions = {
  correct: { from: ['sent', 'delivered'], to: null, event: 'envelope-corrected' },
  void: { from: ['sent', 'delivered'], to: 'voided', event: 'envelope-voided' },
  delete: { from: ['created', 'completed', 'declined', 'voided'], to: 'deleted', event: 'envelope-deleted' },
  discard: { from: ['created'], to: 'deleted', event: 'envelope-discard' },
  purge: { from: ['completed', 'declined', 'voided'], to: null, event: 'envelope-purge' },
} as const;

/** Things that happen to one recipient and leave the envelope as it is. */
const asides: Readonly<Record<string, string>> = {
  'fail-authentication': 'recipient-authenticationfailed',
  delegate: 'recipient-delegate',
  'finish-later': 'recipient-finish-later',
};

/** Plays the steps one after another: what Connect would tell, in the order in which it would. */
export function playDocusign(scenario: Scenario, input: WorldInput): DocusignFact[] {
  const account = makeAccount(input.shared);
  const [templateId, clickwrapId] = [uuid(input.random), uuid(input.random)];
  let envelope: DocusignEnvelope | null = null;
  let nowMs = input.startMs;
  const facts: DocusignFact[] = [];
  const tell = (event: string, about: DocusignFact['about']): void => {
    facts.push({ event, account, atMs: nowMs, sequence: facts.length, about });
  };
  for (const [index, step] of scenario.steps.entries()) {
    nowMs += step.afterSeconds * 1000;
    const template = /^(create|modify|delete)-template$/.exec(step.does)?.[1];
    const clickwrap = /^(agree|decline)-clickwrap$/.exec(step.does)?.[1];
    if (template !== undefined) {
      tell(`template-${template === 'modify' ? 'modified' : `${template}d`}`, { kind: 'template', id: templateId });
    } else if (clickwrap !== undefined) {
      tell(`click-${clickwrap}d`, { kind: 'clickwrap', id: clickwrapId });
    } else {
      const outcome = takeDocusignStep({ scenario, input, step, index, nowMs, envelope });
      envelope = outcome.envelope;
      for (const [event, recipientId] of outcome.tells) tell(event, { kind: 'envelope', envelope, recipientId });
    }
  }
  return facts;
}

/** Lets somebody do something. Throws a ScenarioProblem where that cannot happen. */
export function takeDocusignStep(scene: DocusignScene): Outcome {
  const { step, index } = scene;
  if (step.does === 'create') {
    if (scene.envelope !== null) throw impossible(index, 'creates a second envelope', 'let one scenario tell of one');
    return {
      envelope: makeEnvelope(scene.scenario, scene.input.random, scene.nowMs),
      tells: [['envelope-created', null]],
    };
  }
  if (step.does === 'send') return send(scene);
  if (step.does === 'resend') return resend(scene);
  if (Object.hasOwn(wholeActions, step.does)) return actOnWhole(scene, step.does as keyof typeof wholeActions);
  return actAsRecipient(scene);
}

function send(scene: DocusignScene): Outcome {
  const envelope = inState(scene, ['created'], 'let the sender create it before, and send it once');
  if (!envelope.recipients.some(signs)) {
    throw impossible(scene.index, 'sends to nobody who could sign', 'name people with the role signer');
  }
  const sent = { ...envelope, status: 'sent', sentAtMs: scene.nowMs, changedAtMs: scene.nowMs } as const;
  const invited = invite(sent, scene.nowMs);
  return { envelope: invited.envelope, tells: [['envelope-sent', null], ...invited.tells] };
}

function resend(scene: DocusignScene): Outcome {
  const envelope = inState(scene, ['sent', 'delivered'], 'let the sender send it before');
  const waiting = envelope.recipients.filter(({ status }) => status === 'sent' || status === 'delivered');
  const told = waiting.filter(signs).map(({ recipientId }) => ['recipient-resent', recipientId] as const);
  return { envelope, tells: [['envelope-resent', null], ...told] };
}

function actOnWhole(scene: DocusignScene, name: keyof typeof wholeActions): Outcome {
  const action = wholeActions[name];
  const envelope = inState(scene, action.from, `it must be ${action.from.join(' or ')}`);
  const reason = scene.step.fields['reason'];
  return {
    envelope: {
      ...envelope,
      status: action.to ?? envelope.status,
      changedAtMs: scene.nowMs,
      purged: envelope.purged || name === 'purge',
      voidedReason: name === 'void' ? String(reason ?? 'No longer needed') : envelope.voidedReason,
    },
    tells: [[action.event, null]],
  };
}

function actAsRecipient(scene: DocusignScene): Outcome {
  const { step, nowMs } = scene;
  const [envelope, recipient] = acting(scene);
  const { recipientId } = recipient;
  const aside = asides[step.does];
  if (aside !== undefined) return { envelope, tells: [[aside, recipientId]] };
  switch (step.does) {
    case 'open': {
      // Only the first time is told.
      if (recipient.status !== 'sent') return { envelope, tells: [] };
      const opened = changed(envelope, recipient, { status: 'delivered', deliveredAtMs: nowMs });
      return withDelivered(opened, [['recipient-delivered', recipientId]], nowMs);
    }
    case 'sign':
      return sign(scene, envelope, recipient);
    case 'decline': {
      const reason = String(step.fields['reason'] ?? 'I do not agree');
      const declined = changed(envelope, recipient, { status: 'declined', declinedReason: reason });
      return {
        envelope: { ...declined, status: 'declined', changedAtMs: nowMs },
        tells: [
          ['recipient-declined', recipientId],
          ['envelope-declined', null],
        ],
      };
    }
    case 'reassign':
      return {
        envelope: changed(envelope, recipient, inventPerson(scene.input.random)),
        tells: [['recipient-reassign', recipientId]],
      };
    default:
      return {
        envelope: changed(envelope, recipient, { status: 'autoresponded' }),
        tells: [['recipient-autoresponded', recipientId]],
      };
  }
}

function sign(scene: DocusignScene, envelope: DocusignEnvelope, recipient: DocusignRecipient): Outcome {
  const { nowMs } = scene;
  const deliveredAtMs = recipient.deliveredAtMs ?? nowMs;
  const signed = changed(envelope, recipient, { status: 'completed', signedAtMs: nowMs, deliveredAtMs });
  const tells: Told[] = [['recipient-completed', recipient.recipientId]];
  if (!signed.recipients.every((each) => !signs(each) || each.status === 'completed')) {
    const invited = invite(signed, nowMs);
    return { envelope: invited.envelope, tells: [...tells, ...invited.tells] };
  }
  const recipients = signed.recipients.map(
    (each) => ({ ...each, status: 'completed', sentAtMs: each.sentAtMs ?? nowMs }) as const,
  );
  const completed = { ...signed, recipients, status: 'completed', completedAtMs: nowMs, changedAtMs: nowMs } as const;
  return {
    envelope: { ...completed, deliveredAtMs: completed.deliveredAtMs ?? nowMs },
    tells: [...tells, ['envelope-completed', null]],
  };
}

function acting(scene: DocusignScene): [DocusignEnvelope, DocusignRecipient] {
  const { step, index } = scene;
  const envelope = inState(scene, ['sent', 'delivered'], 'let the sender create and send it before');
  const recipient = envelope.recipients.find(({ key }) => key === step.who);
  if (recipient === undefined || !signs(recipient)) {
    throw impossible(index, `lets "${step.who}" act, who only gets a copy`, 'give the role signer');
  }
  if (recipient.status === 'created') {
    throw impossible(
      index,
      `lets "${step.who}" act before it is their turn`,
      'keep the order of people, or sign in PARALLEL',
    );
  }
  if (recipient.status === 'completed') {
    throw impossible(index, `lets "${step.who}" act after signing`, 'leave the step out');
  }
  return [envelope, recipient];
}

function inState(scene: DocusignScene, states: readonly string[], remedy: string): DocusignEnvelope {
  const { envelope, index, step } = scene;
  if (envelope !== null && states.includes(envelope.status)) return envelope;
  const state = envelope === null ? 'there is no envelope' : `the envelope is ${envelope.status}`;
  throw impossible(index, `cannot ${step.does}: ${state}`, remedy);
}
