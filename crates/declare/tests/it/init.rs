//! The first file for an existing database.

use std::sync::Arc;

use levers_declare::parse;
use levers_model::{Collection, Column, ColumnType, FieldSchema};
use levers_ports::Source as _;
use levers_source_sql::Sql;

use crate::corpus::said;
use crate::shop::{Environment, Shop};

fn init(collections: &[Arc<Collection>], url: &str) -> String {
    levers_declare::init(collections, url, None)
}

fn collections(shop: &Shop) -> Vec<Arc<Collection>> {
    shop.sources.iter().flat_map(|source| source.collections().to_vec()).collect()
}

/// Everything in it live.
fn uncommented(text: &str) -> String {
    let mut live = String::new();
    let mut on = false;
    for line in text.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        on = if line.starts_with("# [[") { true } else { on && line.starts_with("# ") };
        live.push_str(if on { bare } else { line });
        live.push('\n');
    }
    live
}

#[tokio::test]
async fn it_passes_check_at_once_and_uncommented() {
    let shop = Shop::new().await;
    let text = init(&collections(&shop), "sqlite:shop.db");
    insta::assert_snapshot!(text);
    assert_eq!(said(&text, &shop.world()).await, []);
    let live = uncommented(&text).replace("\n# [http]", "\n[http]").replace("# endpoint = \"http", "endpoint = \"http");
    let live = live.replace("# allow_private", "allow_private");
    assert!(live.contains("\nname = \"Change"), "{live}");
    assert_eq!(said(&live, &shop.world()).await, [], "{live}");
}

/// A shop as Django makes one, with tokens and accounts beside the author's own table.
const DJANGO: &str = "
create table django_migrations (id integer primary key, app text not null, name text not null);
create table django_session (session_key text primary key, session_data text not null);
create table auth_user (id integer primary key, password text not null, username text not null, email text);
create table accounts_profile (
    id integer primary key, api_key text, password_hash text not null, salt text, name text,
    password_changed_at timestamp, user_id integer not null references auth_user (id)
);
create table access_tokens (token text primary key, refresh_token text);
create table shop_order (
    id integer primary key, pin_secret text, status text not null, reference text not null, total integer
);
create table shop_product (
    id integer primary key, name text, a text, b text, c text, d text, e text, f text
);";

#[tokio::test]
async fn what_a_framework_keeps_and_what_looks_secret_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("django.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(DJANGO).unwrap();
    let url = format!("sqlite:{}", path.display());
    let all = Sql::open(&url).await.unwrap();
    let text = init(all.collections(), "sqlite:django.db");
    insta::assert_snapshot!(text);
    let document = parse(vec![("levers.toml".into(), text.clone())], &Environment).unwrap();
    let excluded = serde_json::to_value(document.settings()).unwrap()["database"]["exclude"].clone();
    let excluded: Vec<String> = serde_json::from_value(excluded).unwrap();
    let source = Sql::builder(&url).exclude(excluded).open().await.unwrap();
    let names: Vec<&str> = source.collections().iter().map(|collection| collection.name.as_str()).collect();
    assert_eq!(names, ["accounts_profile", "shop_order", "shop_product"]);
    let shop = Shop { folder, sources: vec![Arc::new(source)] };
    for text in
        [text.clone(), uncommented(&text).replace("http = { endpoint = \"", "http = { endpoint = \"https://b.org")]
    {
        assert_eq!(said(&text, &shop.world()).await, [], "{text}");
    }
}

#[test]
fn a_value_that_the_database_names_is_used() {
    let text = |name: &str, column_type| {
        let key = Column { primary_key: true, ..Column::new(ColumnType::Integer) };
        let columns = [("id", key), (name, Column::new(column_type)), ("name", Column::new(ColumnType::Text))];
        let fields = columns.map(|(name, column)| (name.to_owned(), FieldSchema::Column(column)));
        let fields = fields.into_iter().collect();
        let orders = Collection { name: "orders".into(), fields, primary_key: vec!["id".into()], read_only: false };
        init(&[Arc::new(orders)], "postgres://localhost/shop")
    };
    let named = text("state", ColumnType::Enum(vec![" ".into(), "{{ x }}".into(), "in_transit".into(), "sold".into()]));
    assert!(
        named.contains(
            "name = \"In transit\"\nfilter = { field = \"state\", operator = \"equal\", value = \"in_transit\" }"
        ),
        "{named}"
    );
    assert!(named.contains("# name = \"Set state to in_transit\""), "{named}");
    assert!(named.contains("# update = { state = \"in_transit\" }"), "{named}");
    // Nobody knows what a number stands for.
    assert!(!text("status", ColumnType::Integer).contains("field = \"status\", operator = \"equal\""));
}

#[tokio::test]
async fn chinook_passes_too() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/chinook/chinook.sqlite");
    let source = Sql::open(&format!("sqlite:{path}?mode=ro")).await.unwrap();
    let shop = Shop { folder: tempfile::tempdir().unwrap(), sources: vec![Arc::new(source)] };
    let text = init(&collections(&shop), "sqlite:chinook.db");
    assert_eq!(said(&text, &shop.world()).await, [], "{text}");
}

#[test]
fn a_password_does_not_get_into_the_file() {
    for url in [
        "postgres://shop:hunter2@localhost/shop",
        "mysql://shop:hunter2@localhost:3306/shop?ssl=1",
        "postgres://localhost/shop?password=hunter2",
    ] {
        let text = init(&[], url);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("url = \"") && text.contains("${env:"), "{text}");
    }
    assert!(init(&[], "postgres://shop@localhost/shop").contains("url = \"postgres://shop@localhost/shop\""));
}

#[tokio::test]
async fn a_database_of_views_alone_gets_a_file_that_passes() {
    let shop = Shop::new().await;
    let views: Vec<_> = collections(&shop).into_iter().filter(|collection| collection.read_only).collect();
    assert_eq!(views.len(), 1);
    let text = init(&views, "sqlite:shop.db");
    assert!(text.contains("[collections.company_names]") && !text.contains("Change name"), "{text}");
    assert_eq!(said(&text, &shop.world()).await, [], "{text}");
}

#[test]
fn names_are_quoted_as_each_database_wants_it() {
    let named = |name: &str| {
        let column = levers_model::Column::new(levers_model::ColumnType::Text);
        let fields = [("Name".to_owned(), levers_model::FieldSchema::Column(column))].into_iter().collect();
        vec![Arc::new(Collection { name: name.into(), fields, primary_key: vec!["Name".into()], read_only: false })]
    };
    assert!(init(&named("InvoiceLine"), "mysql://localhost/shop").contains("from `InvoiceLine`"));
    assert!(init(&named("InvoiceLine"), "postgres://localhost/shop").contains(r#"from \"InvoiceLine\""#));
    assert!(init(&named("sales.orders"), "postgres://localhost/shop").contains("from sales.orders\""));
    assert!(init(&named("sales.orders"), "postgres://localhost/shop").contains("[collections.\"sales.orders\"]"));
}
