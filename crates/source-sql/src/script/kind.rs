//! What kind of statement it is: whether it changes rows, of which table, and
//! which columns it sets. The first says how rows are counted, the rest makes the
//! sentence of a violated constraint name its fields.

use levers_ports::ScriptMistake;
use sqlparser::tokenizer::Token;

use super::lex::{Located, mistake};
use crate::dialect::Dialect;

/// Whether a statement changes rows, and how they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// It only reads.
    Read,
    /// The database says how many.
    Change,
    /// A query with changing statements inside (PostgreSQL's `with x as (update … returning …) select`):
    /// the rows that it returns are what is known.
    ChangeInside,
}

/// What a statement writes, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub(super) table: String,
    /// The columns that it names as set.
    pub(super) columns: Vec<String>,
    pub(super) deletes: bool,
}

/// A word that is not quoted, in upper case.
pub(super) fn keyword(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
        _ => None,
    }
}

/// The statement's verb, if scripts may have it.
pub(super) fn verb(tokens: &[Located], dialect: Dialect) -> Result<Verb, ScriptMistake> {
    let first = tokens.iter().find(|(token, _)| *token != Token::LParen);
    let Some((token, range)) = first else {
        return Err(mistake(0, "The statement is empty."));
    };
    let word = keyword(token).unwrap_or_default();
    let verb = match (word.as_str(), dialect) {
        ("SELECT" | "VALUES", _) => Verb::Read,
        ("INSERT" | "UPDATE" | "DELETE", _)
        | ("REPLACE", Dialect::Sqlite | Dialect::MySql(_))
        | ("CALL", Dialect::Postgres | Dialect::MySql(_))
        | ("MERGE" | "TRUNCATE" | "REFRESH" | "LOCK", Dialect::Postgres) => Verb::Change,
        ("WITH", _) => behind_with(tokens),
        _ => return Err(mistake(range.start, refusal(&word, dialect))),
    };
    let writes_file = |pair: &[Located]| {
        let second = keyword(&pair[1].0);
        keyword(&pair[0].0).as_deref() == Some("INTO") && matches!(second.as_deref(), Some("OUTFILE" | "DUMPFILE"))
    };
    match tokens.windows(2).find(|pair| matches!(dialect, Dialect::MySql(_)) && writes_file(pair)) {
        Some(pair) => Err(mistake(pair[0].1.start, "A script writes no files on the database's machine.")),
        None => Ok(verb),
    }
}

fn refusal(word: &str, dialect: Dialect) -> String {
    let transaction = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"].contains(&word);
    if transaction {
        return format!(
            "All statements of a script are one transaction already, so {word} is not taken. Leave it out."
        );
    }
    let more = match dialect {
        Dialect::Sqlite => "REPLACE",
        Dialect::Postgres => "MERGE, CALL, TRUNCATE, REFRESH, LOCK",
        Dialect::MySql(_) => "REPLACE, CALL",
    };
    let begins =
        if word.is_empty() { "A statement".to_owned() } else { format!("“{word}” is not taken: a statement") };
    format!("{begins} begins with SELECT, INSERT, UPDATE, DELETE, WITH, VALUES, {more}.")
}

