/**
 * Makes text from elsewhere safe to print: control characters (which could steer the terminal) and characters that
 * reorder or hide text become visible escapes. Line ends and tabs stay where `lines` allows them.
 */
export function safeText(text: string, allow: 'lines' | 'one line'): string {
  const unified = allow === 'lines' ? text.replaceAll('\r\n', '\n').replaceAll('\t', '  ') : text;
  return unified.replaceAll(dangerous, (character) => {
    if (character === '\n' && allow === 'lines') return character;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Controls, format characters such as bidi overrides, line and paragraph separators, lone surrogates. */
const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
