// The rules of files mean the same on the server and in a browser: the same corpus that
// crates/rules/tests/it/corpus.rs runs, with @bufbuild/cel.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compute, NOT_COMPUTED } from './evaluate.mjs';

const corpus = JSON.parse(readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'));

test('the corpus is worth running', () => {
  assert.ok(corpus.cases.length >= 60, `${corpus.cases.length} cases`);
  assert.ok(corpus.cases.some((example) => example.cannot_be_computed));
});

for (const example of corpus.cases) {
  test(`${example.rule} ${example.facts ? JSON.stringify(example.facts) : ''}`, () => {
    const answer = compute(example.rule, corpus.types, { ...corpus.facts, ...overridden(example.facts) });
    if (example.cannot_be_computed) {
      assert.equal(answer, NOT_COMPUTED);
    } else {
      assert.deepEqual(answer, example.expected);
    }
  });
}

/** The facts of a case: members that it names differ, the others are those of all cases. */
function overridden(facts = {}) {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, value && { ...corpus.facts[name], ...value }]),
  );
}
