//! The first file for an existing database.

use std::sync::Arc;

use levers_declare::init;
use levers_model::Collection;
use levers_source_sql::Sql;

use crate::corpus::said;
use crate::shop::Shop;

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
