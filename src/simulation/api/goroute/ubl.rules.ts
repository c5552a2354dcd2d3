import { isObject, type Loose, readObject, textAt } from '../read-json.rules.ts';

/** What a simulator has to know of an invoice; null where it does not say. */
export type ReadInvoice = {
  number: string | null;
  sender: string | null;
  receiver: string | null;
  /** As it came; made up of JSON that brings no XML. */
  document: Buffer;
  isXml: boolean;
};

/** A rule that an invoice breaks, as the API lists them. */
export type BrokenRule = { rule: string; location: string; message: string };

/** Reads UBL as far as its own ids go, or JSON that names them or holds UBL in `document` or `xml`. */
export function readInvoice(body: Buffer, contentType: string): ReadInvoice {
  if (/xml/i.test(contentType) || body.subarray(0, 200).toString('utf8').trimStart().startsWith('<'))
    return readUbl(body);
  const json = readObject(body) ?? {};
  const xml = textAt(json, 'document') ?? textAt(json, 'xml');
  const read = xml === null ? null : readUbl(Buffer.from(xml));
  return {
    number: textAt(json, 'invoice_number') ?? read?.number ?? null,
    sender: participantOf(json, 'sender') ?? read?.sender ?? null,
    receiver: participantOf(json, 'receiver') ?? read?.receiver ?? null,
    document: read?.document ?? body,
    isXml: read !== null,
  };
}

/** A few rules of EN 16931 and Peppol BIS Billing 3: enough to have both answers, and no more. */
export function brokenRules(invoice: ReadInvoice): BrokenRule[] {
  const text = invoice.document.toString('utf8');
  const root = /<(?:\w+:)?(Invoice|CreditNote)[\s>]/.exec(text)?.[1];
  const isWhole = root !== undefined && new RegExp(`</(?:\\w+:)?${root}>\\s*$`).test(text);
  if (invoice.isXml && !isWhole) {
    return [{ rule: 'XML', location: '/', message: 'The document is no Invoice or CreditNote, or not whole' }];
  }
  const place = `/${root ?? 'Invoice'}`;
  const broken: BrokenRule[] = [];
  if (invoice.number === null) {
    broken.push({ rule: 'BR-02', location: place, message: 'An Invoice shall have an Invoice number' });
  }
  if (invoice.receiver === null) {
    const location = `${place}/AccountingCustomerParty/Party/EndpointID`;
    broken.push({ rule: 'PEPPOL-EN16931-R010', location, message: 'Buyer electronic address MUST be provided' });
  }
  if (invoice.sender === null && invoice.isXml) {
    const location = `${place}/AccountingSupplierParty/Party/EndpointID`;
    broken.push({ rule: 'PEPPOL-EN16931-R020', location, message: 'Seller electronic address MUST be provided' });
  }
  return broken;
}

function readUbl(document: Buffer): ReadInvoice {
  const text = document.toString('utf8');
  const number = /<(?:\w+:)?ID(?:\s[^>]*)?>\s*([^<]+?)\s*</.exec(text)?.[1] ?? null;
  const partyOf = (role: string): string | null => {
    const party = new RegExp(`<(?:\\w+:)?Accounting${role}Party>([\\s\\S]*?)</(?:\\w+:)?Accounting${role}Party>`).exec(
      text,
    );
    const [, scheme, id] =
      /<(?:\w+:)?EndpointID\s[^>]*schemeID="([^"]+)"[^>]*>\s*([^<]+?)\s*</.exec(party?.[1] ?? '') ?? [];
    return scheme === undefined || id === undefined ? null : `${scheme}:${id}`;
  };
  return { number, sender: partyOf('Supplier'), receiver: partyOf('Customer'), document, isXml: true };
}

/** `receiver`: `9915:x`, or `{scheme, identifier}`; `receiver_id` too. */
function participantOf(json: Loose, role: 'sender' | 'receiver'): string | null {
  const given = json[role] ?? json[`${role}_id`];
  if (typeof given === 'string') return given;
  if (!isObject(given)) return null;
  const [scheme, identifier] = [textAt(given, 'scheme'), textAt(given, 'identifier')];
  return scheme === null || identifier === null ? null : `${scheme}:${identifier}`;
}
