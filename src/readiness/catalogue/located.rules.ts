/** What a file says, with the line of each thing. Every scalar is its text: nothing is taken for a number or a date. */
export type Located =
  | { kind: 'text'; line: number; text: string }
  | { kind: 'list'; line: number; items: readonly Located[] }
  /** The line of a field is that of its name. */
  | { kind: 'map'; line: number; fields: ReadonlyMap<string, Located> }
  | { kind: 'nothing'; line: number };

/** A mistake in a file of the catalogue, for whoever wrote it. */
export type CatalogueMistake = { file: string; line: number; what: string; remedy: string };

/** How a mistake is told: where, what, how to mend it. */
export function tellMistake({ file, line, what, remedy }: CatalogueMistake): string {
  return `${file}:${line} ${what}; ${remedy}`;
}
