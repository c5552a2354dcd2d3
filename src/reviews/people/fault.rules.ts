/** What is wrong with what a person wrote: where in it (a JSON pointer), and how to mend it. */
export type Fault = { pointer: string; message: string };

export const dayMs = 86_400_000;

/** Text that says something: at least ten characters besides spaces. */
export function saysSomething(text: string): boolean {
  return text.replaceAll(/\s+/gu, '').length >= 10;
}
