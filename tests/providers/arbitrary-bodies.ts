import fc from 'fast-check';

/** Names that some provider's body has, and names that objects have by themselves. */
const memberNames = [
  '',
  ...words('event event_type event_time event_hash event_id event_ts type time timestamp hash id data object payload'),
  ...words('token challenge recipients Recipient action topic created createdAt completedAt envelopeId recipientId'),
  ...words(
    'generatedDateTime uri transaction_id signature_request signature_request_id agreement eventDate shared_link',
  ),
  ...words('__proto__ constructor prototype toString hasOwnProperty length webhookNotificationId webhookEndpoint'),
];
const oddTexts = [
  '',
  ' ',
  '\u0000',
  '\n\u0085',
  '\ud800',
  '\udc00\ud800\u202e',
  'a'.repeat(300),
  '€'.repeat(130),
  ...words('posthorn.endpoint.disabled .. / -1 null url_verification event_callback DOCUMENT_COMPLETED 1669926463'),
  ...words('envelope-completed document_signed signature_request_sent 2026-11-20T10:15:30Z 9999-99-99T99:99:99Z'),
];
const oddNumbers = words('0 -0 1669926463 1e999 -1e999 1e-999 123456789012345678901234567890 0.1 1E+2');
/** Bodies in the shape of a provider's own. Mostly a #name is a name, an #at a time, a #hash a digest, and so on. */
export const shapes: readonly string[] = [
  '{"event":{"event_type":#name,"event_time":#at,"event_hash":#hash},"signature_request":{"signature_request_id":#id}}',
  '{"event":{"type":#name,"time":#at,"hash":#hash},"data":{"object":{"id":#id}}}',
  '{"event":#name,"payload":{"envelopeId":#id,"id":#id,"recipients":[{"token":#hash}],"createdAt":#day},"createdAt":#day}',
  '{"event":#name,"generatedDateTime":#day,"uri":#id,"data":{"envelopeId":#id,"recipientId":#id}}',
  '{"event":#name,"webhookNotificationId":#id,"eventDate":#day,"agreement":{"id":#id}}',
  '[{"event":#name,"data":{"id":#id,"recipients":[{"shared_link":#hash}]}}]',
  '{"event":#name,"event_id":#id,"timestamp":#day,"data":{"transaction_id":#id,"document_id":#id}}',
  '{"id":#id,"object":"event","type":#name,"created":#at,"data":{"object":{"id":#id}}}',
  '{"type":#name,"challenge":#hash,"token":#hash,"event_id":#id,"event_time":#at,"event":{"type":#name,"channel":#id}}',
  '{"type":#name,"timestamp":#day,"data":{"id":#id}}',
  '{"action":#name,"repository":{"full_name":#id},"id":#id,"number":#at}',
];

/** Ordinary texts and those that break things. */
export const arbitraryText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'binary', maxLength: 20 }));

/** JSON as text, so that numbers may be huge and names may come twice. */
const jsonText = fc.letrec<{ value: string; member: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    arbitraryText.map((value) => JSON.stringify(value)),
    fc.constantFrom('null', 'true', 'false', ...oddNumbers),
    fc.array(tie('member'), { maxLength: 6 }).map((members) => `{${members.join(',')}}`),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(', ')}]`),
  ),
  member: fc
    .tuple(fc.oneof({ arbitrary: fc.constantFrom(...memberNames), weight: 9 }, arbitraryText), tie('value'))
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`),
}));
/** Of every form among the bodies. */
export const boundary = 'AaB03x';
const nested = [
  '',
  '['.repeat(20_000),
  '{"event":'.repeat(5_000),
  '['.repeat(5_000) + ']'.repeat(5_000),
  `${'{"data":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
];

/** Bodies, most of them in one of the shapes in `own`, with such signatures where a body has one. */
export function bodiesWith(signature: fc.Arbitrary<string>, own: readonly string[]): fc.Arbitrary<string> {
  const right: Record<string, fc.Arbitrary<string>> = {
    '#name': fc.constantFrom('"document_signed"', '"envelope-completed"', '"posthorn.x"'),
    '#at': fc.constantFrom('1669926463', '"1669926463"'),
    '#day': fc.constantFrom('"2026-11-20T10:15:30Z"', '"2026-11-20T10:15:30.123+01:00"'),
    '#hash': signature.map((value) => JSON.stringify(value)),
    '#id': fc.uuid().map((value) => JSON.stringify(value)),
  };
  const filled = (shape: string): fc.Arbitrary<string> => {
    const kinds = shape.match(/#[a-z]+/g) ?? [];
    const values = kinds.map((kind) =>
      fc.oneof({ arbitrary: right[kind] ?? jsonText.value, weight: 6 }, { arbitrary: jsonText.value, weight: 1 }),
    );
    return fc.tuple(...values).map((each) => shape.replaceAll(/#[a-z]+/g, () => each.shift() ?? 'null'));
  };
  const members = fc.array(jsonText.member, { maxLength: 8 }).map((several) => `{${several.join(',')}}`);
  const json = fc.oneof(
    { arbitrary: fc.oneof(...own.map(filled)), weight: 12 },
    { arbitrary: fc.oneof(...shapes.map(filled)), weight: 3 },
    { arbitrary: members, weight: 4 },
    { arbitrary: jsonText.value, weight: 1 },
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n`;
  return fc.oneof(
    { arbitrary: json, weight: 20 },
    { arbitrary: json.map((value) => `${head}${value}\r\n--${boundary}--\r\n`), weight: 5 },
    json.map((value) => `payload=${encodeURIComponent(value.toWellFormed())}`),
    json.map((value) => value.slice(0, -1)),
    json.map((value) => `\ufeff${value}`),
    fc.constantFrom(...nested),
  );
}

export function words(text: string): string[] {
  return text.split(' ');
}
