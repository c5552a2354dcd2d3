import { Ajv2020 } from 'ajv/dist/2020.js';

/** Checks values against a JSON Schema; answers what is wrong. */
export function createSchemaValidator(schema: object): (value: unknown) => string[] {
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
  return (value) =>
    validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
