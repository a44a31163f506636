//! Companies: one of each kind of outcome, and a file to import.

use std::fmt::Write as _;

use levers::prelude::*;
use levers::{ActionDeclaration, ErrorKind};

/// From how many companies on a rejection has to be explained.
const UNEXPLAINED: u64 = 10;

pub(crate) fn customize(companies: CollectionBuilder) -> CollectionBuilder {
    companies
        .segment("Live", field("status").eq("live"))
        .segment("To review", field("status").is_in(["signed_up", "pending"]))
        .action(mark_as_live())
        .action(add_new_transaction())
        .action(reject())
        .action(return_and_track())
        .action(show_some_activity())
        .action(import())
}

fn mark_as_live() -> ActionDeclaration {
    Action::single("Mark as Live").execute(|cx| async move {
        let company = cx.record(["status"]).await?;
        if company.get::<String>("status")? == "live" {
            return Ok(Outcome::error("The company was already live!"));
        }
        cx.update(json!({ "status": "live" })).await?;
        Ok(Outcome::success("Company is now live!"))
    })
}

fn add_new_transaction() -> ActionDeclaration {
    Action::single("Add new transaction")
        .field(
            Field::collection("beneficiary", "companies")
                .label("Beneficiary company")
                .description("Name of the company who will receive the transaction.")
                .required(),
        )
        .field(
            Field::number("amount").label("Amount").required().widget(CurrencyInput::new("EUR").min(0.01).step(0.01)),
        )
        .field(Field::string("note").label("Note").widget(TextArea::new().rows(3)))
        .execute(|cx| async move {
            let emitter: i64 = cx.record(["id"]).await?.get("id")?;
            let amount: f64 = cx.value("amount")?;
            let beneficiary = cx.collection("companies").get(cx.record_id("beneficiary")?, ["id"]).await?;
            cx.collection("transactions")
                .create(json!({
                    "reference": format!("TRX-{}", cx.job()),
                    "emitter_company_id": emitter,
                    "beneficiary_company_id": beneficiary.get::<i64>("id")?,
                    "amount": cents(amount),
                    "vat_amount": cents(amount * 0.2),
                    "fee_amount": cents(amount * 0.01),
                    "note": cx.value::<Option<String>>("note")?,
                }))
                .await?;
            Ok(Outcome::success("New transaction emitted").refresh(["emitted_transactions"]))
        })
}

/// An amount as decimal text, which the database keeps exact.
fn cents(amount: f64) -> String {
    format!("{amount:.2}")
}

fn reject() -> ActionDeclaration {
    Action::bulk("Reject companies")
        .submit_label("Reject")
        .field(
            Field::string("reason")
                .label("Reason")
                .description(format!("Required for more than {UNEXPLAINED} companies. They will read it."))
                .required_if(|cx| async move { Ok(cx.count().await? > UNEXPLAINED) })
                .widget(TextArea::new().rows(3)),
        )
        .execute(|cx| async move {
            let reason: Option<String> = cx.value("reason")?;
            let rejected = cx.update(json!({ "status": "rejected", "rejection_reason": reason })).await?;
            Ok(Outcome::success(format!("{} rejected.", number_of(rejected, "company", "companies"))))
        })
}

fn return_and_track() -> ActionDeclaration {
    Action::single("Return and track").execute(|_cx| async move {
        let tracking = "https://www.royalmail.com/portal/rm/track?trackNumber=ZW924750388GB";
        Ok(Outcome::redirect(tracking).message("Return initiated successfully."))
    })
}

fn show_some_activity() -> ActionDeclaration {
    Action::single("Show some activity").execute(|cx| async move {
        let id = cx.record(["id"]).await?.id()?;
        Ok(Outcome::redirect(format!("/companies/{id}/activity")))
    })
}

fn import() -> ActionDeclaration {
    Action::global("Import companies")
        .description("Adds a company for each line. The first line names the columns: name, status, headquarters, …")
        .field(
            Field::file("csv")
                .label("CSV file")
                .required()
                .widget(FilePicker::new().extensions([".csv"]).max_size_mb(5)),
        )
        .execute(|cx| async move {
            let file = cx.file("csv")?;
            let mut imported = 0;
            let mut failed = Vec::new();
            for (line, company) in lines(&file.content)? {
                match cx.collection("companies").create(company).await {
                    Ok(_) => imported += 1,
                    Err(error) if is_about_the_line(&error) => failed.push(format!("Line {line}: {error}")),
                    Err(error) => return Err(error),
                }
            }
            Ok(summary(imported, &failed))
        })
}

/// The companies of a CSV file with the number of the line each begins on. Cells
/// that are empty are left to the database's defaults.
fn lines(content: &[u8]) -> levers::Result<Vec<(u64, Json)>> {
    let unreadable = |error: csv::Error| Error::invalid_field("csv", format!("This is no CSV file: {error}."));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(content);
    let columns = reader.headers().map_err(unreadable)?.clone();
    let mut companies = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        companies.push((line, cells.map(|(column, cell)| (column.to_owned(), json!(cell))).collect()));
    }
    Ok(companies)
}

/// Whether the next line may fare better.
fn is_about_the_line(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Constraint | ErrorKind::Refused)
}

