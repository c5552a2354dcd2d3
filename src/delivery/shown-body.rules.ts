/** Bytes as JSON can carry them: as text when they are UTF-8, else in base64. */
export type ShownBody = {
  encoding: 'utf-8' | 'base64';
  content: string;
  /** Size of the whole body, or of what was kept of it. */
  sizeBytes: number;
  /** `content` is only its beginning. */
  truncated: boolean;
};

/**
 * @param start the first bytes of the body.
 * @param truncated more bytes follow: a character that the cut split is left out and does not make the rest binary.
 */
export function showBody(start: Uint8Array, sizeBytes: number, truncated: boolean): ShownBody {
  const text = decode(truncated ? withoutSplitCharacter(start) : start);
  return text === null
    ? { encoding: 'base64', content: Buffer.from(start).toString('base64'), sizeBytes, truncated }
    : { encoding: 'utf-8', content: text, sizeBytes, truncated };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

// RFC 3629: a lead byte 110xxxxx, 1110xxxx or 11110xxx starts a character of 2, 3 or 4 bytes.
function withoutSplitCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte >= 0b1100_0000) {
      const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
    if (byte < 0b1000_0000) return bytes;
  }
  return bytes;
}
