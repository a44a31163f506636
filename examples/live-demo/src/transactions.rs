//! Transactions: a bulk action that is one statement, and a report.

use chrono::{Days, NaiveDate, NaiveTime};
use levers::prelude::*;
use levers::{ActionDeclaration, Operator};

use crate::companies::number_of;
use crate::report;

pub(crate) fn customize(transactions: CollectionBuilder) -> CollectionBuilder {
    transactions.segment("To validate", field("status").eq("to_validate")).action(validate()).action(generate_report())
}

fn validate() -> ActionDeclaration {
    Action::bulk("Validate").execute(|cx| async move {
        let waiting = cx.condition().clone().and(field("status").eq("to_validate"));
        let validated = cx.collection("transactions").filter(waiting).update(json!({ "status": "validated" })).await?;
        let validated = number_of(validated, "transaction", "transactions");
        Ok(Outcome::success(format!("{validated} validated.")))
    })
}

fn generate_report() -> ActionDeclaration {
    Action::global("Generate report")
        .description("All transactions of a time, as a spreadsheet.")
        .generates_file()
        .with(Row::new(
            Field::date_only("from").label("From").required().widget(DatePicker::new().format("YYYY-MM-DD")),
            Field::date_only("to").label("To, inclusive").required().widget(DatePicker::new().format("YYYY-MM-DD")),
        ))
        .execute(|cx| async move {
            let (from, to): (NaiveDate, NaiveDate) = (cx.value("from")?, cx.value("to")?);
            if to < from {
                return Err(Error::invalid_field("to", "The report cannot end before it begins."));
            }
            let begin = from - Days::new(1);
            let (last_before, first_after) =
                (begin.and_time(report::LAST_SECOND), (to + Days::new(1)).and_time(NaiveTime::MIN));
            let created = field("created_at").test(Operator::After, last_before);
            let created = created.and(field("created_at").test(Operator::Before, first_after));
            let transactions = cx.collection("transactions").filter(created).sort("created_at");
            let content = report::xlsx(transactions.stream(report::FIELDS).await?).await?;
            let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(Outcome::file(format!("transactions-{from}-{to}.xlsx"), mime, content))
        })
}

#[cfg(test)]
mod tests {
    use crate::testing::demo;
    use levers::prelude::*;

    #[tokio::test]
    async fn only_waiting_transactions_are_validated() {
        let (test, _folder) = demo().await;
        let transactions = test.collection("transactions");
        let waiting = || transactions.filter(field("status").eq("to_validate"));
        let rejected = || transactions.filter(field("status").eq("rejected"));
        let (before, spared) = (waiting().count().await.unwrap(), rejected().count().await.unwrap());
        let outcome = test.action("transactions", "Validate").on_all().submit().await;
        outcome.assert_success(&format!("{before} transactions validated.")).assert_changes("transactions", before);
        assert_eq!(waiting().count().await.unwrap(), 0);
        assert_eq!(rejected().count().await.unwrap(), spared);
    }

    #[tokio::test]
    async fn the_transactions_that_a_company_emitted_are_validated() {
        let (test, _folder) = demo().await;
        let transactions = test.collection("transactions");
        let of_two = || transactions.filter(field("emitter_company_id").eq(2));
        let waiting = |query: levers::RecordQuery| async move { query.count().await.unwrap() };
        of_two().update(json!({ "status": "to_validate" })).await.unwrap();
        let (mine, all) =
            (waiting(of_two()).await, waiting(transactions.filter(field("status").eq("to_validate"))).await);
        let validate =
            test.action("transactions", "Validate").on_all().from_related("companies", 2, "emitted_transactions");
        validate.submit().await.assert_changes("transactions", mine);
        assert_eq!(waiting(transactions.filter(field("status").eq("to_validate"))).await, all - mine);
    }

    #[tokio::test]
    async fn a_report_is_a_spreadsheet() {
        let (test, _folder) = demo().await;
        let mut form = test.action("transactions", "Generate report").form().await;
        form.fill("from", "2024-02-01").await;
        form.fill("to", "2024-02-29").await;
        let outcome = form.submit().await;
        let file = outcome.assert_file("transactions-2024-02-01-2024-02-29.xlsx");
        assert!(file.starts_with(b"PK"));
    }

    #[tokio::test]
    async fn a_report_ends_after_it_begins() {
        let (test, _folder) = demo().await;
        let report = test.action("transactions", "Generate report").set("from", "2024-02-02").set("to", "2024-02-01");
        report.submit().await.assert_field_error("to", "The report cannot end before it begins.");
    }
}
