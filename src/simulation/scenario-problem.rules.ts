/** A scenario that cannot be played: where in it, what is wrong, and how to mend it. */
export class ScenarioProblem extends Error {
  /** Such as `steps[2].does`; empty when it is about the whole. */
  readonly place: string;
  readonly what: string;
  readonly remedy: string;

  constructor(place: string, what: string, remedy: string) {
    super(`${place === '' ? '' : `${place} `}${what}; ${remedy}`);
    this.name = 'ScenarioProblem';
    this.place = place;
    this.what = what;
    this.remedy = remedy;
  }
}

/** For a step that its world cannot take, such as a signature on a document that was never sent. */
export function impossible(stepIndex: number, what: string, remedy: string): ScenarioProblem {
  return new ScenarioProblem(`steps[${stepIndex}]`, what, remedy);
}
