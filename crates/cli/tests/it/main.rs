//! The command line as a person has it: the built executable on a copy of
//! Chinook, alone and against a server that the test starts.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod asked;
mod declared;
mod jobs;
mod reload;
mod shop;

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::shop::Shop;

fn without_ids(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let hides = word.trim_end().starts_with("job_");
        if hides { word.replace(word.trim_end(), "job_…") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn an_action_runs_on_a_database_alone() {
    let shop = Shop::new();
    let database = ["--database", "sqlite:shop.db"];
    let run = |arguments: &[&str]| shop.run(&[arguments, &database].concat());

    let (code, out, _) = run(&["run", "Artist", "Update", "--id", "1", "--set", "Name=2024"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(without_ids(&out));

    let (code, out, _) = run(&["run", "Artist", "Export", "--search", "2024", "--output", "-"]);
    assert_eq!((code, out.as_str()), (0, "ArtistId,Name\n1,2024\n"));

    let (code, out, _) = run(&["run", "Genre", "Create", "--set", "GenreId=99", "--set", "Name=Polka", "--json"]);
    let answer: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, answer["outcome"]["kind"].as_str()), (0, Some("success")));
    assert_eq!(answer["job"]["changed"][0]["count"], 1);
}

#[test]
fn every_failure_has_its_code_and_a_sentence() {
    let shop = Shop::new();
    let mut told = String::new();
    for (arguments, expected) in [
        (&["run", "Artists", "Update", "--id", "1"][..], 4),
        (&["run", "Artist", "Promote", "--id", "1"], 4),
        (&["run", "Album", "Update", "--id", "1", "--set", "Title=x", "--set", "ArtistId=many", "--set", "Foo=1"], 5),
        (&["run", "Album", "Duplicate"], 7),
        (&["run", "Album", "Update", "--id", "one", "--set", "Title=x"], 5),
        (&["run", "Artist", "Delete", "--all", "--filter", "{"], 2),
        (&["run", "Artist", "Create", "--set", "Name"], 2),
        (&["actions", "--token", "x", "--server", "http://127.0.0.1:9"], 6),
    ] {
        let database: &[&str] = if arguments[0] == "run" { &["--database", "sqlite:shop.db"] } else { &[] };
        let (code, _, error) = shop.run(&[arguments, database].concat());
        assert_eq!(code, expected, "{arguments:?}: {error}");
        writeln!(told, "{}\n{}", arguments.join(" "), without_ids(&error)).unwrap();
    }
    let (code, _, error) = shop.run(&["serve", "sqlite:missing.db"]);
    assert_eq!(code, 4, "{error}");
    writeln!(told, "serve sqlite:missing.db\n{error}").unwrap();
    let left: Vec<_> = std::fs::read_dir(shop.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("missing")), "{left:?}");
    insta::assert_snapshot!(told);
}

#[test]
fn the_same_commands_go_through_a_server() {
    let shop = Shop::new();
    let server = shop.serve(&["sqlite:shop.db"]);
    let through = |arguments: &[&str]| shop.run(&[arguments, &["--server", &server.url]].concat());

    // Without a hint whose secret it is, nothing is guessed and nothing is made.
    let (code, _, error) = through(&["actions"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(error);

    let (code, out, _) =
        through(&["run", "Artist", "Update", "--id", "1", "--set", "Name=Zed", "--database", "sqlite:shop.db"]);
    assert_eq!(code, 0, "{out}");

    let (code, token, _) = shop.run(&["token", "--email", "ada@example.org", "--database", "sqlite:shop.db"]);
    assert_eq!(code, 0);
    let token = token.trim();
    let (code, out, _) =
        through(&["run", "Artist", "Export", "--search", "Zed", "--output", "zed.csv", "--token", token]);
    assert_eq!(code, 0, "{out}");
    let written = std::fs::read_to_string(shop.folder.path().join("zed.csv")).unwrap();
    assert_eq!(written, "ArtistId,Name\n1,Zed\n");

    let (code, _, error) = through(&["actions", "--token", "nonsense"]);
    assert_eq!(code, 3, "{error}");

    let (code, out, _) = through(&["doctor", "--token", token]);
    assert_eq!(code, 0);
    let (told, since) = out.split_once("since ").unwrap();
    assert!(since.trim_end().ends_with(" UTC."), "{since}");
    insta::assert_snapshot!(told);

    // Describing works beside the server, running does not: its store is the server's.
    let (code, out, _) = shop.run(&["actions", "sqlite:shop.db"]);
    assert_eq!(code, 0);
    assert!(out.contains("Artist"), "{out}");
    let (code, _, error) = shop.run(&["run", "Artist", "Export", "--database", "sqlite:shop.db"]);
    assert_eq!(code, 6);
    assert!(error.contains("--server"), "{error}");
}

#[test]
fn the_schema_is_printed_for_both_kinds_of_clients() {
    let shop = Shop::new();
    let (code, out, _) = shop.run(&["schema", "sqlite:shop.db", "--format", "forest"]);
    assert_eq!(code, 0);
    let forest: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(forest["collections"].as_array().unwrap().len(), 11);
    let (code, out, _) = shop.run(&["schema", "sqlite:shop.db"]);
    assert_eq!(code, 0);
    let ours: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(ours["collections"][0]["name"], "Album");
    assert_eq!(ours["collections"][0]["columns"][0]["name"], "AlbumId");
}
