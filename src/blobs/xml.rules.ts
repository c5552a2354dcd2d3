/** An element: `text` of one without children, decoded; '' of one with children. Attributes are not kept. */
export type XmlElement = { name: string; text: string; children: XmlElement[] };

const deepest = 16;
const declaration = /^\s*<\?xml(?:\s[^?<>]*)?\?>/;
const attribute = `\\s+[A-Za-z_][\\w:.-]*\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`;
const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Reads the plain XML that S3 answers with: elements, attributes, text, the five named entities and numbered ones.
 * Null for all else (document types, comments, CDATA, text beside elements, more than 16 levels), never a guess.
 */
export function readXml(document: string): XmlElement | null {
  const text = document.replace(declaration, '').trim();
  const token = new RegExp(`<(/?)([A-Za-z_][\\w.-]*)((?:${attribute})*)\\s*(/?)>|([^<]+)`, 'y');
  const top: XmlElement = { name: '', text: '', children: [] };
  const open = [top];
  while (token.lastIndex < text.length) {
    const [, closing, name, attributes, empty, raw] = token.exec(text) ?? [];
    const current = open.at(-1) as XmlElement;
    if (raw !== undefined) {
      const decoded = decode(raw);
      if (decoded === null) return null;
      current.text += decoded;
    } else if (name === undefined) {
      return null;
    } else if (closing === '/') {
      if (open.length === 1 || current.name !== name || attributes !== '' || empty === '/') return null;
      if (!settle(current)) return null;
      open.pop();
    } else {
      const element: XmlElement = { name, text: '', children: [] };
      current.children.push(element);
      if (empty !== '/') open.push(element);
      if (open.length > deepest) return null;
    }
  }
  const [root, ...others] = top.children;
  return open.length === 1 && others.length === 0 && top.text === '' ? (root ?? null) : null;
}

/** Between elements there may only be white space, and it means nothing. */
function settle(element: XmlElement): boolean {
  if (element.children.length === 0) return true;
  if (element.text.trim() !== '') return false;
  element.text = '';
  return true;
}

function decode(raw: string): string | null {
  if (!raw.includes('&')) return raw;
  let wrong = false;
  const decoded = raw.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,5}));|&/gi, (_all, decimal, hex, name) => {
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
    const found = typeof name === 'string' ? entities.get(name) : characterOf(code);
    wrong ||= found === undefined;
    return found ?? '';
  });
  return wrong ? null : decoded;
}

function characterOf(code: number): string | undefined {
  const real = code > 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return real ? String.fromCodePoint(code) : undefined;
}
