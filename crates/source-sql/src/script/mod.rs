//! Scripts: statements that an author wrote, with named values.
//!
//! A name becomes a placeholder of the database and its value is bound, wherever it
//! stands and whatever it holds. All rounds of a script are one transaction; when a
//! statement fails, all is undone. `lex` and `kind` read the text, `values` holds
//! what the dialects share, one file for each database runs, `failure` explains.
//!
//! What an author can see:
//! - MySQL and SQLite are given values in their own types and convert them as in any
//!   comparison; PostgreSQL says what it expects, and a value that is none is refused.
//! - A script has five minutes. One that writes to an SQLite file, which has one
//!   writer, has one, because all other changes wait for it meanwhile. A server of
//!   the MySQL family is not told to stop: its connection is closed, and what it did is undone.
//! - MySQL commits by itself for a procedure that says so; nothing here can undo that.
//! - Rows that returned are kept up to a bound; the statement itself runs to its end.
//!
//! Rejected: pasting quoted values into the text, which is how injections come about.

mod failure;
mod kind;
mod lex;
mod mysql;
mod postgres;
mod postgres_rows;
mod sqlite;
mod values;

use std::time::Duration;

use async_trait::async_trait;
use levers_model::{Error, ErrorKind, Result};
use levers_ports::{ParameterUse, QueryContext, Script, ScriptMistake, ScriptResult, Scripts};

use self::failure::{Stop, Why, stopped};
use self::lex::{Place, Statement, mistake};
use crate::Sql;
use crate::db::{Db, Tx};
use crate::error::{Failure, OrPublic as _, public};

/// How long a script may take.
const DEADLINE: Duration = Duration::from_mins(5);

/// What an operator is told after that.
const TOO_SLOW: &str =
    "The database ended it because it took too long, and all of it was undone. Run it for fewer records at a time.";

/// The most statements of a script.
const MOST_STATEMENTS: usize = 100;

/// How often statements run in one transaction at most, over all rounds.
const MOST_RUNS: usize = 100_000;

#[async_trait]
impl Scripts for Sql {
    fn parameters(&self, statement: &str) -> Result<Vec<ParameterUse>, ScriptMistake> {
        let statement = Statement::read(statement, self.dialect)?;
        let uses = statement.uses.into_iter();
        Ok(uses
            .map(|found| ParameterUse { name: found.name, offset: found.range.start, many: found.place != Place::One })
            .collect())
    }

    async fn prepare(&self, statement: &str) -> Result<(), ScriptMistake> {
        let statement = Statement::read(statement, self.dialect)?;
        let asked = match &self.db {
            Db::Sqlite(database) => return sqlite::prepare(database, &statement).await,
            // The transaction is never committed; asking leaves nothing behind.
            Db::Postgres(_) | Db::MySql(_) => self.ask(&statement).await,
        };
        match asked {
            Ok(None) => Ok(()),
            Ok(Some(mistake)) => Err(mistake),
            Err(failure) => Err(mistake(0, public(&failure.into(), None).message())),
        }
    }

    async fn run(&self, _: &QueryContext, script: &Script) -> Result<ScriptResult> {
        check_size(script)?;
        let statements = script.statements.iter().enumerate().map(|(index, text)| {
            Statement::read(text, self.dialect).map_err(|found| {
                let sentence = format!("Statement {} of this action cannot run; checking it says why.", index + 1);
                let internal = format_args!("at byte {}: {}", found.offset, found.message);
                Error::new(ErrorKind::Internal, sentence).with_internal(internal)
            })
        });
        let statements: Vec<Statement> = statements.collect::<Result<_>>()?;
        let worked = match &self.db {
            Db::Sqlite(database) => {
                let ready = values::ready(&statements, script, self.dialect)?;
                sqlite::run(database, &statements, ready).await
            }
            Db::Postgres(lender) => {
                // As many connections may know the tables as they were.
                let mut left = lender.waiting() + 1;
                loop {
                    match self.run_on_server(&statements, script).await? {
                        Err(stop) if left > 0 && postgres::is_stale(&stop) => left -= 1,
                        worked => break worked,
                    }
                }
            }
            Db::MySql(_) => self.run_on_server(&statements, script).await?,
        };
        worked.map_err(|stop| stopped(stop, &statements, &self.schema))
    }
}

impl Sql {
    async fn transaction(&self) -> Result<Option<Tx>, sqlx::Error> {
        match &self.db {
            Db::Sqlite(_) => Ok(None),
            Db::Postgres(lender) => Tx::postgres(lender).await.map(Some),
            Db::MySql(lender) => Tx::mysql(lender).await.map(Some),
        }
    }

    async fn ask(&self, statement: &Statement) -> Result<Option<ScriptMistake>, sqlx::Error> {
        let Some(mut tx) = self.transaction().await? else { return Ok(None) };
        let asked = match &mut tx {
            Tx::Postgres(lease) => postgres::prepare(&mut lease.connection, statement).await,
            Tx::MySql(lease) => mysql::prepare(&mut lease.connection, statement).await,
        };
        tx.rollback().await;
        asked
    }

    async fn run_on_server(&self, statements: &[Statement], script: &Script) -> Result<Result<ScriptResult, Stop>> {
        let Some(mut tx) = self.transaction().await.or_public(None)? else {
            return Err(Error::internal("a file has no server"));
        };
        let work = async {
            match &mut tx {
                Tx::Postgres(lease) => postgres::work(&mut lease.connection, statements, script).await,
                Tx::MySql(lease) => match values::ready(statements, script, self.dialect) {
                    Ok(ready) => mysql::work(&mut lease.connection, statements, ready).await,
                    Err(error) => Err(Stop { statement: 0, why: Why::Refused(error) }),
                },
            }
        };
        // Dropped before its end, the connection is closed.
        let Ok(worked) = tokio::time::timeout(DEADLINE, work).await else { return Err(Error::unavailable(TOO_SLOW)) };
        match worked {
            Ok(result) => {
                // A constraint that is checked at the end says so here.
                let last = statements.len().saturating_sub(1);
                let failed = |failure: sqlx::Error| Stop { statement: last, why: Why::Failed(Failure::from(failure)) };
                Ok(tx.commit().await.map_err(failed).map(|()| result))
            }
            // Dropped, its connection is closed, and with it what it knew.
            Err(stop) if postgres::is_stale(&stop) => Ok(Err(stop)),
            Err(stop) => {
                tx.rollback().await;
                Ok(Err(stop))
            }
        }
    }
}

/// Refuses scripts that are too large to be one transaction.
fn check_size(script: &Script) -> Result<()> {
    let (statements, rounds) = (script.statements.len(), script.rounds.len());
    if statements > MOST_STATEMENTS {
        return Err(Error::too_large(format!(
            "The script has {statements} statements; at most {MOST_STATEMENTS} are taken."
        )));
    }
    if statements.saturating_mul(rounds) > MOST_RUNS {
        return Err(Error::too_large(format!(
            "{statements} statements for each of {rounds} records are too many for one transaction; at most {MOST_RUNS} run \
             in one. Choose fewer records, or an action whose statements take all of them at once."
        )));
    }
    Ok(())
}
