//! Wrong files, each with what is said of it; and good ones, of which nothing is said.

use std::fs;
use std::path::{Path, PathBuf};

use levers_declare::{Mistake, World, parse};

use crate::shop::{Environment, Shop};

/// All files of a folder beside this test's.
pub(crate) fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let named = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (named(path), fs::read_to_string(path).unwrap())).collect()
}

/// Everything that `check` says of a file.
pub(crate) async fn said(text: &str, world: &World<'_>) -> Vec<Mistake> {
    let document = match parse(vec![("levers.toml".into(), text.to_owned())], &Environment) {
        Ok(document) => document,
        Err(mistakes) => return mistakes,
    };
    let mut mistakes = document.warnings().to_vec();
    match document.declare(world) {
        Ok(_) => mistakes.extend(document.check_statements(world).await),
        Err(found) => mistakes.extend(found),
    }
    mistakes
}

#[tokio::test]
async fn every_wrong_file_gets_its_message() {
    let shop = Shop::new().await;
    let corpus = files("corpus");
    assert!(corpus.len() >= 60, "{} files", corpus.len());
    for (name, text) in corpus {
        let mistakes = said(&text, &shop.world()).await;
        assert!(!mistakes.is_empty(), "nothing is said of {name}");
        let said = mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
        assert!(!said.contains("hunter2"), "{name} shows a secret:\n{said}");
        insta::with_settings!({ snapshot_path => "snapshots/corpus", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, said);
        });
    }
}

#[tokio::test]
async fn nothing_is_said_of_good_files() {
    let shop = Shop::new().await;
    for (name, text) in files("good") {
        let said: Vec<String> = said(&text, &shop.world()).await.iter().map(ToString::to_string).collect();
        assert!(said.is_empty(), "{name}:\n{}", said.join("\n\n"));
    }
}

#[tokio::test]
async fn a_folder_is_one_document() {
    let shop = Shop::new().await;
    let file = |name: &str, text: &str| (PathBuf::from(name), text.to_owned());
    let action = "[[collections.companies.actions]]\nname = \"A\"\nscope = \"bulk\"\nupdate = { score = 1 }\n";
    let good = vec![
        file("a.toml", "listen = \"127.0.0.1:1\"\n[collections.countries]\nlabel = \"C\"\n"),
        file("b.toml", action),
    ];
    let declared = parse(good, &Environment).unwrap().declare(&shop.world()).unwrap();
    assert_eq!(declared.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["countries", "companies"]);
    let twice = vec![
        file("a.toml", action),
        file("b.toml", &format!("listen = \"x\"\n{action}")),
        file("c.toml", "listen = \"y\"\n"),
    ];
    let said = parse(twice, &Environment).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
    insta::assert_snapshot!(said);
}