fn summary(imported: u64, failed: &[String]) -> Outcome {
    let done = format!("{} imported", number_of(imported, "company", "companies"));
    if failed.is_empty() {
        return Outcome::success(format!("{done}."));
    }
    let mut list = String::from("<ul>");
    for line in failed {
        // Writing to a String cannot fail.
        let _ = write!(list, "<li>{}</li>", escape_html(line));
    }
    list.push_str("</ul>");
    let message = format!("{done}, {} failed.", number_of(failed.len() as u64, "line", "lines"));
    if imported == 0 { Outcome::error(message).html(list) } else { Outcome::success(message).html(list) }
}

pub(crate) fn number_of(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use crate::testing::demo;
    use levers::prelude::*;

    #[tokio::test]
    async fn a_company_is_marked_as_live_once() {
        let (test, _folder) = demo().await;
        test.collection("companies").by_id(1).unwrap().update(json!({ "status": "pending" })).await.unwrap();
        let mark = || test.action("companies", "Mark as Live").on([1]);
        mark().submit().await.assert_success("Company is now live!").assert_changes("companies", 1);
        assert_eq!(test.record("companies", 1).await.get::<String>("status").unwrap(), "live");
        mark().submit().await.assert_error("The company was already live!").assert_changes("companies", 0);
    }

    #[tokio::test]
    async fn a_new_transaction_shows_among_the_emitted_ones() {
        let (test, _folder) = demo().await;
        let mut form = test.action("companies", "Add new transaction").on([1]).form().await;
        assert_eq!(form.ids(), ["beneficiary", "amount", "note"]);
        assert!(form.field("amount").required);
        form.fill("beneficiary", "3").await;
        form.fill("amount", 1234.5).await;
        let outcome = form.submit().await;
        outcome.assert_success("New transaction emitted").assert_changes("transactions", 1);
        assert_eq!(outcome.refreshed(), ["emitted_transactions"]);
        let change = &outcome.changes().changes[0];
        let made = test.record("transactions", &change.id).await;
        assert_eq!(made.value("amount").to_text().trim_end_matches('0'), "1234.5");
        assert_eq!(made.get::<i64>("emitter_company_id").unwrap(), 1);
        assert_eq!(made.get::<i64>("beneficiary_company_id").unwrap(), 3);
    }

    #[tokio::test]
    async fn more_than_ten_rejections_need_a_reason() {
        let (test, _folder) = demo().await;
        let reject = |ids: std::ops::RangeInclusive<u32>| test.action("companies", "Reject companies").on(ids);
        assert!(!reject(1..=10).form().await.field("reason").required);
        reject(1..=10).submit().await.assert_success("10 companies rejected.");
        let form = reject(1..=11).form().await;
        assert!(form.field("reason").required);
        let refused = form.submit().await;
        assert_eq!(refused.error().fields()[0].field, "reason");
        reject(1..=11).set("reason", "Fraud").submit().await.assert_success("11 companies rejected.");
        let reason = test.record("companies", 11).await.get::<String>("rejection_reason").unwrap();
        assert_eq!(reason, "Fraud");
    }

    #[tokio::test]
    async fn redirects_lead_out_and_within() {
        let (test, _folder) = demo().await;
        test.action("companies", "Return and track")
            .on([1])
            .submit()
            .await
            .assert_redirect("https://www.royalmail.com/portal/rm/track?trackNumber=ZW924750388GB");
        test.action("companies", "Show some activity").on([7]).submit().await.assert_redirect("/companies/7/activity");
    }

    #[tokio::test]
    async fn an_import_takes_the_good_lines_and_names_the_others() {
        let (test, _folder) = demo().await;
        let taken: String = test.record("companies", 1).await.get("name").unwrap();
        let csv = format!(
            "name,status,headquarters\n\"Import, Inc.\",pending,Paris\n,pending,Rome\n{taken},live,Bonn\nB,purple,Oslo\nC,,\n"
        );
        let import = test.action("companies", "Import companies").set_file("csv", "new.csv", "text/csv", csv);
        let outcome = import.submit().await;
        outcome.assert_success("2 companies imported, 3 lines failed.").assert_changes("companies", 2);
        let html = outcome.html().unwrap();
        for (line, field) in [("Line 3", "name"), ("Line 4", "name"), ("Line 5", "status")] {
            let item =
                html.split("<li>").find(|item| item.starts_with(line)).unwrap_or_else(|| panic!("{line}: {html}"));
            assert!(item.contains(field), "{item}");
        }
        let imported = test.collection("companies").filter(field("name").eq("Import, Inc.")).count().await.unwrap();
        assert_eq!(imported, 1);
    }

    #[tokio::test]
    async fn an_import_of_nothing_good_is_an_error() {
        let (test, _folder) = demo().await;
        let import = |csv: &'static str| {
            test.action("companies", "Import companies").set_file("csv", "new.csv", "text/csv", csv)
        };
        import("zork\n1\n").submit().await.assert_error("0 companies imported, 1 line failed.");
        test.action("companies", "Import companies").submit().await.error();
        let not_text =
            test.action("companies", "Import companies").set_file("csv", "x.csv", "text/csv", vec![0xff, b'\n', 0xff]);
        assert_eq!(not_text.submit().await.error().fields()[0].field, "csv");
    }
}
