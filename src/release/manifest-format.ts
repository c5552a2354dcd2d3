import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { ManifestSchema, type SignedManifest } from './manifest-schema.ts';

let validate: ValidateFunction<SignedManifest> | null = null;

/**
 * Where what was read is not of the format of manifests, as a JSON pointer; null when it is. Compiled when it is first
 * asked: a node that never reads a manifest starts without.
 */
export function findFormatFault(value: unknown): string | null {
  validate ??= new Ajv2020({ strict: false }).compile<SignedManifest>(ManifestSchema);
  if (validate(value)) return null;
  return validate.errors?.[0]?.instancePath || '/';
}
