// Evaluates rules as a browser would: the rule's source as it stands in the file, over JSON
// that is made to fit the types which the rule was checked against. The Rust side of this is
// `levers_rules::Facts` and `Rule::compute`.
import { celEnv, celMap, isCelError, isCelList, isCelMap, objectType, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { create, isMessage } from '@bufbuild/protobuf';
import { TimestampSchema, timestampDate } from '@bufbuild/protobuf/wkt';

/** `trim`, `lowerAscii` and `upperAscii` are an extension of CEL's standard functions. */
const env = celEnv({ funcs: strings });

/** A value that is there but that nobody can compute with: of a wrong type. */
const UNKNOWN = objectType('unknown');

/** What stands for “cannot be computed”. */
export const NOT_COMPUTED = Symbol('cannot be computed');

/**
 * @param {string} rule
 * @param {Record<string, unknown>} types the variables with their types, as in corpus.json
 * @param {Record<string, unknown>} facts the variables' values as JSON
 */
export function compute(rule, types, facts) {
  const bindings = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, bind(type, facts[name])]));
  try {
    const result = plan(env, parse(rule))(bindings);
    return isCelError(result) ? NOT_COMPUTED : toJson(result);
  } catch {
    return NOT_COMPUTED;
  }
}

/** JSON as a value of CEL of this type. */
function bind(type, json) {
  if (Array.isArray(type)) {
    if (json === null || json === undefined) return null;
    return Array.isArray(json) ? json.map((item) => bind(type[0], item)) : UNKNOWN;
  }
  if (typeof type === 'object') {
    const members = json ?? {};
    return celMap(new Map(Object.entries(type).map(([name, member]) => [name, bind(member, members[name])])));
  }
  return json === null || json === undefined ? null : scalar(type, json);
}

function scalar(type, json) {
  switch (type) {
    case 'bool':
      return typeof json === 'boolean' ? json : UNKNOWN;
    case 'int':
      return Number.isInteger(Number(json)) ? BigInt(json) : UNKNOWN;
    case 'number':
      return Number.isFinite(Number(json)) ? Number(json) : UNKNOWN;
    case 'instant':
      return instant(json);
    case 'text':
    case 'day':
      return String(json);
    case 'json':
      return anything(json);
    default:
      throw new Error(`corpus.json has a type that is not known here: ${type}`);
  }
}

function instant(text) {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return UNKNOWN;
  const seconds = Math.floor(at / 1000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (at - seconds * 1000) * 1_000_000 });
}

/** JSON of no declared type: all its numbers are doubles. */
function anything(json) {
  if (Array.isArray(json)) return json.map(anything);
  if (typeof json !== 'object' || json === null) return json;
  return celMap(new Map(Object.entries(json).map(([name, member]) => [name, anything(member)])));
}

/** A value of CEL as JSON. */
function toJson(value) {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : NOT_COMPUTED;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (isCelList(value)) return [...value].map(toJson);
  if (isCelMap(value)) return Object.fromEntries([...value].map(([name, member]) => [name, toJson(member)]));
  const message = value?.message ?? value;
  if (isMessage(message, TimestampSchema)) return timestampDate(message).toISOString().replace('.000Z', 'Z');
  return NOT_COMPUTED;
}
