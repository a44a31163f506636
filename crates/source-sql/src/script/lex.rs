//! Reading an author's statement: which names it has, and what kind of statement it is.
//!
//! The tokens are `sqlparser`'s, by dialect, because only a lexer knows that the
//! colon in a literal, a comment, a cast or a quoted name is none of ours.
//! Rejected: its parser. It knows less SQL than the databases do, and would refuse
//! statements that work.

use std::borrow::Cow;
use std::ops::Range;

use levers_ports::ScriptMistake;
use sqlparser::dialect::{Dialect as Lexed, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

use super::kind::{self, Verb, Written};
use crate::dialect::Dialect;

/// The longest statement, in bytes.
const LONGEST: usize = 64 * 1024;

/// The most names in one statement; PostgreSQL and MySQL take 65,535, SQLite 32,766.
const MOST_NAMES: usize = 1_000;

/// A statement whose names were found.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// Without what follows its semicolon.
    text: String,
    pub(super) uses: Vec<Use>,
    pub(super) verb: Verb,
    /// The table that it writes, and which of its columns.
    pub(super) written: Option<Written>,
}

/// Where a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) name: String,
    /// With its colon.
    pub(super) range: Range<usize>,
    pub(super) place: Place,
}

/// How many values may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    One,
    /// Alone in the parentheses of `in (:ids)`.
    List,
    /// In `any(:ids)` and the like, which takes an array.
    Array,
}

/// A statement with the database's placeholders in it.
pub(super) struct Rendered {
    pub(super) sql: String,
    /// Where each placeholder stands.
    places: Vec<Range<usize>>,
}

/// A token and where it stands.
pub(super) type Located = (Token, Range<usize>);

impl Statement {
    /// Reads a statement.
    pub(super) fn read(text: &str, dialect: Dialect) -> Result<Self, ScriptMistake> {
        if text.len() > LONGEST {
            let message = format!("The statement has {} bytes; at most {LONGEST} are taken.", text.len());
            return Err(mistake(LONGEST, message));
        }
        let mut tokens = located(text, dialect)?;
        let end = one_statement(&mut tokens, text)?;
        no_unnamed_values(&tokens, dialect)?;
        let verb = kind::verb(&tokens, dialect)?;
        let uses = uses(text, &tokens, dialect)?;
        let written = kind::written(&tokens);
        Ok(Self { text: text[..end].to_owned(), uses, verb, written })
    }

    /// Writes the statement with something in place of each name, which is told by its number and itself.
    pub(super) fn render(&self, mut placeholder: impl FnMut(usize, &Use) -> Cow<'static, str>) -> Rendered {
        let mut sql = String::with_capacity(self.text.len() + 16 * self.uses.len());
        let mut places = Vec::with_capacity(self.uses.len());
        let mut copied = 0;
        for (index, found) in self.uses.iter().enumerate() {
            sql.push_str(&self.text[copied..found.range.start]);
            let start = sql.len();
            sql.push_str(&placeholder(index, found));
            places.push(start..sql.len());
            copied = found.range.end;
        }
        sql.push_str(&self.text[copied..]);
        Rendered { sql, places }
    }

    /// Where in the author's text a place of the rendered one is.
    pub(super) fn origin(&self, rendered: &Rendered, offset: usize) -> usize {
        let mut base = (0, 0);
        for (found, place) in self.uses.iter().zip(&rendered.places) {
            if offset < place.start {
                break;
            }
            if offset < place.end {
                return found.range.start;
            }
            base = (found.range.end, place.end);
        }
        (base.0 + offset - base.1).min(self.text.len())
    }
}

/// A mistake at a place.
pub(super) fn mistake(offset: usize, message: impl Into<String>) -> ScriptMistake {
    ScriptMistake { offset, message: message.into() }
}

/// The tokens without white space and comments, with their places in bytes.
fn located(text: &str, dialect: Dialect) -> Result<Vec<Located>, ScriptMistake> {
    let lexed: &dyn Lexed = match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
        Dialect::MySql(_) => &MySqlDialect {},
    };
    let mut places = Places { text, location: Location { line: 1, column: 1 }, byte: 0 };
    let tokens = Tokenizer::new(lexed, text).with_unescape(false).tokenize_with_location().map_err(|error| {
        let offset = places.byte_of(error.location).unwrap_or(text.len());
        mistake(offset, format!("The statement cannot be read here: {}.", error.message))
    })?;
    let mut located = Vec::with_capacity(tokens.len());
    let mut end = 0;
    for token in tokens {
        let range = places.byte_of(token.span.start).zip(places.byte_of(token.span.end));
        let Some((start, next)) = range.filter(|(start, _)| *start == end) else { return Err(hint_comment(end)) };
        end = next;
        check_operator(&token.token, start)?;
        if !matches!(token.token, Token::Whitespace(_)) {
            located.push((token.token, start..next));
        } else if matches!(&token.token, Token::Whitespace(Whitespace::MultiLineComment(text)) if is_run(text)) {
            return Err(hint_comment(start));
        }
    }
    if end == text.len() { Ok(located) } else { Err(hint_comment(end)) }
}

