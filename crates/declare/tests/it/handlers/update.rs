//! `update`.

use levers_model::{Operator, RequestFilter, Selection, query::field};
use serde_json::json;

use super::{Served, all, one, some};

const UPDATES: &str = r#"
[[collections.companies.actions]]
name = "Mark as Live"
scope = "bulk"
success = "{{ count }} live, asked for {{ ids | join(',') }}."
update = { status = "live", note = "by {{ caller.email }}", active = false }

[[collections.companies.actions]]
name = "Score"
scope = "bulk"
success = "{{ count }} scored."
update = { score = { rule = "record.score + 10" }, note = "{{ record.name }} of {{ record.country.name }}" }

[[collections.companies.actions]]
name = "Close"
scope = "bulk"
update = { status = { rule = "record.name == 'Grace' ? 'nonsense' : 'closed'" } }

[[collections.companies.actions]]
name = "Double"
scope = "bulk"
update = { price = { rule = "record.price * 2.0" } }

[[collections.companies.actions]]
name = "Set price"
scope = "single"
update = { price = "{{ values.amount }}", score = { rule = "int(values.amount)" } }
  [[collections.companies.actions.form]]
  field = "amount"
  type = "Number"

[[collections.companies.actions]]
name = "Move"
scope = "single"
update = { country_id = "{{ values.country }}" }
  [[collections.companies.actions.form]]
  field = "country"
  type = "Collection"
  collection = "countries"
"#;

#[tokio::test]
async fn constants_and_templates_are_written_to_all_selected_records() {
    let served = Served::new(UPDATES).await;
    assert_eq!(served.outcome("Mark as Live", some(&[1, 3]), &[]).await, "success: 2 live, asked for 1,3.");
    let query = "select group_concat(id || status || active || note, ' ') from companies where note is not null";
    assert_eq!(served.shop.value(query).unwrap(), "1live0by ada@example.com 3live0by ada@example.com");
}

#[tokio::test]
async fn a_filter_of_any_size_is_one_statement() {
    let served = Served::new(UPDATES).await;
    let filter =
        RequestFilter { condition: Some(field("score").test(Operator::GreaterThan, 0)), ..RequestFilter::default() };
    assert_eq!(served.outcome("Mark as Live", Selection::all(filter), &[]).await, "success: 2 live, asked for 1,2.");
    assert_eq!(served.shop.value("select group_concat(id) from companies where note is not null").unwrap(), "1,2");
}

#[tokio::test]
async fn rules_over_the_record_are_computed_for_each() {
    let served = Served::new(UPDATES).await;
    assert_eq!(served.outcome("Score", all(), &[]).await, "success: 3 scored.");
    let query = "select group_concat(name || ' ' || score || ' ' || note, '; ') from companies";
    assert_eq!(
        served.shop.value(query).unwrap(),
        "Ada 11 Ada of France; Grace 15 Grace of Germany; =Edsger 10 =Edsger of "
    );
}

#[tokio::test]
async fn a_value_that_cannot_be_computed_changes_nothing() {
    let served = Served::new(UPDATES).await;
    let said = served.outcome("Double", all(), &[]).await;
    assert_eq!(
        said,
        "failed: price: Its new value could not be computed, because something that it is computed from is missing."
    );
    assert_eq!(served.shop.value("select sum(price) from companies").unwrap(), "13.5");
    assert_eq!(served.outcome("Double", some(&[1, 3]), &[]).await, "success: (no words)");
    assert_eq!(served.shop.value("select sum(price) from companies").unwrap(), "27");
}

#[tokio::test]
async fn texts_become_what_the_column_holds() {
    let served = Served::new(UPDATES).await;
    assert_eq!(served.outcome("Set price", one(1), &[("amount", json!(12.25))]).await, "success: (no words)");
    assert_eq!(served.shop.value("select price || ' ' || score from companies where id = 1").unwrap(), "12.25 12");
    assert_eq!(served.outcome("Move", one(1), &[("country", json!("2"))]).await, "success: (no words)");
    assert_eq!(served.shop.value("select country_id from companies where id = 1").unwrap(), "2");
    assert_eq!(served.outcome("Move", one(1), &[]).await, "success: (no words)");
    assert_eq!(served.shop.value("select country_id from companies where id = 1"), None);
}

#[tokio::test]
async fn too_many_records_one_by_one_are_refused() {
    let served = Served::new(UPDATES).await;
    let path = served.shop.folder.path().join("shop.db");
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch("with recursive n(i) as (select 10 union all select i + 1 from n where i < 10020) insert into companies (id, name) select i, 'C' || i from n")
        .unwrap();
    let said = served.outcome("Score", all(), &[]).await;
    assert_eq!(said, "failed: “Score” takes at most 10000 records at a time, and more are selected. Select fewer.");
    assert_eq!(served.shop.value("select sum(score) from companies").unwrap(), "6");
    // What does not depend on the record has no such bound.
    assert!(served.outcome("Mark as Live", all(), &[]).await.starts_with("success: 10014 live"));
}

#[tokio::test]
async fn hidden_and_read_only_columns_are_for_declared_actions_alone() {
    let text = "[collections.companies]\nhidden = [\"note\"]\nread_only = [\"score\"]\n\
                [[collections.companies.actions]]\nname = \"Grade\"\nscope = \"single\"\nallow = \"record.note == null\"\n\
                update = { note = \"graded\", score = 7 }\n";
    let served = Served::new(text).await;
    assert_eq!(served.outcome("Grade", one(1), &[]).await, "success: (no words)");
    assert_eq!(served.shop.value("select note || score from companies where id = 1").unwrap(), "graded7");
    assert_eq!(served.outcome("Grade", one(1), &[]).await, "failed: “Grade” is not possible now.");
    for column in ["note", "score"] {
        let said = served.outcome("Update", one(1), &[(column, json!(1))]).await;
        assert!(!said.starts_with("success"), "{column}: {said}");
    }
}

#[tokio::test]
async fn what_the_database_refuses_for_one_record_is_written_to_none() {
    let served = Served::new(UPDATES).await;
    let said = served.outcome("Close", all(), &[]).await;
    assert!(said.contains("status"), "{said}");
    assert_eq!(served.shop.value("select group_concat(status) from companies").unwrap(), "open,live,open");
    assert_eq!(served.outcome("Close", some(&[1, 3]), &[]).await, "success: (no words)");
    assert_eq!(served.shop.value("select group_concat(status) from companies").unwrap(), "closed,live,closed");
}
