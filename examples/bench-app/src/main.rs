//! What `make bench` runs beside `bench/peer.mjs`: the same actions on the same
//! database, whose URL comes by `BENCH_DATABASE_URL`.

use std::process::ExitCode;

use levers::prelude::*;

#[tokio::main]
async fn main() -> levers::Result<ExitCode> {
    let url = std::env::var("BENCH_DATABASE_URL")?;
    let mut app = Levers::new().source(Sql::open(&url).await?);
    for name in ["companies", "companies_many", "companies_big"] {
        app = app.collection(name, declare);
    }
    app.run().await
}

fn declare(companies: CollectionBuilder) -> CollectionBuilder {
    companies
        .action(Action::single("Mark as Live").execute(|cx| async move {
            cx.update(json!({ "status": "live" })).await?;
            Ok(Outcome::success("Company is now live!"))
        }))
        .action(dynamic_form().execute(|_| async { Ok(Outcome::success("Done")) }))
        .action(Action::bulk("Mark all").execute(|cx| async move {
            cx.update(json!({ "status": "live" })).await?;
            Ok(Outcome::success("Done"))
        }))
}

fn dynamic_form() -> Action {
    let is_other = |cx: &FormContext| cx.value::<String>("Kind").as_deref() == Some("other");
    Action::single("Dynamic form")
        .field(Field::enumeration("Kind", ["refund", "discount", "other"]).default("refund").required())
        .field(
            Field::string("Title").default_with(|cx| async move { cx.record(["name"]).await?.get::<String>("name") }),
        )
        .field(Field::number("Amount").required().visible_if(move |cx| async move { Ok(!is_other(&cx)) }))
        .field(Field::string("Reason").widget(Dropdown::computed(|cx| async move { Ok(reasons(&cx)) })))
        .field(Field::string("Comment").widget(TextArea::new()).visible_if(move |cx| async move { Ok(is_other(&cx)) }))
}

fn reasons(cx: &FormContext) -> Vec<Choice> {
    let reasons: &[&str] = match cx.value::<String>("Kind").as_deref() {
        Some("refund") => &["Damaged", "Late", "Lost"],
        Some("discount") => &["Loyal customer", "Campaign"],
        Some("other") => &["Unknown"],
        _ => &[],
    };
    reasons.iter().map(|reason| Choice::from(*reason)).collect()
}
