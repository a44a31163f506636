// Sequelize calls SQLite as the package `sqlite3` offers it, with callbacks. That package compiles
// C++ when it is installed; `libsql` comes compiled, but answers directly. This is the bridge: what
// Sequelize 6 calls of `sqlite3`, and no more.
const Libsql = require('libsql');

class Database {
  constructor(file, mode, opened) {
    this.filename = file;
    try {
      this.db = new Libsql(file);
      this.db.pragma('busy_timeout = 5000');
      queueMicrotask(() => opened(null));
    } catch (error) {
      queueMicrotask(() => opened(error));
    }
  }

  // The calls below are never interleaved: each one is done when it returns.
  serialize(work) {
    work();
  }

  run(sql, ...rest) {
    this.#call(sql, rest, (statement, values) => {
      const { changes, lastInsertRowid } = statement.run(...values);
      return { changes, lastID: Number(lastInsertRowid) };
    });
  }

  all(sql, ...rest) {
    this.#call(sql, rest, (statement, values) => ({ rows: statement.all(...values) }));
  }

  close(done) {
    this.db.close();
    if (done) queueMicrotask(() => done(null));
  }

  // `rest` is the parameters, if there are any, and the callback, whose `this` is the statement.
  #call(sql, rest, perform) {
    const done = rest.at(-1);
    const statement = new Statement();
    let failure = null;
    try {
      Object.assign(statement, perform(this.db.prepare(sql), bindings(rest.length > 1 ? rest[0] : [])));
    } catch (error) {
      // Sequelize tells a broken constraint from other failures by this code.
      failure = Object.assign(error, { code: String(error.code).replace(/^(SQLITE_CONSTRAINT)_.*/, '$1') });
    }
    if (done) queueMicrotask(() => done.call(statement, failure, statement.rows));
  }
}

/** What an execution left behind; Sequelize looks at the class's name. */
class Statement {}

function bindings(parameters) {
  if (Array.isArray(parameters)) return parameters;
  const named = Object.entries(parameters).map(([name, value]) => [name.replace(/^\$/, ''), value]);
  return named.length > 0 ? [Object.fromEntries(named)] : [];
}

module.exports = { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4 };
