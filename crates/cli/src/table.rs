//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use crate::exit::Failure;
use crate::output::say;

/// Prints rows under a header, as wide as the terminal allows.
pub(crate) fn print(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.set_width(width());
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    say(table.trim_fmt())
}

/// As the shell says, else what a log or a document can hold.
fn width() -> u16 {
    const OTHERWISE: u16 = 120;
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(OTHERWISE)
}
