//! The tables, and how a file comes to have them.
//!
//! A file carries its version in `PRAGMA user_version` and says whose it is in
//! `PRAGMA application_id`; both stand in the header that SQLite keeps for this.
//! Migrations are a list of sea-query statements, one entry per version.
//! Rejected: sea-orm-migration. It brings an ORM and a table of its own to run a
//! list that fits on one page, and cannot refuse a file of a newer version.
//!
//! The JSON columns hold the model's own serialization. `shape` says of which
//! version of it, so that a later release can read old rows without rewriting
//! them.

use levers_model::{Error, Mode, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use sea_query::{
    ColumnDef, ConditionalStatement as _, Expr, ExprTrait as _, ForeignKey, Iden, Index, SqliteQueryBuilder, Table,
};

use crate::failure::open_failed;

/// “Levr” in ASCII; tells our files from other programs' databases.
const APPLICATION_ID: i32 = 0x4c65_7672;

/// Which serialization of the model the JSON columns hold.
pub(crate) const SHAPE: i32 = 1;

#[derive(Iden, Clone, Copy)]
pub(crate) enum Jobs {
    Table,
    Id,
    Collection,
    Action,
    ActionName,
    BuiltIn,
    Mode,
    Approval,
    Caller,
    CallerId,
    CallerEmail,
    Door,
    Selection,
    Values,
    IdempotencyKey,
    Fingerprint,
    State,
    Outcome,
    Failure,
    Changes,
    CreatedAt,
    FinishedAt,
    Shape,
}

#[derive(Iden, Clone, Copy)]
pub(crate) enum Events {
    Table,
    Id,
    Job,
    Kind,
    At,
    By,
    Data,
    Shape,
}

#[derive(Iden, Clone, Copy)]
pub(crate) enum JobFiles {
    Table,
    Job,
    Content,
}

/// The statements that lead to each version, oldest first. Entries are never
/// edited once released: a change is a new entry.
fn migrations() -> Vec<Vec<String>> {
    vec![first_version(), background_and_approvals()]
}

/// Every job of before ran in the foreground, on its caller's own account.
fn background_and_approvals() -> Vec<String> {
    let add = |column: &mut ColumnDef| Table::alter().table(Jobs::Table).add_column(column).build(SqliteQueryBuilder);
    vec![
        add(ColumnDef::new(Jobs::Mode).text().not_null().default(Mode::Foreground.name())),
        add(ColumnDef::new(Jobs::Approval).text()),
    ]
}

fn first_version() -> Vec<String> {
    let jobs = Table::create()
        .table(Jobs::Table)
        .col(ColumnDef::new(Jobs::Id).blob().not_null().primary_key())
        .col(ColumnDef::new(Jobs::Collection).text().not_null())
        .col(ColumnDef::new(Jobs::Action).text().not_null())
        .col(ColumnDef::new(Jobs::ActionName).text().not_null())
        .col(ColumnDef::new(Jobs::BuiltIn).text())
        .col(ColumnDef::new(Jobs::Caller).text().not_null())
        .col(ColumnDef::new(Jobs::CallerId).text().not_null())
        .col(ColumnDef::new(Jobs::CallerEmail).text().not_null())
        .col(ColumnDef::new(Jobs::Door).text().not_null())
        .col(ColumnDef::new(Jobs::Selection).text().not_null())
        .col(ColumnDef::new(Jobs::Values).text().not_null())
        .col(ColumnDef::new(Jobs::IdempotencyKey).text())
        .col(ColumnDef::new(Jobs::Fingerprint).text().not_null())
        .col(ColumnDef::new(Jobs::State).text().not_null())
        .col(ColumnDef::new(Jobs::Outcome).text())
        .col(ColumnDef::new(Jobs::Failure).text())
        .col(ColumnDef::new(Jobs::Changes).text().not_null())
        .col(ColumnDef::new(Jobs::CreatedAt).text().not_null())
        .col(ColumnDef::new(Jobs::FinishedAt).text())
        .col(ColumnDef::new(Jobs::Shape).integer().not_null())
        .build(SqliteQueryBuilder);
    // One tree, in which the events of a job lie side by side: each commit writes
    // one page of it instead of three.
    let events = Table::create()
        .table(Events::Table)
        .col(ColumnDef::new(Events::Job).blob().not_null())
        .col(ColumnDef::new(Events::Id).blob().not_null())
        .col(ColumnDef::new(Events::Kind).text().not_null())
        .col(ColumnDef::new(Events::At).text().not_null())
        .col(ColumnDef::new(Events::By).text().not_null())
        .col(ColumnDef::new(Events::Data).text().not_null())
        .col(ColumnDef::new(Events::Shape).integer().not_null())
        .primary_key(Index::create().col(Events::Job).col(Events::Id))
        .foreign_key(ForeignKey::create().from(Events::Table, Events::Job).to(Jobs::Table, Jobs::Id))
        .extra("WITHOUT ROWID")
        .build(SqliteQueryBuilder);
    let files = Table::create()
        .table(JobFiles::Table)
        .col(ColumnDef::new(JobFiles::Job).blob().not_null().primary_key())
        .col(ColumnDef::new(JobFiles::Content).blob().not_null())
        .foreign_key(ForeignKey::create().from(JobFiles::Table, JobFiles::Job).to(Jobs::Table, Jobs::Id))
        .build(SqliteQueryBuilder);
    let mut key = Index::create();
    key.name("jobs_idempotency_key")
        .unique()
        .table(Jobs::Table)
        .col(Jobs::CallerId)
        .col(Jobs::IdempotencyKey)
        .cond_where(Expr::col(Jobs::IdempotencyKey).is_not_null());
    let mut statements = vec![jobs, events, files, key.build(SqliteQueryBuilder)];
    // Each filter of a list ends in the id, so that the newest come first without sorting.
    for (name, column) in [
        ("jobs_collection", Jobs::Collection),
        ("jobs_action", Jobs::Action),
        ("jobs_state", Jobs::State),
        ("jobs_caller_email", Jobs::CallerEmail),
    ] {
        let index = Index::create().name(name).table(Jobs::Table).col(column).col(Jobs::Id).build(SqliteQueryBuilder);
        statements.push(index);
    }
    statements
}

/// Brings a file to the newest version, or refuses it. Says whether it was empty.
pub(crate) fn migrate(conn: &Connection) -> Result<bool> {
    let migrations = migrations();
    let newest = i32::try_from(migrations.len()).unwrap_or(i32::MAX);
    let version = version_of(conn)?;
    if version > newest {
        return Err(Error::refused(format!(
            "The store was written by a newer version of Levers (its format is {version}, this program knows up to \
             {newest}). Update this program, or name another file with `--store`."
        )));
    }
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(open_failed)?;
    for statement in migrations.into_iter().skip(usize::try_from(version).unwrap_or_default()).flatten() {
        transaction.execute_batch(&statement).map_err(open_failed)?;
    }
    if version < newest {
        transaction.pragma_update(None, "user_version", newest).map_err(open_failed)?;
        mark(&transaction).map_err(open_failed)?;
    }
    transaction.commit().map_err(open_failed)?;
    Ok(version == 0)
}

/// Marks the file as ours. Marking it again is the smallest write there is.
pub(crate) fn mark(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "application_id", APPLICATION_ID)
}