/// Whether the database runs what stands in this comment: `/*! … */`, and MariaDB's own `/*M! … */`.
fn is_run(comment: &str) -> bool {
    comment.strip_prefix('M').unwrap_or(comment).starts_with('!')
}

/// The lexer takes such a comment apart, and its tokens lose their places.
fn hint_comment(offset: usize) -> ScriptMistake {
    mistake(offset, "A comment that the database would run (/*! … */) is not taken; write it as plain SQL.")
}

/// PostgreSQL's operators end where a comment begins, which the lexer does not know.
fn check_operator(token: &Token, offset: usize) -> Result<(), ScriptMistake> {
    match token {
        Token::CustomBinaryOperator(text) if text.contains("--") || text.contains("/*") => {
            Err(mistake(offset, "A comment follows an operator without a space; put one between them."))
        }
        _ => Ok(()),
    }
}

/// Finds bytes by lines and columns, which count characters; only forward.
struct Places<'a> {
    text: &'a str,
    location: Location,
    byte: usize,
}

impl Places<'_> {
    fn byte_of(&mut self, wanted: Location) -> Option<usize> {
        for character in self.text[self.byte..].chars() {
            if self.location >= wanted {
                break;
            }
            self.byte += character.len_utf8();
            if character == '\n' {
                self.location = Location { line: self.location.line + 1, column: 1 };
            } else {
                self.location.column += 1;
            }
        }
        (self.location == wanted).then_some(self.byte)
    }
}

/// Leaves the tokens before the semicolon; says where the statement ends.
fn one_statement(tokens: &mut Vec<Located>, text: &str) -> Result<usize, ScriptMistake> {
    let end = tokens.iter().position(|(token, _)| *token == Token::SemiColon);
    if let Some(end) = end {
        if let Some((_, range)) = tokens[end..].iter().find(|(token, _)| *token != Token::SemiColon) {
            return Err(mistake(
                range.start,
                "A second statement begins here. Put each statement into the list of statements.",
            ));
        }
        let stop = tokens[end].1.start;
        tokens.truncate(end);
        return Ok(stop);
    }
    Ok(text.len())
}

/// Refuses placeholders of the databases' own.
fn no_unnamed_values(tokens: &[Located], dialect: Dialect) -> Result<(), ScriptMistake> {
    let mut previous = None;
    for (token, range) in tokens {
        let unnamed = match token {
            Token::Placeholder(text) => Some(text.as_str()),
            Token::AtSign if dialect == Dialect::Sqlite => Some("@"),
            // PostgreSQL has an operator of this name, which stands behind a value.
            Token::Question if previous.is_none_or(awaits_value) => Some("?"),
            _ => None,
        };
        if let Some(text) = unnamed {
            let message =
                format!("Values are named here: write “:id” or another name with a colon instead of “{text}”.");
            return Err(mistake(range.start, message));
        }
        previous = Some(token);
    }
    Ok(())
}

fn awaits_value(token: &Token) -> bool {
    matches!(
        token,
        Token::Eq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::LParen | Token::Comma
    )
}

fn uses(text: &str, tokens: &[Located], dialect: Dialect) -> Result<Vec<Use>, ScriptMistake> {
    let mut uses: Vec<Use> = Vec::new();
    let mut brackets = 0_usize;
    let mut taken = 0;
    for (index, (token, range)) in tokens.iter().enumerate() {
        if range.start < taken {
            if range.end > taken {
                return Err(mistake(taken, "A name has letters, digits, _ and dots; put a space behind it."));
            }
            continue;
        }
        match token {
            Token::LBracket => brackets += 1,
            Token::RBracket => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        let length = name_length(&text[range.end..]);
        if *token != Token::Colon || length == 0 || is_slice(tokens, index, brackets) {
            continue;
        }
        taken = range.end + length;
        let behind = tokens[index..].iter().find(|(_, range)| range.start >= taken).map(|(token, _)| token);
        let name = text[range.end..taken].to_owned();
        uses.push(Use { name, range: range.start..taken, place: place(&tokens[..index], behind, dialect) });
    }
    if let Some(one) = uses.get(MOST_NAMES) {
        let message = format!("The statement has {} names; at most {MOST_NAMES} are taken.", uses.len());
        return Err(mistake(one.range.start, message));
    }
    Ok(uses)
}

/// `values.amount`: words of letters, digits and _, the first not beginning with a digit.
fn name_length(text: &str) -> usize {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return 0;
    }
    let mut length = word(text);
    while let Some(rest) = text[length..].strip_prefix('.') {
        match word(rest) {
            0 => break,
            more => length += 1 + more,
        }
    }
    length
}

