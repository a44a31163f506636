//! The transactions of a time as a spreadsheet.

use chrono::{NaiveDateTime, NaiveTime};
use levers::{Record, RecordStream, TryStreamExt as _};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// What the report shows, in its order.
pub(crate) const FIELDS: [&str; 8] = [
    "reference",
    "created_at",
    "emitter_company:name",
    "beneficiary_company:name",
    "amount",
    "vat_amount",
    "fee_amount",
    "status",
];

const TITLES: [&str; 8] = ["Reference", "Created", "From", "To", "Amount", "VAT", "Fee", "Status"];
const WIDTHS: [f64; 8] = [14.0, 18.0, 24.0, 24.0, 12.0, 12.0, 12.0, 12.0];

/// The last second of a day: what comes after it is the next day.
pub(crate) const LAST_SECOND: NaiveTime = match NaiveTime::from_hms_opt(23, 59, 59) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Writes a sheet with a line for each transaction.
pub(crate) async fn xlsx(mut transactions: RecordStream) -> levers::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Transactions")?;
    heading(sheet)?;
    let mut row = 0;
    while let Some(transaction) = transactions.try_next().await? {
        row += 1;
        write(sheet, row, &transaction)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn heading(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, (title, width)) in (0..).zip(TITLES.into_iter().zip(WIDTHS)) {
        sheet.write_with_format(0, column, title, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, transaction: &Record) -> levers::Result<()> {
    let (money, moment) = (Format::new().set_num_format("#,##0.00"), "%Y-%m-%d %H:%M");
    for (column, field) in (0..).zip(FIELDS) {
        match field {
            "amount" | "vat_amount" | "fee_amount" => {
                sheet.write_with_format(row, column, transaction.get::<f64>(field)?, &money)?
            }
            "created_at" => {
                sheet.write(row, column, transaction.get::<NaiveDateTime>(field)?.format(moment).to_string())?
            }
            _ => sheet.write(row, column, transaction.get::<Option<String>>(field)?.unwrap_or_default())?,
        };
    }
    Ok(())
}
