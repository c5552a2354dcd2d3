import type { Options, OptionSpec } from '../provider-profile.ts';
import { transportHeaderProblem } from '../transport-header.rules.ts';
import { signedContentProblem, signedFields } from './signed-content.rules.ts';

/** A header name as RFC 9110 section 5.6.2 has it; the second one may be left empty. */
const headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$";
const headerNameOrNone = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,100}$";
const pathOrNone = '^(?:[^.]+(?:\\.[^.]+)*)?$';

export const genericOptions = {
  scheme: {
    kind: 'choice',
    description:
      'How requests prove where they come from. hmac: a signature in a header. shared-secret: the secret itself in a ' +
      'header. basic: user:password as Basic authorization. The latter two prove the sender and not the content.',
    default: 'hmac',
    choices: ['hmac', 'shared-secret', 'basic'],
  },
  algorithm: {
    kind: 'choice',
    description: 'The hash of an hmac signature.',
    default: 'sha256',
    choices: ['sha1', 'sha256', 'sha512'],
  },
  encoding: {
    kind: 'choice',
    description: 'How an hmac signature is written: hex, or standard base64 with its padding.',
    default: 'hex',
    choices: ['hex', 'base64'],
  },
  header: {
    kind: 'text',
    description: 'The header with the signature or the shared secret. basic uses Authorization instead.',
    default: 'x-signature',
    pattern: headerName,
    maxLength: 100,
    examples: ['x-signature'],
  },
  prefix: {
    kind: 'text',
    description: 'What stands before the signature or the secret in its header, and must stand there.',
    default: '',
    pattern: '^[\\x20-\\x7e]*$',
    maxLength: 64,
    examples: ['sha256=', 'Bearer '],
  },
  signedContent: {
    kind: 'text',
    description:
      'What an hmac signature is made of, with {body}, {timestamp} and {id} in their places. Without {body} the ' +
      'signature proves nothing about the content.',
    default: '{body}',
    maxLength: 200,
    examples: ['{body}', '{timestamp}.{body}'],
  },
  timestampHeader: {
    kind: 'text',
    description:
      'The header with {timestamp}, a Unix time. Only a time that is signed says how old a request is, so it is left ' +
      'empty unless signedContent holds {timestamp}.',
    default: '',
    pattern: headerNameOrNone,
    maxLength: 100,
    examples: ['x-timestamp'],
  },
  timestampUnit: {
    kind: 'choice',
    description: 'What the timestamp counts.',
    default: 'seconds',
    choices: ['seconds', 'milliseconds'],
  },
  toleranceSeconds: {
    kind: 'whole',
    description: 'How far the signed time of a request may be from now, in seconds.',
    default: 300,
    minimum: 1,
    maximum: 86_400,
  },
  idHeader: {
    kind: 'text',
    description: "The header with the sender's own id of a notification, if there is one.",
    default: '',
    pattern: headerNameOrNone,
    maxLength: 100,
    examples: ['x-request-id'],
  },
  eventTypeHeader: {
    kind: 'text',
    description: 'The header with the event type. Signatures do not cover it.',
    default: '',
    pattern: headerNameOrNone,
    maxLength: 100,
    examples: ['x-event'],
  },
  eventTypePath: {
    kind: 'text',
    description: 'Where the event type stands in a JSON body: names with dots between. A header goes before it.',
    default: '',
    pattern: pathOrNone,
    maxLength: 200,
    examples: ['type', 'event.name'],
  },
  eventType: {
    kind: 'text',
    description: 'The event type of requests that name none.',
    default: 'generic.unrecognised',
    pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]*$',
    maxLength: 128,
    examples: ['order.changed'],
  },
  subjectPath: {
    kind: 'text',
    description: 'Where the id of what it is about stands in a JSON body; events about the same are kept in order.',
    default: '',
    pattern: pathOrNone,
    maxLength: 200,
    examples: ['data.id'],
  },
  duplicatesBy: {
    kind: 'choice',
    description:
      'What makes a duplicate. content: the same body and signed time, so what is signed anew when it is repeated comes ' +
      'twice. id: the same value in idHeader; where it is not signed, the same body too, and a captured request passes ' +
      'as new under another id. path: the same value at duplicatesPath. What lacks the value is told by content.',
    default: 'content',
    choices: ['content', 'id', 'path'],
  },
  duplicatesPath: {
    kind: 'text',
    description: 'Where a JSON body has what differs from event to event and stays the same when one is repeated.',
    default: '',
    pattern: pathOrNone,
    maxLength: 200,
    examples: ['id', 'event.id'],
  },
} as const satisfies Record<string, OptionSpec>;

