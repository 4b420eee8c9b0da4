// The answers that the SDK's own type declarations promise.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const sdk = import.meta.resolve('@green-api/whatsapp-api-client');
const declared = readFileSync(new URL('../src/index.d.ts', sdk), 'utf8');

const IS = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  YesOrNo: (value) => value === 'yes' || value === 'no',
  'Common.InstanceState': (value) => typeof value === 'string',
};

/// `answer` has every field of this interface, of its type.
export function assertIs(answer, name) {
  const [, body] = declared.match(new RegExp(`interface ${name} \\{([^}]*)\\}`));
  const fields = [...body.matchAll(/(\w+): ([\w.]+);/g)];
  assert.ok(fields.length > 0, `${name} is not declared as expected`);
  for (const [, field, type] of fields) {
    assert.ok(IS[type](answer[field]), `${name}.${field} is no ${type}: ${answer[field]}`);
  }
}
