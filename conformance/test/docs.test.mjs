// The manual's examples of the file. What stands after the fence says how a block is checked:
//   ```toml            its keys, by `levers check --offline`
//   ```toml chinook    everything, against Chinook as an SQLite database; without a [database] it gets one
//   ```toml ignore     nothing: it is another program's file
// And the reference: it has every key of the file, and no other.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { make } from '../lib/chinook.mjs';
import { LEVERS, REFERENCE, run } from '../lib/server.mjs';

const root = path.join(import.meta.dirname, '..', '..');
const manual = path.join(root, 'docs', 'src');
const pages = [path.join(root, 'README.md'), ...readdirSync(manual).map((name) => path.join(manual, name))];
const HOW = ['', 'chinook', 'ignore'];

/** The blocks of a page, each with the line on which it begins. */
function* blocks(page) {
  const text = readFileSync(page, 'utf8');
  for (const found of text.matchAll(/^```toml ?(\S*)\n(.*?)^```$/gms)) {
    const line = text.slice(0, found.index).split('\n').length;
    yield { how: found[1], source: found[2], place: `${path.relative(root, page)}:${line}` };
  }
}

/** A value for every variable that a block takes from the environment. */
function environment(source) {
  const names = [...source.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name);
  const key = `whsec_${Buffer.from('the manual, checked every day').toString('base64')}`;
  const value = (name) => (name.endsWith('URL') ? 'https://example.org/hook' : key);
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}

describe('the files of the manual', { skip: REFERENCE && 'the agent reads no such file' }, () => {
  let folder;
  let database;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'manual-'));
    database = await make.sqlite();
  });
  after(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { how, source, place } of pages.flatMap((page) => [...blocks(page)])) {
    if (how === 'ignore') continue;
    test(place, async () => {
      assert.ok(HOW.includes(how), `there is no “toml ${how}”; there is: ${HOW.join(', ')}`);
      const served = how === 'chinook' && !/^\[(database|sources)/m.test(source);
      const file = path.join(folder, `${place.replaceAll(/\W/g, '-')}.toml`);
      writeFileSync(file, source + (served ? `\n[database]\nurl = "${database.url}"\n` : ''));
      const args = ['check', file, ...(how === 'chinook' ? [] : ['--offline'])];
      const { code, stdout, stderr } = await run(LEVERS, args, { cwd: folder, env: environment(source) });
      assert.equal(code, 0, stdout + stderr);
    });
  }

  test('the files are found', () => {
    assert.ok(pages.flatMap((page) => [...blocks(page)]).filter(({ how }) => how === 'chinook').length > 10);
  });
});

describe('the reference of the file', { skip: REFERENCE && 'the agent reads no such file' }, () => {
  const reference = readFileSync(path.join(manual, 'file-reference.md'), 'utf8');

  /** All words that may stand as values in a schema, however deep. */
  const wordsOf = (schema) =>
    schema && typeof schema === 'object'
      ? [schema.enum ?? [], schema.const ?? [], ...Object.values(schema).map(wordsOf)].flat(Infinity)
      : [];

  /** All names of keys in a schema, however deep. */
  const keysOf = (schema) =>
    schema && typeof schema === 'object'
      ? [...Object.keys(schema.properties ?? {}), ...Object.values(schema).flatMap(keysOf)]
      : [];

  test('has every key and every word of the JSON Schema', async () => {
    const { stdout } = await run(LEVERS, ['schema', '--format', 'file']);
    const schema = JSON.parse(stdout);
    const wanted = new Set([...keysOf(schema), ...wordsOf(schema).filter((word) => typeof word === 'string')]);
    assert.ok(wanted.size > 150, `only ${wanted.size} keys and words were found`);
    const missing = [...wanted].filter((name) => !new RegExp(`\\b${name}\\b`).test(reference));
    assert.deepEqual(missing, []);
  });

  test('names no key that the JSON Schema does not have', async () => {
    const { stdout } = await run(LEVERS, ['schema', '--format', 'file']);
    const known = new Set(keysOf(JSON.parse(stdout)));
    // The first column of tables that list keys.
    const tables = reference.match(/^\| key \|.*(?:\n\|.*)+/gm) ?? [];
    const named = tables.flatMap((table) =>
      table
        .split('\n')
        .slice(2)
        .flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, name]) => name)),
    );
    assert.ok(named.length > 60, `only ${named.length} keys were found`);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });
});
