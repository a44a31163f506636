import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { check } from './check-arrows.mjs';

const graph = (arrows) => ({
  packages: Object.entries(arrows).map(([name, to]) => ({
    name,
    dependencies: to.map((d) => (typeof d === 'string' ? { name: d, kind: null } : d)),
  })),
});

const good = {
  'levers-model': ['serde', { name: 'levers-testkit', kind: 'dev' }, { name: 'tokio', kind: 'dev' }],
  'levers-ports': ['levers-model', 'tokio'],
  'levers-engine': ['levers-ports', 'levers-model', 'tokio', { name: 'levers-store', kind: 'dev' }],
  'levers-source-sql': ['levers-ports', 'levers-model', 'sqlx'],
  'levers-store': ['levers-ports', 'levers-model', 'sqlx'],
  'levers-wire-forest': ['levers-engine', 'axum'],
  'levers-wire-rest': ['levers-engine', 'axum'],
  'levers-server': ['levers-wire-rest', 'levers-wire-forest', 'levers-store', 'levers-source-sql'],
  'levers-cli': ['levers-server'],
  'levers-derive': ['syn'],
  levers: ['levers-cli', 'levers-derive', 'levers-engine'],
  'live-demo': ['levers'],
};

test('a graph whose arrows all point down passes', () => {
  assert.deepEqual(check(graph(good)), []);
});

for (const [from, to] of [
  ['levers-model', 'levers-ports'],
  ['levers-ports', 'levers-engine'],
  ['levers-engine', 'levers-store'],
  ['levers-engine', 'levers-wire-rest'],
  ['levers-source-sql', 'levers-engine'],
  ['levers-store', 'levers-source-sql'],
  ['levers-wire-rest', 'levers-wire-forest'],
  ['levers-wire-forest', 'levers-source-sql'],
  ['levers-server', 'levers-cli'],
  ['levers-cli', 'levers'],
  ['levers-derive', 'levers-model'],
  ['live-demo', 'levers-engine'],
  ['levers-model', 'axum'],
  ['levers-ports', 'sqlx'],
  ['levers-engine', 'hyper'],
]) {
  test(`${from} → ${to} is refused`, () => {
    const faults = check(graph({ ...good, [from]: [...good[from], to] }));
    assert.equal(faults.length, 1);
    assert.match(faults[0], new RegExp(`^${from} → ${to}: `));
  });
}

test('the test kit is refused outside dev-dependencies', () => {
  assert.equal(check(graph({ ...good, 'levers-store': ['levers-testkit'] })).length, 1);
});

test('a build-dependency is an arrow too', () => {
  const bad = { ...good, 'levers-model': [{ name: 'levers-engine', kind: 'build' }] };
  assert.equal(check(graph(bad)).length, 1);
});

test('a crate without a floor is refused', () => {
  assert.match(check(graph({ ...good, 'levers-new': [] }))[0], /no floor is known/);
});

// The whole command on a real workspace, read by the real cargo.
test('the command fails on a workspace with an arrow that points up, and passes without it', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'arrows-'));
  try {
    const crate = (name, deps) => {
      execFileSync('mkdir', ['-p', path.join(dir, name, 'src')]);
      writeFileSync(path.join(dir, name, 'src/lib.rs'), '');
      writeFileSync(
        path.join(dir, name, 'Cargo.toml'),
        `[package]\nname = "levers-${name}"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n${deps
          .map((d) => `levers-${d} = { path = "../${d}" }\n`)
          .join('')}`,
      );
    };
    const run = () =>
      spawnSync(process.execPath, [path.join(import.meta.dirname, 'check-arrows.mjs')], {
        cwd: dir,
        encoding: 'utf8',
      });
    writeFileSync(path.join(dir, 'Cargo.toml'), '[workspace]\nmembers = ["model", "ports"]\nresolver = "3"\n');
    crate('model', []);
    crate('ports', ['model']);
    const before = run();
    assert.equal(before.status, 0, before.stderr);
    crate('model', ['ports']);
    crate('ports', []);
    const after = run();
    assert.equal(after.status, 1);
    assert.match(after.stderr, /levers-model → levers-ports/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