/// The file's version; 0 for an empty one. Refuses other programs' databases.
fn version_of(conn: &Connection) -> Result<i32> {
    let application = number(conn, "PRAGMA application_id")?;
    let version = number(conn, "PRAGMA user_version")?;
    let tables = number(conn, "SELECT COUNT(*) FROM sqlite_schema")?;
    let empty = application == 0 && version == 0 && tables == 0;
    if application == APPLICATION_ID || empty {
        return Ok(version);
    }
    Err(Error::refused(
        "The store's file is a database of another program. Levers keeps its jobs in a file of its own: name another \
         one with `--store`.",
    ))
}

fn number(conn: &Connection, sql: &str) -> Result<i32> {
    conn.query_row(sql, [], |row| row.get(0)).map_err(open_failed)
}

#[cfg(test)]
mod tests {
    use levers_model::Job;
    use levers_testkit::{FixedClock, finished_job, new_job};
    use rusqlite::params_from_iter;

    use super::*;
    use crate::reads::fetch;
    use crate::rows::{self, JOB_COLUMNS, job_row};
    use crate::statements::JOB;

    #[test]
    fn a_job_of_the_first_version_reads_back() {
        let conn = Connection::open_in_memory().unwrap();
        for statement in first_version() {
            conn.execute_batch(&statement).unwrap();
        }
        conn.pragma_update(None, "user_version", 1).unwrap();
        mark(&conn).unwrap();
        let clock = FixedClock::default();
        let job = finished_job(&clock, new_job(&clock, "ada@example.org"));
        let old: Vec<_> = JOB_COLUMNS.iter().zip(job_row(&job).unwrap()).take(20).collect();
        let names: Vec<String> = old.iter().map(|(column, _)| column.unquoted().to_owned()).collect();
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let places = vec!["?"; names.len()].join(", ");
        let insert = format!("INSERT INTO jobs ({}) VALUES ({places})", names.join(", "));
        conn.execute(&insert, params_from_iter(old.into_iter().map(|(_, value)| value))).unwrap();
        migrate(&conn).unwrap();
        let read: Vec<Job> = fetch(&conn, &JOB, [rows::uuid(job.id.uuid())], rows::job).unwrap().unwrap();
        assert_eq!(read, [job]);
    }
}
