//! `sql`.

use levers_model::{RecordId, Selection, Value};
use serde_json::json;

use super::{Served, all, one, some};

const STATEMENTS: &str = r#"
[[collections.companies.actions]]
name = "Close"
scope = "bulk"
success = "{{ count }} closed."
sql = { statement = "update companies set status = 'closed', note = :caller.email where id in (:ids)" }

[[collections.companies.actions]]
name = "Hire"
scope = "bulk"
success = "{{ count }} rows."
[collections.companies.actions.sql]
per = "record"
statements = [
  "insert into employees (name, company_id) values (:record.name || ' of ' || coalesce(:record.country.code, '?'), :id)",
  "update companies set score = score + :values.points, price = :values.price, founded = :values.day, active = :values.active where id = :id",
]
  [[collections.companies.actions.form]]
  row = [{ field = "points", type = "Number" }, { field = "price", type = "Number" }]
  [[collections.companies.actions.form]]
  field = "day"
  type = "Dateonly"
  [[collections.companies.actions.form]]
  field = "active"
  type = "Boolean"

[[collections.companies.actions]]
name = "Half"
scope = "single"
sql = { statements = ["update companies set score = 99 where id = :id", "insert into employees (id, name, company_id) values (1, 'twice', :id)"] }

[[collections.companies.actions]]
name = "Rename"
scope = "single"
success = "Renamed {{ record.name }}."
sql = { statement = "update companies set name = :values.name where id = :id and :caller.role = 'admin' and :count = 1 and :now is not null" }
  [[collections.companies.actions.form]]
  field = "name"
  type = "String"

[[collections.companies.actions]]
name = "Find"
scope = "global"
sql = { statement = "select name, score, price from companies where name in (:values.names) order by id", result = "table" }
  [[collections.companies.actions.form]]
  field = "names"
  type = "StringList"

[[collections.companies.actions]]
name = "List"
scope = "global"
[collections.companies.actions.sql]
statement = "select name, score, price, founded from companies order by id"
result = "csv"
file_name = "companies of {{ caller.email }}"

[[collections.companies.actions]]
name = "Sheet"
scope = "bulk"
sql = { statement = "select name, score from companies where id in (:ids)", result = "xlsx" }

[[collections.companies.actions]]
name = "Attach"
scope = "single"
sql = { statement = "update companies set note = typeof(:values.file) || ' ' || typeof(:values.country) || ' ' || :values.time || ' ' || :values.json || ' ' || typeof(:values.nothing) where id = :id" }
form = [
  { field = "file", type = "File" },
  { field = "country", type = "Collection", collection = "countries" },
  { field = "time", type = "Time" },
  { field = "json", type = "Json" },
  { field = "nothing", type = "Number" },
]

[[collections.memberships.actions]]
name = "Promote"
scope = "bulk"
success = "{{ count }} promoted."
sql = { statement = "update memberships set role = 'chief of ' || :record.company.name where company_id = :id.company_id and employee_id = :id.employee_id", per = "record" }
"#;

#[tokio::test]
async fn one_round_takes_all_ids() {
    let served = Served::new(STATEMENTS).await;
    assert_eq!(served.outcome("Close", some(&[1, 2]), &[]).await, "success: 2 closed.");
    assert_eq!(
        served.shop.value("select group_concat(id || note) from companies where status = 'closed'").unwrap(),
        "1ada@example.com,2ada@example.com"
    );
    assert_eq!(served.outcome("Close", all(), &[]).await, "success: 3 closed.");
}

#[tokio::test]
async fn each_record_is_a_round_with_values_of_their_types() {
    let served = Served::new(STATEMENTS).await;
    let values = [("points", json!(2)), ("price", json!(9.99)), ("day", json!("2024-12-31")), ("active", json!(false))];
    assert_eq!(served.outcome("Hire", some(&[1, 3]), &values).await, "success: 4 rows.");
    assert_eq!(
        served.shop.value("select group_concat(name || company_id) from employees where id > 3").unwrap(),
        "Ada of FR1,=Edsger of ?3"
    );
    let query = "select group_concat(score || ' ' || typeof(score) || ' ' || price || ' ' || founded || ' ' || active, '; ') from companies where id <> 2";
    assert_eq!(served.shop.value(query).unwrap(), "3 integer 9.99 2024-12-31 0; 2 integer 9.99 2024-12-31 0");
    // What was not typed is null.
    assert_eq!(
        served.outcome("Hire", one(2), &[("points", json!(1)), ("active", json!(true))]).await,
        "success: 2 rows."
    );
    assert_eq!(served.shop.value("select price from companies where id = 2"), None);
}

