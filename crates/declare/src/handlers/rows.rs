//! Rows as a table, as CSV and as a spreadsheet.
//!
//! A spreadsheet program runs a text that begins like a formula. In CSV such a
//! text gets an apostrophe in front, as the built-in export does it; in XLSX a
//! text is marked as one.

use std::fmt::Write as _;

use levers_model::{Error, Result, Value};
use levers_ports::ScriptResult;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

/// More rows than these are for a file.
const MOST_SHOWN: usize = 500;
/// The longest text of a cell in a panel, in characters.
const LONGEST_SHOWN: usize = 1_000;
/// The longest text that a cell of a spreadsheet holds, in characters.
const LONGEST_CELL: usize = 32_767;

/// A table for a panel.
pub(crate) fn table(result: &ScriptResult) -> String {
    if result.rows.is_empty() {
        return "<p>There are no rows.</p>".to_owned();
    }
    let mut html = String::from("<table><thead><tr>");
    for column in &result.columns {
        cell(&mut html, "th", column);
    }
    html.push_str("</tr></thead><tbody>");
    for row in result.rows.iter().take(MOST_SHOWN) {
        html.push_str("<tr>");
        for value in row {
            cell(&mut html, "td", &value.to_text());
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    let left = result.rows.len().saturating_sub(MOST_SHOWN);
    // Writing to a text cannot fail.
    let _ = match (left, result.truncated) {
        (0, false) => Ok(()),
        (_, true) => write!(html, "<p>There are more rows than these.</p>"),
        (left, false) => write!(html, "<p>There are {left} more rows.</p>"),
    };
    html
}

fn cell(html: &mut String, tag: &str, text: &str) {
    let _ = write!(html, "<{tag}>");
    for (index, character) in text.chars().enumerate() {
        match character {
            _ if index == LONGEST_SHOWN => {
                html.push('…');
                break;
            }
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
    }
    let _ = write!(html, "</{tag}>");
}

/// A CSV file with a line of titles.
pub(crate) fn csv(result: &ScriptResult) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_record(result.columns.iter().map(|title| harmless(title))).map_err(Error::internal)?;
    for row in &result.rows {
        let cells = row.iter().map(|value| match value {
            Value::Text(text) => harmless(text),
            other => other.to_text(),
        });
        writer.write_record(cells).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// With an apostrophe in front where a spreadsheet would compute it.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// A spreadsheet with a row of titles.
pub(crate) fn xlsx(result: &ScriptResult) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet(), result).map_err(in_words)?;
    workbook.save_to_buffer().map_err(Error::internal)
}

fn in_words(error: XlsxError) -> Error {
    match error {
        XlsxError::RowColumnLimitError => {
            Error::too_large("The result has more rows or columns than a spreadsheet can hold.")
        }
        other => Error::internal(other),
    }
}

fn fill(sheet: &mut Worksheet, result: &ScriptResult) -> Result<(), XlsxError> {
    for (column, title) in (0..).zip(&result.columns) {
        sheet.write_string(0, column, short(title))?;
    }
    for (row, values) in (1..).zip(&result.rows) {
        for (column, value) in (0..).zip(values) {
            write(sheet, row, column, value)?;
        }
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, value: &Value) -> Result<(), XlsxError> {
    /// The greatest whole number up to which a spreadsheet's numbers have no gaps.
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null => {}
        Value::Bool(bool) => {
            sheet.write_boolean(row, column, *bool)?;
        }
        Value::Int(int) if int.unsigned_abs() <= EXACT => {
            #[expect(clippy::cast_precision_loss, reason = "it was just seen to fit")]
            sheet.write_number(row, column, *int as f64)?;
        }
        Value::Float(float) if float.is_finite() => {
            sheet.write_number(row, column, *float)?;
        }
        Value::Decimal(decimal) => match decimal.to_string().parse::<f64>() {
            Ok(float) if float.is_finite() => drop(sheet.write_number(row, column, float)?),
            _ => drop(sheet.write_string(row, column, short(&value.to_text()))?),
        },
        other => {
            sheet.write_string(row, column, short(&other.to_text()))?;
        }
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_CELL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> ScriptResult {
        ScriptResult {
            changed: 0,
            columns: vec!["name".into(), "=total".into()],
            rows: vec![
                vec![Value::Text("=HYPERLINK(\"http://evil\")".into()), Value::Int(-5)],
                vec![Value::Text("<b>Ada & Co</b>".into()), Value::Null],
            ],
            truncated: false,
        }
    }

    #[test]
    fn a_table_escapes_its_cells() {
        insta::assert_snapshot!(table(&result()), @"<table><thead><tr><th>name</th><th>=total</th></tr></thead><tbody><tr><td>=HYPERLINK(&quot;http://evil&quot;)</td><td>-5</td></tr><tr><td>&lt;b&gt;Ada &amp; Co&lt;/b&gt;</td><td></td></tr></tbody></table>");
        assert_eq!(table(&ScriptResult::default()), "<p>There are no rows.</p>");
    }

    #[test]
    fn a_long_table_says_what_is_missing() {
        let rows = (0..600).map(|row| vec![Value::Int(row)]).collect();
        let long = ScriptResult { columns: vec!["n".into()], rows, ..ScriptResult::default() };
        assert!(table(&long).ends_with("<p>There are 100 more rows.</p>"));
        assert!(table(&ScriptResult { truncated: true, ..long }).ends_with("<p>There are more rows than these.</p>"));
    }

    #[test]
    fn no_cell_of_a_csv_file_is_a_formula() {
        let text = String::from_utf8(csv(&result()).unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        name,'=total
        "'=HYPERLINK(""http://evil"")",-5
        <b>Ada & Co</b>,
        "#);
    }

    #[test]
    fn a_spreadsheet_is_one() {
        assert!(xlsx(&result()).unwrap().starts_with(b"PK"));
    }
}
