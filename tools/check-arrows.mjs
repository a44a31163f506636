#!/usr/bin/env node
// Arrows only point down: checks the workspace's dependencies against the floors of
// ARCHITECTURE.md, and fails with one line for each arrow that points up or sideways.
//   node tools/check-arrows.mjs                  the workspace, by `cargo metadata`
//   node tools/check-arrows.mjs metadata.json    a saved answer of `cargo metadata --no-deps`
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Each crate of the workspace with the crates of the workspace that it may depend on.
 * A new crate gets a line here: that line is where its floor is decided.
 */
const BELOW = {
  'levers-model': [],
  'levers-ports': ['levers-model'],
  'levers-engine': ['levers-ports', 'levers-model'],
  // Adapters implement ports and know no verbs, nor each other.
  'levers-source-sql': ['levers-ports', 'levers-model'],
  'levers-store': ['levers-ports', 'levers-model'],
  // Tokens, for every door that carries them.
  'levers-identity': ['levers-model'],
  // Rules and templates: pure, so that any floor may evaluate them.
  'levers-rules': ['levers-model'],
  'levers-handler-http': ['levers-ports', 'levers-model', 'levers-identity'],
  // Declarations: loaders that yield what the ports declare.
  'levers-declare': ['levers-handler-http', 'levers-rules', 'levers-ports', 'levers-model', 'levers-identity'],
  // Doors drive verbs and know no adapter, nor each other.
  'levers-wire-rest': ['levers-engine', 'levers-ports', 'levers-model', 'levers-identity'],
  'levers-wire-forest': ['levers-engine', 'levers-ports', 'levers-model', 'levers-identity'],
};
const wiring = [...Object.keys(BELOW)];
BELOW['levers-server'] = wiring;
BELOW['levers-cli'] = ['levers-server', ...wiring];
BELOW['levers-derive'] = [];
BELOW.levers = ['levers-cli', 'levers-server', 'levers-derive', ...wiring];
// Authors' programs see the facade only.
BELOW['live-demo'] = ['levers'];
BELOW['bench-app'] = ['levers'];
// Suites, fakes, samples: a dev-dependency of others, never more. It may look at everything
// but the products.
BELOW['levers-testkit'] = wiring;

/** What speaks HTTP or SQL, which the inner floors never touch, directly, in any kind of dependency but dev. */
const EDGES = [
  'axum',
  'hyper',
  'reqwest',
  'tower',
  'tower-http',
  'sqlx',
  'sea-query',
  'sea-query-sqlx',
  'rusqlite',
  'sea-orm',
];
const FORBIDDEN = {
  'levers-model': ['tokio', 'async-std', 'smol', ...EDGES],
  'levers-ports': EDGES,
  'levers-engine': ['http', ...EDGES],
};

const DEV_ONLY = 'levers-testkit';

/**
 * @param {{packages: {name: string, dependencies: {name: string, kind: string | null}[]}[]}} metadata
 * @returns {string[]} one sentence for each fault; empty when every arrow points down
 */
export function check(metadata) {
  const faults = [];
  const ours = new Set(metadata.packages.map((p) => p.name));
  for (const { name, dependencies } of metadata.packages) {
    const below = BELOW[name];
    if (!below) {
      faults.push(`${name}: no floor is known for this crate; give it a line in tools/check-arrows.mjs`);
      continue;
    }
    for (const { name: to, kind } of dependencies) {
      const dev = kind === 'dev';
      if (to === DEV_ONLY) {
        if (!dev) faults.push(`${name} → ${to}: ${to} may only be a dev-dependency`);
        continue;
      }
      // Tests of a crate may look at anything: a dev-dependency draws no arrow.
      if (dev) continue;
      if ((ours.has(to) || to in BELOW) && !below.includes(to)) {
        const may = below.length > 0 ? below.join(', ') : 'no other crate of the workspace';
        faults.push(`${name} → ${to}: this arrow does not point down (${name} may depend on ${may})`);
      }
      if (FORBIDDEN[name]?.includes(to)) {
        faults.push(`${name} → ${to}: ${name} must not know ${to}`);
      }
    }
  }
  return faults;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [file] = process.argv.slice(2);
  const json = file
    ? readFileSync(file, 'utf8')
    : execFileSync('cargo', ['metadata', '--format-version', '1', '--no-deps'], {
        maxBuffer: 1 << 28,
        encoding: 'utf8',
      });
  const metadata = JSON.parse(json);
  const faults = check(metadata);
  for (const fault of faults) console.error(`check-arrows: ${fault}`);
  if (faults.length > 0) process.exit(1);
  console.log(`check-arrows: ${metadata.packages.length} crates, every arrow points down`);
}