#[tokio::test]
async fn all_statements_are_one_transaction() {
    let served = Served::new(STATEMENTS).await;
    let said = served.outcome("Half", one(1), &[]).await;
    assert!(said.starts_with("failed: "), "{said}");
    assert_eq!(served.shop.value("select score from companies where id = 1").unwrap(), "1");
}

#[tokio::test]
async fn values_are_bound_and_never_pasted() {
    let served = Served::new(STATEMENTS).await;
    let evil = "x'; drop table employees; --";
    assert_eq!(served.outcome("Rename", one(1), &[("name", json!(evil))]).await, format!("success: Renamed {evil}."));
    assert_eq!(served.shop.value("select name from companies where id = 1").unwrap(), evil);
    assert_eq!(served.shop.value("select count(*) from employees").unwrap(), "3");
}

#[tokio::test]
async fn rows_become_a_table_that_escapes_them() {
    let served = Served::new(STATEMENTS).await;
    let names = [("names", json!(["Ada", "=Edsger"]))];
    assert_eq!(
        served.outcome("Find", Selection::none(), &names).await,
        "success: (no words) html: <table><thead><tr><th>name</th><th>score</th><th>price</th></tr></thead><tbody><tr><td>Ada</td><td>1</td><td>10.5</td></tr><tr><td>=Edsger</td><td>0</td><td>3</td></tr></tbody></table>"
    );
    assert_eq!(
        served.outcome("Find", Selection::none(), &[]).await,
        "success: (no words) html: <p>There are no rows.</p>"
    );
}

#[tokio::test]
async fn rows_become_files_without_formulas() {
    let served = Served::new(STATEMENTS).await;
    let (name, bytes) = served.file("List", Selection::none()).await;
    assert_eq!(name, "companies of ada@example.com.csv");
    assert_eq!(String::from_utf8(bytes).unwrap(), "name,score,price,founded\nAda,1,10.5,\nGrace,5,,\n'=Edsger,0,3,\n");
    let (name, bytes) = served.file("Sheet", some(&[1])).await;
    assert_eq!(name, "sheet.xlsx");
    assert!(bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn keys_of_several_columns_are_named_one_by_one() {
    let served = Served::new(STATEMENTS).await;
    let pair = |company: i64, employee: i64| RecordId(vec![Value::Int(company), Value::Int(employee)]);
    let selection = Selection::ids(vec![pair(1, 2), pair(2, 3)]);
    served.run_on("memberships", "Promote", selection, &[]).await.unwrap().reply.unwrap();
    assert_eq!(
        served.shop.value("select group_concat(company_id || employee_id || role) from memberships").unwrap(),
        "11owner,12chief of Ada,23chief of Grace"
    );
}

#[tokio::test]
async fn every_type_of_field_is_bound_as_what_it_is() {
    let served = Served::new(STATEMENTS).await;
    let file = json!("data:text/plain;name=a.txt;base64,aGk=");
    let values = [("file", file), ("country", json!("2")), ("time", json!("13:45")), ("json", json!({ "a": 1 }))];
    assert_eq!(served.outcome("Attach", one(1), &values).await, "success: (no words)");
    let note = served.shop.value("select note from companies where id = 1").unwrap();
    assert_eq!(note, "blob integer 13:45:00 {\"a\":1} null");
}

#[tokio::test]
async fn the_job_says_how_many_rows_changed() {
    let served = Served::new(STATEMENTS).await;
    let submitted = served.run("Close", some(&[1, 2]), &[]).await.unwrap();
    let changes = serde_json::to_value(&submitted.job).unwrap();
    assert!(changes.to_string().contains("\"count\":2"), "{changes}");
}
