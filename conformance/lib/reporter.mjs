// One line per file that passes, everything about what fails, and a closing count.
export default async function* reporter(source) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const { type, data } of source) {
    if (type === 'test:fail' || type === 'test:pass') {
      if (data.details?.type === 'suite') {
        if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
          failed += 1;
          yield `FAIL ${data.name}\n${explain(data.details.error)}\n`;
        }
        continue;
      }
      // A file is reported as a test too: only its own failure (a crash) counts.
      if (data.nesting === 0 && data.name.endsWith('.mjs')) {
        if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
          failed += 1;
          yield `FAIL ${data.name}\n${explain(data.details.error)}\n`;
        }
        continue;
      }
      if (data.skip !== undefined) {
        skipped += 1;
        yield `skip ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
      } else if (type === 'test:pass') {
        passed += 1;
        if (process.env.VERBOSE) yield `  ok ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
      } else if (data.details.error?.failureType === 'cancelledByParent') {
        // Its suite could not start, and says why itself.
        failed += 1;
      } else {
        failed += 1;
        yield `FAIL ${data.name}  (${data.file ?? ''})\n${explain(data.details.error)}\n`;
      }
    } else if (type === 'test:stderr') {
      yield data.message;
    }
  }
  yield `conformance: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`;
}

function explain(error) {
  const cause = error?.cause ?? error;
  if (!cause) return '  (no reason given)';
  const text = typeof cause === 'string' ? cause : (cause.stack ?? cause.message ?? String(cause));
  const extra = cause.code === 'ERR_ASSERTION' && !text.includes(cause.message) ? `${cause.message}\n` : '';
  return `${extra}${text}`.replace(/^/gm, '    ');
}