/// The verb behind `with x as (…)`.
fn behind_with(tokens: &[Located]) -> Verb {
    let mut depth = 0_usize;
    let mut changes_inside = false;
    let mut main = None;
    let mut opened = false;
    for (token, _) in tokens {
        let word = keyword(token);
        // `(replace(…` is the function of that name: no database replaces rows inside of a query.
        let inside = matches!(word.as_deref(), Some("INSERT" | "UPDATE" | "DELETE" | "MERGE"));
        let changes = inside || word.as_deref() == Some("REPLACE");
        let begins = changes || matches!(word.as_deref(), Some("SELECT" | "VALUES"));
        if depth == 0 && begins && main.is_none() {
            main = Some(changes);
        }
        changes_inside |= opened && inside;
        opened = *token == Token::LParen;
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    match (main, changes_inside) {
        (Some(true), _) => Verb::Change,
        (_, true) => Verb::ChangeInside,
        _ => Verb::Read,
    }
}

/// The table that a statement writes, and the columns that it sets.
pub(super) fn written(tokens: &[Located]) -> Option<Written> {
    let words: Vec<Option<String>> = tokens.iter().map(|(token, _)| keyword(token)).collect();
    let is = |index: usize, word: &str| words.get(index).is_some_and(|found| found.as_deref() == Some(word));
    let verb = words
        .iter()
        .position(|word| matches!(word.as_deref(), Some("INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "MERGE")))?;
    let behind = |word: &str| (verb..words.len()).find(|index| is(*index, word)).map(|index| index + 1);
    let deletes = is(verb, "DELETE");
    let start = match words[verb].as_deref() {
        Some("UPDATE") => verb + 1 + usize::from(is(verb + 1, "ONLY")) + 2 * usize::from(is(verb + 1, "OR")),
        Some("DELETE") => behind("FROM").map(|index| index + usize::from(is(index, "ONLY")))?,
        _ => behind("INTO")?,
    };
    let (table, end) = qualified(tokens, start)?;
    let listed = if is(verb, "INSERT") || is(verb, "REPLACE") { listed(&tokens[end..]) } else { vec![] };
    let mut columns = listed;
    for set in (end..words.len()).filter(|index| is(*index, "SET")) {
        columns.extend(assigned(&tokens[set..]));
    }
    Some(Written { table, columns, deletes })
}

/// The last part of `schema.table`, and what is behind it.
fn qualified(tokens: &[Located], start: usize) -> Option<(String, usize)> {
    let mut name = name(tokens.get(start)?)?;
    let mut end = start + 1;
    while let [(Token::Period, _), part, ..] = tokens.get(end..).unwrap_or_default() {
        name = self::name(part)?;
        end += 2;
    }
    Some((name, end))
}

fn name((token, _): &Located) -> Option<String> {
    match token {
        Token::Word(word) => Some(word.value.clone()),
        _ => None,
    }
}

/// The columns in the parentheses behind the table of an `insert`.
fn listed(tokens: &[Located]) -> Vec<String> {
    if !matches!(tokens, [(Token::LParen, _), ..])
        || tokens.get(1).and_then(|(token, _)| keyword(token)).as_deref() == Some("SELECT")
    {
        return vec![];
    }
    tokens[1..].iter().take_while(|(token, _)| *token != Token::RParen).filter_map(name).collect()
}

/// The columns before the equals signs behind `set`.
fn assigned(tokens: &[Located]) -> Vec<String> {
    let mut depth = 0_usize;
    let mut columns = Vec::new();
    for (index, (token, _)) in tokens.iter().enumerate() {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let begins = index == 0 || (depth == 0 && *token == Token::Comma);
        if let Some((column, end)) = qualified(tokens, index + 1).filter(|_| begins)
            && tokens.get(end).is_some_and(|(token, _)| *token == Token::Eq)
        {
            columns.push(column);
        }
        if matches!(keyword(token).as_deref(), Some("WHERE" | "RETURNING")) && depth == 0 {
            break;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::super::lex::Statement;
    use super::*;

    fn read(text: &str) -> Statement {
        Statement::read(text, Dialect::Postgres).unwrap()
    }

    #[test]
    fn statements_are_told_apart() {
        for (text, verb) in [
            ("(select 1) union (select 2)", Verb::Read),
            ("insert into a select * from b", Verb::Change),
            ("with x as (select 1) update a set b = 1", Verb::Change),
            ("with x as (select 1), y as (select (2)) select * from x, y", Verb::Read),
            ("with x as (update a set b = 1 returning c) select * from x", Verb::ChangeInside),
            ("with x as (select 1) select (replace('a', 'b', 'c')) from x", Verb::Read),
            ("with x as materialized (delete from a returning *) insert into b select * from x", Verb::Change),
        ] {
            assert_eq!(read(text).verb, verb, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_known() {
        let written = |text: &str| {
            let Written { table, columns, deletes } = read(text).written.unwrap();
            format!("{table} {} {deletes}", columns.join(","))
        };
        assert_eq!(written("insert into public.\"My Table\" (a, \"B\") values (:a, (select 1))"), "My Table a,B false");
        assert_eq!(
            written("insert into a select b from c on conflict (d) do update set e = 1, f = g.h"),
            "a e,f false"
        );
        assert_eq!(
            written("update only a x set b = coalesce(c, d), x.e = (select f = g from h) where i = j"),
            "a b,e false"
        );
        assert_eq!(written("delete from a where b = 1"), "a  true");
        assert_eq!(read("select a from b").written, None);
    }
}
