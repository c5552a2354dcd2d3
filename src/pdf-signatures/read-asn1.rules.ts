import type { Asn1Node } from './asn1-node.ts';

const depthMost = 64;
/** In one element that is looked into, and in one without a length. */
const childrenMost = 1_000;
const openMost = 20_000;
const kinds: readonly Asn1Node['kind'][] = ['universal', 'other', 'context', 'other'];

/** Where an element stands in its bytes. `end` is behind it, `contentTo` behind what is in it. */
type Place = {
  kind: Asn1Node['kind'];
  tag: number;
  isConstructed: boolean;
  contentFrom: number;
  contentTo: number;
  end: number;
};

/**
 * The element that bytes begin with, whatever follows it; null when there is none (X.690, 8.1). What is in it is only looked
 * at when it is asked for: long lists of revoked certificates cost nothing, and whatever the bytes are, neither does depth.
 */
export function readAsn1(bytes: Buffer): Asn1Node | null {
  const place = placeAt(bytes, 0, bytes.length, 0);
  return place === null ? null : nodeOf(bytes, 0, place, 0);
}

function nodeOf(bytes: Buffer, from: number, place: Place, depth: number): Asn1Node {
  const { kind, tag, isConstructed, contentFrom, contentTo, end } = place;
  const content = bytes.subarray(contentFrom, contentTo);
  let children: readonly Asn1Node[] | null | undefined = isConstructed ? undefined : null;
  return {
    kind,
    tag,
    isConstructed,
    content,
    whole: bytes.subarray(from, end),
    get children() {
      if (children === undefined) children = childrenOf(content, depth + 1);
      return children;
    },
  };
}

/** Null when one of them cannot be read, or they are too many: nothing that is looked for is in it then. */
function childrenOf(content: Buffer, depth: number): readonly Asn1Node[] | null {
  const children: Asn1Node[] = [];
  for (let at = 0; at < content.length; ) {
    const place = placeAt(content, at, content.length, depth);
    if (place === null || children.length === childrenMost) return null;
    children.push(nodeOf(content, at, place, depth));
    at = place.end;
  }
  return children;
}

function placeAt(bytes: Buffer, from: number, to: number, depth: number): Place | null {
  const head = headAt(bytes, from, to);
  if (head === null || depth > depthMost) return null;
  const { length, contentFrom } = head;
  if (length !== null) {
    const end = contentFrom + length;
    return end > to ? null : { ...head, contentTo: end, end };
  }
  if (!head.isConstructed) return null;
  const contentTo = endOfOpen(bytes, contentFrom, to);
  return contentTo === null ? null : { ...head, contentTo, end: contentTo + 2 };
}

type Head = Pick<Place, 'kind' | 'tag' | 'isConstructed' | 'contentFrom'> & { length: number | null };

/** Tags of one byte, and lengths of up to four: there are no others here. `length` null: two zero bytes end it. */
function headAt(bytes: Buffer, from: number, to: number): Head | null {
  if (from + 2 > to) return null;
  const [identifier, first] = [bytes[from] as number, bytes[from + 1] as number];
  const tag = identifier & 0x1f;
  if (tag === 0x1f) return null;
  const common = { kind: kinds[identifier >> 6] ?? 'other', tag, isConstructed: (identifier & 0x20) !== 0 };
  if (first < 0x80) return { ...common, contentFrom: from + 2, length: first };
  const count = first - 0x80;
  if (count === 0) return { ...common, contentFrom: from + 2, length: null };
  const contentFrom = from + 2 + count;
  if (count > 4 || contentFrom > to) return null;
  return { ...common, contentFrom, length: bytes.readUIntBE(from + 2, count) };
}

/** Where the two zero bytes stand that end an element without a length, past those of others in it. One pass. */
function endOfOpen(bytes: Buffer, from: number, to: number): number | null {
  let open = 1;
  let at = from;
  for (let steps = 0; at + 2 <= to && steps < openMost; steps += 1) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) {
      open -= 1;
      if (open === 0) return at;
      at += 2;
      continue;
    }
    const head = headAt(bytes, at, to);
    if (head === null || (head.length === null && !head.isConstructed)) return null;
    if (head.length === null) open += 1;
    if (open > depthMost) return null;
    at = head.contentFrom + (head.length ?? 0);
  }
  return null;
}
