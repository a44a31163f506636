//! Rules before the work, and words after it.

use levers_model::Selection;

use super::{Served, one, some};

const WORDS: &str = r#"
[[collections.companies.actions]]
name = "Mark as Live"
scope = "single"
allow = "record.status != 'live' && caller.role == 'admin'"
allow_message = "{{ record.name }} is live already."
success = "{{ record.name }} is {{ record.status }} in {{ record.country.name }}."
success_html = "<p>{{ record.name }}</p>"
refresh = ["company_employees"]
update = { status = "live", name = "<{{ record.name }}>" }

[[collections.companies.actions]]
name = "Remove"
scope = "single"
success = "{{ record.name }} is gone."
sql = { statements = ["delete from memberships where company_id = :id", "delete from employees where company_id = :id", "delete from companies where id = :id"] }

[[collections.companies.actions]]
name = "Break"
scope = "bulk"
error = "That did not work for {{ count }}: {{ error }}"
sql = { statement = "update companies set status = 'nonsense' where id in (:ids)" }

[[collections.companies.actions]]
name = "Only bosses"
scope = "bulk"
allow = "caller.role == 'boss'"
update = { score = 1 }
"#;

#[tokio::test]
async fn the_words_are_about_the_record_as_it_became() {
    let served = Served::new(WORDS).await;
    let said = served.outcome("Mark as Live", one(1), &[]).await;
    assert_eq!(said, "success: <Ada> is live in France. html: <p>&lt;Ada&gt;</p> refresh: company_employees");
}

#[tokio::test]
async fn what_is_gone_is_still_named() {
    let served = Served::new(WORDS).await;
    assert_eq!(served.outcome("Remove", one(1), &[]).await, "success: Ada is gone.");
    assert_eq!(served.shop.value("select count(*) from companies").unwrap(), "2");
}

#[tokio::test]
async fn a_rule_refuses_before_anything_happens() {
    let served = Served::new(WORDS).await;
    assert_eq!(served.outcome("Mark as Live", one(2), &[]).await, "failed: Grace is live already.");
    assert_eq!(served.shop.value("select name from companies where id = 2").unwrap(), "Grace");
    assert_eq!(served.outcome("Only bosses", some(&[1]), &[]).await, "failed: “Only bosses” is not possible now.");
}

#[tokio::test]
async fn an_error_is_said_in_the_declared_words() {
    let served = Served::new(WORDS).await;
    let said = served.outcome("Break", some(&[1, 2]), &[]).await;
    assert!(said.starts_with("error: That did not work for 2: "), "{said}");
    assert!(!said.contains("CHECK constraint failed") && !said.contains("update companies"), "{said}");
}

#[tokio::test]
async fn titles_are_over_the_record() {
    let served = Served::new("[collections.companies]\nlabel = \"Firms\"\ntitle = \"{{ record.name }} ({{ record.country.code }})\"\nhidden = [\"note\"]\n").await;
    let cx = served.context();
    let entry = served.engine.collection(&cx, "companies").unwrap();
    assert_eq!(entry.label(), Some("Firms"));
    assert!(entry.schema().column("note").is_none());
    let title = entry.title().unwrap();
    assert_eq!(title.fields.iter().map(levers_model::FieldPath::as_str).collect::<Vec<_>>(), ["country:code", "name"]);
    let record = levers_model::Record::new(title.fields.clone().into(), vec!["FR".into(), "Ada".into()]);
    assert_eq!((title.render)(&record), "Ada (FR)");
    assert!(served.run("update", Selection::none(), &[]).await.is_err());
}
