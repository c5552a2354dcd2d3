const quote = 34;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;
const comma = 44;

/**
 * The source text of one property of a JSON object, exactly as it was written, so that a payload reaches its
 * receivers with every digit of its numbers. The last one wins when a name is repeated, as in JSON.parse.
 * @param text a JSON text that JSON.parse has accepted and that is an object.
 * @returns null when the object has no such property.
 */
export function sliceProperty(text: string, name: string): string | null {
  let found: string | null = null;
  let index = text.indexOf('{') + 1;
  for (;;) {
    index = text.indexOf('"', index);
    if (index === -1) return found;
    const keyEnd = endOfString(text, index);
    const key = JSON.parse(text.slice(index, keyEnd)) as string;
    const valueStart = text.indexOf(':', keyEnd) + 1;
    const valueEnd = endOfValue(text, valueStart);
    if (key === name) found = text.slice(valueStart, valueEnd).trim();
    if (text.charCodeAt(valueEnd) !== comma) return found;
    index = valueEnd + 1;
  }
}

/**
 * The source texts of the elements of an array property, exactly as they were written.
 * @returns [] when there is no such property or it is not an array.
 */
export function sliceElements(text: string, name: string): string[] {
  const array = sliceProperty(text, name);
  const elements: string[] = [];
  if (array === null || !array.startsWith('[')) return elements;
  let start = 1;
  for (;;) {
    const end = endOfValue(array, start);
    const element = array.slice(start, end).trim();
    if (element !== '') elements.push(element);
    if (array.charCodeAt(end) !== comma) return elements;
    start = end + 1;
  }
}

/** The index after the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** The index of the comma or brace that ends the value that starts at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let index = start;
  for (;;) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = endOfString(text, index);
      continue;
    }
    if (code === openBrace || code === openBracket) depth += 1;
    else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return index;
      depth -= 1;
    } else if (code === comma && depth === 0) return index;
    index += 1;
  }
}