const headersBesideTheProof = ['timestampHeader', 'idHeader', 'eventTypeHeader'] as const;

type TextOption = {
  [Name in keyof typeof genericOptions]: (typeof genericOptions)[Name]['kind'] extends 'whole' ? never : Name;
}[keyof typeof genericOptions];

/** An option as text; its default where there is none. */
export function textOption(options: Options, name: TextOption): string {
  const value = options[name];
  return typeof value === 'string' ? value : genericOptions[name].default;
}

/** The header that an option names, in lower case as requests have them; null when it names none. */
export function headerOption(options: Options, name: TextOption): string | null {
  return textOption(options, name).toLowerCase() || null;
}

/** What is wrong with options that fit one by one but not together; messages continue "the option …". */
export function problemsOfGenericOptions(options: Options): { option: string; message: string }[] {
  const problems: { option: string; message: string }[] = [];
  const refuse = (option: TextOption, message: string): void => void problems.push({ option, message });
  const isHmac = textOption(options, 'scheme') === 'hmac';
  const template = textOption(options, 'signedContent');
  const templateProblem = isHmac ? signedContentProblem(template) : null;
  if (templateProblem !== null) refuse('signedContent', templateProblem);

  const signed: ReadonlySet<string> = isHmac ? signedFields(template) : new Set();
  const timestampHeader = headerOption(options, 'timestampHeader');
  if (signed.has('timestamp') && timestampHeader === null) {
    refuse('timestampHeader', 'must name the header with the {timestamp} of signedContent');
  }
  if (timestampHeader !== null && !signed.has('timestamp')) {
    const remedy = isHmac ? 'put {timestamp} into signedContent, or leave it empty' : 'leave it empty';
    refuse('timestampHeader', `must be of a time that is signed, since any other may be changed: ${remedy}`);
  }
  if (signed.has('id') && headerOption(options, 'idHeader') === null) {
    refuse('idHeader', 'must name the header with the {id} of signedContent');
  }

  const duplicatesBy = textOption(options, 'duplicatesBy');
  if (duplicatesBy === 'id' && headerOption(options, 'idHeader') === null) {
    refuse('idHeader', 'must name a header where duplicatesBy is id');
  }
  if (duplicatesBy === 'path' && textOption(options, 'duplicatesPath') === '') {
    refuse('duplicatesPath', 'must say where to look where duplicatesBy is path');
  }
  if (isHmac && !signed.has('body') && templateProblem === null && duplicatesBy !== 'content') {
    const why = 'whoever has one signature could send another body that makes the true one pass for a duplicate';
    refuse('duplicatesBy', `must be content where signedContent leaves out {body}: ${why}`);
  }
  problems.push(...transportHeaders(options), ...sharedHeaders(options));
  return problems;
}

function transportHeaders(options: Options): { option: string; message: string }[] {
  const isBasic = textOption(options, 'scheme') === 'basic';
  const used = [...(isBasic ? [] : (['header'] as const)), ...headersBesideTheProof];
  return used.flatMap((option) => {
    const message = transportHeaderProblem(textOption(options, option));
    return message === null ? [] : [{ option, message }];
  });
}

/** What proves a request must not be shown as its id, or serve as its time. */
function sharedHeaders(options: Options): { option: string; message: string }[] {
  const isBasic = textOption(options, 'scheme') === 'basic';
  const proof = isBasic ? 'authorization' : headerOption(options, 'header');
  return headersBesideTheProof.flatMap((option) => {
    const header = headerOption(options, option);
    if (header === null || (header !== proof && header !== 'authorization')) return [];
    return [{ option, message: `must be another header than the one that proves the request, ${header}` }];
  });
}