#[test]
fn a_folder_is_read_in_the_order_of_its_names_and_watched() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("b.toml", "store = \"b.db\"");
    write("a.toml", "listen = \"127.0.0.1:1\"");
    write("notes.txt", "not TOML");
    let document = levers_declare::read(folder.path()).unwrap();
    let watched = ["a.toml", "b.toml", ""].map(|name| folder.path().join(name));
    assert_eq!(document.watched(), watched);
    write("c.toml", "store = \"c.db\"");
    assert_eq!(
        levers_declare::read(folder.path()).unwrap_err()[0].message,
        "“store” is already declared in another file."
    );
    fs::write(folder.path().join("d.toml"), b"\xff").unwrap();
    assert_eq!(levers_declare::read(folder.path()).unwrap_err()[0].message, "The file is not UTF-8 text.");
    let missing = levers_declare::read(&folder.path().join("e.toml")).unwrap_err()[0].to_string();
    assert!(missing.contains("e.toml: The file cannot be read: "), "{missing}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(levers_declare::read(empty.path()).unwrap_err()[0].message, "There is no .toml file in this folder.");
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn limits_are_said() {
    let said = |text: String| parse(vec![("levers.toml".into(), text)], &Environment).unwrap_err()[0].message.clone();
    let action = |index: usize| {
        format!("[[collections.companies.actions]]\nname = \"A{index}\"\nscope = \"bulk\"\nupdate = {{ score = 1 }}\n")
    };
    let rule = format!(
        "[[collections.c.actions]]\nname = \"A\"\nscope = \"bulk\"\nallow = \"{}\"\nupdate = {{ a = 1 }}",
        "1".repeat(5_000)
    );
    let files: [(&str, String); 7] = [
        ("actions", lines(201, action)),
        ("a label", format!("[collections.companies]\nlabel = \"{}\"", "x".repeat(201))),
        ("collections", lines(2_001, |index| format!("[collections.c{index}]\n"))),
        ("a name", format!("[collections.{}]\n", "x".repeat(300))),
        ("a rule", rule),
        ("the file", "# ".repeat(1_100_000)),
        ("nesting", format!("a = {}1{}", "[".repeat(200), "]".repeat(200))),
    ];
    let said: Vec<String> = files.into_iter().map(|(what, text)| format!("{what}: {}", said(text))).collect();
    insta::assert_snapshot!(said.join("\n"));
    let many =
        parse(vec![("levers.toml".into(), lines(150, |index| format!("z{index} = 1\n")))], &Environment).unwrap_err();
    assert_eq!(many.len(), 101);
    assert_eq!(many[100].to_string(), "levers.toml: There are 50 more mistakes, which are shown when these are gone.");
}

#[test]
fn settings_and_sources_come_out_expanded_and_never_printed() {
    let (_, text) = files("good").into_iter().find(|(name, _)| name == "everything").unwrap();
    let document = parse(vec![("levers.toml".into(), text)], &Environment).unwrap();
    let settings = serde_json::to_value(document.settings()).unwrap();
    assert_eq!(settings["auth_secret"], "5f1b9c0d7e3a48f2a6c1b0d9e8f7a6b5");
    assert_eq!(settings["env_secret"], "hunter2hunter2hunter2hunter2");
    assert_eq!(settings["database"]["url"], "sqlite:world.db");
    assert_eq!(settings.get("http").or(settings.get("collections")), None);
    assert_eq!(document.watched(), [PathBuf::from("levers.toml"), PathBuf::from("/run/secrets/env_secret")]);
    let (_, text) = files("good").into_iter().find(|(name, _)| name == "sources").unwrap();
    let sources = parse(vec![("levers.toml".into(), text)], &Environment).unwrap();
    assert_eq!(sources.sources()[0].url.expose(), "postgres://shop:hunter2@localhost/shop");
    let printed = format!("{:?} {:?} {:?} {:?}", document, document.settings(), sources, sources.sources());
    assert!(!printed.contains("hunter2") && !printed.contains("5f1b9c"), "{printed}");
}

#[test]
fn others_point_at_places_and_compare_actions() {
    let text = "listen = \"[::1]:80\"\nauth_secret = \"hunter2hunter2hunter2hunter2hunter2\"\n\
                [[collections.companies.actions]]\nname = \"Mark as Live\"\nscope = \"bulk\"\nupdate = { score = 1 }\n";
    let read = |text: &str| parse(vec![("levers.toml".into(), text.to_owned())], &Environment).unwrap();
    let document = read(text);
    let at = |path: &[&str]| document.mistake(path, "This is wrong.", None).to_string();
    assert_eq!(at(&["listen"]), "levers.toml:1:1: This is wrong.\n  |\n1 | listen = \"[::1]:80\"\n  | ^^^^^^");
    assert!(!at(&["auth_secret"]).contains("hunter2"));
    assert!(at(&["collections", "companies", "actions", "mark-as-live", "update"]).starts_with("levers.toml:6:1:"));
    assert!(at(&["collections", "companies", "actions", "nothing"]).starts_with("levers.toml:3:"));
    assert_eq!(document.collections(), 1);
    let outline = document.outline();
    assert_eq!((outline[0].collection.as_str(), outline[0].action.as_str()), ("companies", "Mark as Live"));
    assert_eq!(outline, read(text).outline());
    assert_ne!(outline, read(&text.replace("score = 1", "score = 2")).outline());
}
