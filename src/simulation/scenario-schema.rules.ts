import type { FieldSpec, Simulator } from './simulator.ts';

type Schema = Record<string, unknown>;

/** A JSON Schema of scenario files, for editors: what `parseScenario` checks, as far as a schema can say it. */
export function scenarioSchema(simulators: ReadonlyMap<string, Simulator>): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A scenario of posthorn simulate',
    type: 'object',
    required: ['provider', 'steps'],
    properties: { provider: { enum: [...simulators.keys()] } },
    oneOf: [...simulators.values()].map(schemaOf),
  };
}

function schemaOf(simulator: Simulator): Schema {
  const { actions, about, roles, name, title } = simulator;
  const people = {
    key: text(200, 'what the steps call this person'),
    role: { enum: roles },
    name: text(200, 'invented when left out'),
    email: text(200, 'invented when left out'),
  };
  return closed(title, ['provider', 'steps'], {
    $schema: { type: 'string' },
    provider: { const: name },
    name: text(200, 'instead of the name of the file'),
    description: text(200, 'what happens'),
    about: closed('what it is about', [], fields(about)),
    people:
      roles.length === 0
        ? { type: 'array', maxItems: 0 }
        : { type: 'array', maxItems: 100, items: closed('somebody', ['key'], people) },
    steps: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: { oneOf: Object.entries(actions).map(([does, action]) => stepOf(does, action)) },
    },
  });
}

function stepOf(does: string, { by, description, takes }: Simulator['actions'][string]): Schema {
  const isPerson = by === 'person';
  return closed(description, isPerson ? ['who', 'does'] : ['does'], {
    who: isPerson ? text(200, 'the key of one of the people') : { const: by },
    does: { const: does },
    afterSeconds: { type: 'number', minimum: 0, maximum: 31_622_400, description: 'how long after the step before' },
    ...fields(takes ?? {}),
  });
}

function fields(specs: Readonly<Record<string, FieldSpec>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, field(spec)]));
}

function field(spec: FieldSpec): Schema {
  const { description } = spec;
  switch (spec.kind) {
    case 'text':
      return { type: 'string', maxLength: 1000, description };
    case 'flag':
      return { type: 'boolean', description };
    case 'choice':
      return { enum: spec.choices, description };
    case 'whole':
      return { type: 'integer', minimum: spec.least, maximum: spec.most, description };
  }
}

function text(maxLength: number, description: string): Schema {
  return { type: 'string', minLength: 1, maxLength, description };
}

function closed(title: string, required: readonly string[], properties: Record<string, Schema>): Schema {
  return { title, type: 'object', required, properties, additionalProperties: false };
}