/// Whether this colon is that of PostgreSQL's `list[from:to]`.
fn is_slice(tokens: &[Located], index: usize, brackets: usize) -> bool {
    let Some((before, range)) = index.checked_sub(1).and_then(|before| tokens.get(before)) else { return false };
    brackets > 0
        && range.end == tokens[index].1.start
        && matches!(before, Token::Word(_) | Token::Number(..) | Token::RParen | Token::RBracket)
}

fn place(before: &[Located], behind: Option<&Token>, dialect: Dialect) -> Place {
    let [.., (word, _), (Token::LParen, _)] = before else { return Place::One };
    let Some(word) = kind::keyword(word) else { return Place::One };
    match word.as_str() {
        "IN" if behind == Some(&Token::RParen) => Place::List,
        "ANY" | "ALL" | "SOME" | "UNNEST" if dialect == Dialect::Postgres => Place::Array,
        _ => Place::One,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dialect::MySqlServer;

    pub(crate) const MYSQL: Dialect = Dialect::MySql(MySqlServer { mariadb: true, json_table: true });
    const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, MYSQL];

    fn names(text: &str, dialect: Dialect) -> Vec<String> {
        let statement = Statement::read(text, dialect).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        statement.uses.into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn names_are_found_where_values_stand() {
        for dialect in ALL {
            let text = "update a set b = :values.amount, c=:caller.email where id in (:ids) and d > :now -- :no";
            assert_eq!(names(text, dialect), ["values.amount", "caller.email", "ids", "now"], "{dialect:?}");
            assert_eq!(names("select ':a', /* :b */ :c, 'it''s :d', \":e\"\n", dialect), ["c"]);
            assert_eq!(names("select :größe, :_x.1.y", dialect), ["größe", "_x.1.y"]);
            assert_eq!(names("select\r\n\t'ä🙂' || :values.n, ':x'", dialect), ["values.n"]);
        }
        let text = "select $$ :a $$, $t$ :b $$ $t$, E'it\\'s :c', :d::int, x[1:2], x[y:z], x[1 :n], '{}'::jsonb ? 'k'";
        assert_eq!(names(text, Dialect::Postgres), ["d", "n"]);
        assert_eq!(names("select 1 /* a /* :b */ :c */, :d", Dialect::Postgres), ["d"]);
        assert_eq!(names("select 'it\\'s :a', \":b\", `:c`, @v := 1, :d # :e", MYSQL), ["d"]);
        assert_eq!(names("select [:a], `:b`, :c", Dialect::Sqlite), ["c"]);
    }

    #[test]
    fn several_values_may_stand_in_lists_only() {
        let place = |text: &str, dialect| Statement::read(text, dialect).unwrap().uses[0].place;
        for dialect in ALL {
            assert_eq!(place("select 1 where id IN ( :ids )", dialect), Place::List);
            assert_eq!(place("select 1 where id in (:a, 2)", dialect), Place::One);
            assert_eq!(place("select 1 where id = :ids", dialect), Place::One);
        }
        assert_eq!(place("select 1 where id = any(:ids::int[])", Dialect::Postgres), Place::Array);
        assert_eq!(place("select 1 where id = any(:ids)", MYSQL), Place::One);
    }

    #[test]
    fn what_is_refused_is_refused_in_sentences() {
        let mut said = Vec::new();
        for (text, dialect) in [
            ("", Dialect::Sqlite),
            ("-- nothing", Dialect::Sqlite),
            ("select 1; select 2", Dialect::Sqlite),
            ("select 'open", Dialect::Sqlite),
            ("select 1 where a = ?", Dialect::Sqlite),
            ("select 1 where a = $1", Dialect::Postgres),
            ("select 1 where a = ?", Dialect::Postgres),
            ("select @a", Dialect::Sqlite),
            ("select $a", Dialect::Sqlite),
            ("select :a$b", Dialect::Postgres),
            ("begin", Dialect::Sqlite),
            ("COMMIT", Dialect::Postgres),
            ("savepoint a", MYSQL),
            ("set transaction read only", Dialect::Postgres),
            ("attach 'other.db' as o", Dialect::Sqlite),
            ("pragma journal_mode = delete", Dialect::Sqlite),
            ("copy a from program 'rm -rf /'", Dialect::Postgres),
            ("load data infile 'a' into table b", MYSQL),
            ("select 1 into outfile '/tmp/a'", MYSQL),
            ("drop table a", MYSQL),
            ("select 1 /*! + :a */, :b", MYSQL),
            ("select 1 /*!50000 + :a */", MYSQL),
            ("select 1 /*M! into outfile '/tmp/a' */", MYSQL),
            ("select 1 /*M!100100 into outfile '/tmp/a' */", MYSQL),
            ("select 1 into/* */outfile '/tmp/a'", MYSQL),
            ("select 1 /* /* */ into outfile '/tmp/a' -- */", MYSQL),
            ("/* /* */ attach 'other.db' as o -- */ select 1", Dialect::Sqlite),
            ("/* /* */ */ copy a from program 'id'", Dialect::Postgres),
            ("with a as (select 1) select 2 into outfile '/tmp/a'", MYSQL),
            ("select 1 >-- :a\n2", Dialect::Postgres),
        ] {
            let mistake = Statement::read(text, dialect).expect_err(text);
            said.push(format!("{text:?} at {}: {}", mistake.offset, mistake.message));
        }
        insta::assert_debug_snapshot!(said);
        let long = format!("select '{}'", "x".repeat(LONGEST));
        assert!(Statement::read(&long, Dialect::Sqlite).unwrap_err().message.contains("at most 65536"));
        let many = format!("select {}", vec![":a"; MOST_NAMES + 1].join(", "));
        assert!(Statement::read(&many, Dialect::Sqlite).unwrap_err().message.contains("at most 1000"));
    }

    #[test]
    fn a_trailing_semicolon_is_left_out() {
        let statement = Statement::read("select :a ; ; -- done", Dialect::Sqlite).unwrap();
        assert_eq!(statement.render(|_, _| "?".into()).sql, "select ? ");
    }

    #[test]
    fn places_of_the_rendered_text_are_found_in_the_authors() {
        let text = "select :first, wrong from :second x";
        let statement = Statement::read(text, Dialect::Postgres).unwrap();
        let rendered = statement.render(|index, _| format!("$1{index}").into());
        assert_eq!(rendered.sql, "select $10, wrong from $11 x");
        let at = |part: &str| statement.origin(&rendered, rendered.sql.find(part).unwrap());
        assert_eq!(at("select"), 0);
        assert_eq!(at("10"), text.find(":first").unwrap());
        assert_eq!(at("wrong"), text.find("wrong").unwrap());
        assert_eq!(at(" x"), text.find(" x").unwrap());
        assert_eq!(statement.origin(&rendered, 10_000), text.len());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            for dialect in ALL {
                let _ = Statement::read(&text, dialect);
            }
        }

        #[test]
        fn pieces_of_sql_are_read_or_refused(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "select", " ", ":a", ":a.b", "'", "''", "\"", "`", "[", "]", "--", "\n", "\r\n", "/*", "*/", "/*!", "$$",
                    "$t$", "E'", "\\", "::", ":", "?", "$1", ";", "in (", ")", "any(", "ä", "🙂", "1", ".", "@", "#", "n'", "b",
                ]),
                0..40,
            )
        ) {
            let text = format!("select {}", pieces.concat());
            for dialect in ALL {
                if let Ok(statement) = Statement::read(&text, dialect) {
                    for found in &statement.uses {
                        prop_assert_eq!(&text[found.range.clone()], format!(":{}", found.name));
                    }
                    // What stands for a name does not change what follows it.
                    let again = statement.render(|_, found| format!(":{}", found.name).into());
                    prop_assert!(text.starts_with(&again.sql));
                }
            }
        }

        #[test]
        fn text_in_literals_and_comments_is_no_name(inner in "[a-z:. ?$;]{0,30}") {
            for dialect in ALL {
                let text = format!("select '{inner}', :x /* {inner} */ from \"{inner}\" -- {inner}");
                prop_assert_eq!(names(&text, dialect), ["x"]);
            }
            let quoted = inner.replace('$', "");
            prop_assert_eq!(names(&format!("select $q${quoted}$q$, :x"), Dialect::Postgres), ["x"]);
        }
    }
}
