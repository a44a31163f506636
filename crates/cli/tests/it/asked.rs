//! Actions that ask before they run, and actions that nobody has to wait for.

use serde_json::Value as Json;

use crate::shop::Shop;

const SHOP: &str = r#"
[database]
url = "sqlite:shop.db"

[[collections.Artist.actions]]
name = "Forget"
scope = "single"
type = "danger"
confirm = "Forget {{ record.Name }}?"
success = "Forgotten."
update = { Name = "?" }

[[collections.Artist.actions]]
name = "Shout"
scope = "global"
mode = "background"
success = "{{ count }} shouted."
sql = { statement = "update Artist set Name = upper(Name) where ArtistId <= 3" }

[[collections.Artist.actions]]
name = "Report"
scope = "global"
mode = "background"
generates_file = true
sql = { statement = "select ArtistId, Name from Artist where ArtistId <= 2 order by 1", result = "csv", file_name = "report.csv" }

[[collections.Artist.actions]]
name = "Break"
scope = "global"
mode = "background"
sql = { statement = "update Artist set ArtistId = 1" }
"#;

#[test]
fn a_script_agrees_with_a_word_or_not_at_all() {
    let shop = Shop::new();
    shop.write("levers.toml", SHOP);
    let (code, _, error) = shop.run(&["run", "Artist", "Forget", "--id", "1"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(error.trim(), @"error: The action asks: Forget AC/DC? Nothing was run. Agree with --yes, or run it at a terminal.");
    let (code, out, error) = shop.run(&["run", "Artist", "Forget", "--id", "1", "--yes"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("Forgotten.\n"), "{out}");
    let (code, out, _) = shop.run(&["actions", "Artist"]);
    assert_eq!(code, 0);
    assert!(out.contains("global (file, background)"), "{out}");
}

#[test]
fn what_runs_in_the_background_is_waited_for() {
    let shop = Shop::new();
    shop.write("levers.toml", SHOP);
    let (code, out, error) = shop.run(&["run", "Artist", "Shout"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("3 shouted.\n"), "{out}");
    let (code, out, error) = shop.run(&["run", "Artist", "Report", "--output", "-"]);
    assert_eq!((code, out.as_str()), (0, "ArtistId,Name\n1,AC/DC\n2,ACCEPT\n"), "{error}");
    let (code, _, error) = shop.run(&["run", "Artist", "Break"]);
    assert_ne!(code, 0);
    assert!(error.contains("\nJob job_"), "{error}");
    let (code, out, _) = shop.run(&["run", "Artist", "Shout", "--json"]);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, answer["job"]["state"].as_str()), (0, Some("complete")));
    assert_eq!(answer["outcome"]["message"], "3 shouted.");
}

#[test]
fn a_server_goes_on_without_its_caller() {
    let shop = Shop::new();
    shop.write("levers.toml", SHOP);
    let (code, _, error) = shop.run(&["run", "Artist", "Shout", "--no-wait"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(error.trim(), @"error: --no-wait needs --server: without one the action runs in this process, and would end with it.");
    let server = shop.serve(&[]);
    let through = |arguments: &[&str]| shop.run(&[arguments, &["--server", &server.url]].concat());
    let (code, out, error) = through(&["run", "Artist", "Shout", "--no-wait"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("Started “Shout”. What comes of it will be in job_"), "{out}");
    let (code, out, error) = through(&["run", "Artist", "Report", "--output", "-"]);
    assert_eq!((code, out.as_str()), (0, "ArtistId,Name\n1,AC/DC\n2,ACCEPT\n"), "{error}");
}
