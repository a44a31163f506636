//! What handlers come back with.

use levers::ErrorKind;
use levers::prelude::*;

use crate::Shop;

#[tokio::test]
async fn every_kind_of_outcome_arrives() {
    let shop = Shop::new().await;
    let lines = || futures::stream::iter(["a", "b"].map(|line| Ok(bytes::Bytes::from(line))));
    let test = shop
        .test(|orders| {
            orders
                .action(Action::global("Nothing").execute(|_cx| async move { Ok(()) }))
                .action(Action::global("Panel").execute(|_cx| async move {
                    Ok(Outcome::success("Good").html("<p>Yes</p>").refresh(["lines"]).header("x-hint", "1"))
                }))
                .action(Action::global("No").execute(|_cx| async move { Ok(Outcome::error("Bad").html("<p>No</p>")) }))
                .action(
                    Action::global("File").execute(|_cx| async move { Ok(Outcome::file("a.txt", "text/plain", "hi")) }),
                )
                .action(
                    Action::global("Stream")
                        .execute(move |_cx| async move { Ok(Outcome::file_stream("b.txt", "text/plain", lines())) }),
                )
                .action(
                    Action::global("Go")
                        .execute(|_cx| async move { Ok(Outcome::redirect("/orders/1").message("Off")) }),
                )
                .action(
                    Action::global("Out").execute(|_cx| async move { Ok(Outcome::redirect("javascript:alert(1)")) }),
                )
        })
        .await;
    let run = |name: &'static str| test.action("orders", name).submit();
    run("Nothing").await.assert_success("");
    let panel = run("Panel").await;
    panel.assert_success("Good");
    assert_eq!((panel.html(), panel.refreshed()), (Some("<p>Yes</p>"), &["lines".to_owned()][..]));
    assert_eq!(panel.outcome().headers["x-hint"], "1");
    assert_eq!(run("No").await.assert_error("Bad").html(), Some("<p>No</p>"));
    assert_eq!(&run("File").await.assert_file("a.txt")[..], b"hi");
    assert_eq!(&run("Stream").await.assert_file("b.txt")[..], b"ab");
    run("Go").await.assert_redirect("/orders/1");
    assert_eq!(run("Out").await.error().kind(), ErrorKind::Internal);
}

#[tokio::test]
async fn a_handler_that_fails_fails_its_job_alone() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders
                .action(Action::global("Panic").execute(|cx| async move {
                    let text: Option<String> = cx.value("nothing")?;
                    Ok(Outcome::success(text.expect("hunter2")))
                }))
                .action(Action::global("Foreign").execute(|_cx| async move {
                    std::fs::read("/no/such/file")?;
                    Ok(())
                }))
                .action(Action::global("Own").execute(|_cx| async move {
                    if true {
                        return Err(Error::refused("Not today."));
                    }
                    Ok(())
                }))
        })
        .await;
    for name in ["Panic", "Foreign"] {
        let outcome = test.action("orders", name).submit().await;
        assert_eq!(outcome.error().kind(), ErrorKind::Internal);
        assert!(!outcome.error().message().contains("hunter2") && !outcome.error().message().contains("/no/such"));
    }
    test.action("orders", "Own").submit().await.assert_error("Not today.");
}

#[tokio::test]
async fn the_same_key_runs_once() {
    let shop = Shop::new().await;
    let test = shop
        .test(|orders| {
            orders.action(Action::bulk("Dearer").execute(|cx| async move {
                for order in cx.records(["amount"]).await? {
                    let dearer = order.get::<f64>("amount")? + 1.0;
                    cx.collection("orders").by_id(order.id()?)?.update(json!({ "amount": dearer })).await?;
                }
                Ok(Outcome::success("Done."))
            }))
        })
        .await;
    let dearer = test.action("orders", "Dearer").on([2]).idempotency_key("k1");
    assert!(!dearer.submit().await.assert_success("Done.").is_replay());
    assert!(dearer.submit().await.assert_success("Done.").is_replay());
    assert!((test.record("orders", 2).await.get::<f64>("amount").unwrap() - 21.0).abs() < f64::EPSILON);
    let other = test.action("orders", "Dearer").on([3]).idempotency_key("k1").submit().await;
    assert_eq!(other.error().kind(), ErrorKind::Conflict);
}
