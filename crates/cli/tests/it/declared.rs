//! Actions without a program: a file beside the database, checked, begun and served.

use serde_json::Value as Json;

use crate::shop::Shop;

const SHOP: &str = r#"
[database]
url = "sqlite:shop.db"

[[collections.Artist.segments]]
name = "A"
filter = { field = "Name", operator = "starts_with", value = "A" }

[[collections.Artist.actions]]
name = "Rename"
scope = "single"
success = "{{ count }} renamed to {{ values.name }}."
update = { Name = "{{ values.name }}" }

[[collections.Artist.actions.form]]
field = "name"
type = "String"
required = true

[[collections.Album.actions]]
name = "Shout"
scope = "bulk"
[collections.Album.actions.sql]
statement = "update Album set Title = upper(Title) where AlbumId in (:ids)"
"#;

const WRONG: &str = r#"
auth_secrt = "hunter2"

[database]
url = "sqlite:shop.db"

[[collections.Artist.actions]]
name = "Rename"
scope = "sinle"
update = { Name = "x" }

[[collections.Artists.actions]]
name = "Ship"
scope = "single"
update = { Nam = "x" }
"#;

const UNFIT: &str = r#"
[database]
url = "sqlite:shop.db"

[[collections.Artist.actions]]
name = "Rename"
scope = "single"
update = { Nam = "x" }

[[collections.Album.actions]]
name = "Shout"
scope = "bulk"
[collections.Album.actions.sql]
statement = "update Album set Titel = upper(Title) where AlbumId in (:ids)"

[[collections.Songs.actions]]
name = "Play"
scope = "single"
update = { Name = "x" }
"#;

#[test]
fn a_file_without_mistakes_is_counted() {
    let shop = Shop::new();
    shop.write("levers.toml", SHOP);
    let (code, out, error) = shop.run(&["check"]);
    assert_eq!((code, out.as_str(), error.as_str()), (0, "levers.toml: 2 collections, 2 actions, no mistakes\n", ""));
    let (code, out, _) = shop.run(&["check", "levers.toml", "--json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["good"], &told["actions"]), (0, &Json::Bool(true), &Json::from(2)));

    std::fs::create_dir(shop.folder.path().join("levers")).unwrap();
    std::fs::rename(shop.folder.path().join("levers.toml"), shop.folder.path().join("levers/all.toml")).unwrap();
    shop.write("levers/more.toml", "[collections.Genre]\nlabel = \"Kinds\"\n");
    let (code, out, _) = shop.run(&["check", "levers"]);
    assert_eq!((code, out.as_str()), (0, "levers: 3 collections, 2 actions, no mistakes\n"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let shop = Shop::new();
    shop.write("levers.toml", WRONG);
    let (code, out, error) = shop.run(&["check"]);
    assert_eq!((code, error.as_str()), (5, ""));
    assert!(!out.contains("hunter2"), "{out}");
    insta::assert_snapshot!(out);

    shop.write("levers.toml", UNFIT);
    let (code, out, _) = shop.run(&["check"]);
    assert_eq!(code, 5);
    insta::assert_snapshot!(out);
    let (_, out, _) = shop.run(&["check", "--json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(told["good"], false);
    assert_eq!(told["mistakes"][0]["file"], "levers.toml");

    // The start fails with the same words, on the other output.
    let (code, out, error) = shop.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((code, out.as_str()), (5, ""));
    insta::assert_snapshot!(error);
    let (code, out, _) = shop.run(&["doctor"]);
    assert_eq!(code, 1);
    assert!(out.contains("problem") && out.contains("levers.toml:"), "{out}");
}

#[test]
fn what_keeps_a_check_from_ending_has_its_own_code() {
    let shop = Shop::new();
    let (code, _, error) = shop.run(&["check"]);
    assert_eq!(code, 4);
    insta::assert_snapshot!(error, @"error: There is no levers.toml here. `levers init URL` writes one.");
    let (code, _, error) = shop.run(&["check", "nowhere.toml"]);
    assert_eq!(code, 4);
    insta::assert_snapshot!(error, @"error: There is no configuration file nowhere.toml.");

    shop.write("levers.toml", &SHOP.replace("sqlite:shop.db", "postgres://me:hunter2@127.0.0.1:9/shop"));
    let (code, _, error) = shop.run(&["check"]);
    assert_eq!(code, 6);
    assert!(!error.contains("hunter2"), "{error}");
    let (code, out, _) = shop.run(&["check", "--offline"]);
    assert_eq!(code, 0, "{out}");
    insta::assert_snapshot!(out, @r"
    levers.toml:3:7: warning: “url” holds a secret that everybody who reads this file can see.
      |
    3 | url = …
      |       ^
    help: Put it into the environment and write ${env:NAME} here, or into a file and write ${file:/path}.

    levers.toml: 2 collections, 2 actions, no mistakes, 1 warning; the databases were not asked
    ");
}

#[test]
fn a_first_file_is_written_once_and_is_right() {
    let shop = Shop::new();
    let (code, out, _) = shop.run(&["init", "sqlite:shop.db"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out, @r"
    Wrote levers.toml: 11 collections, no mistakes.
    Next, edit it, and:
      levers check
      levers serve
    ");
    let (code, out, _) = shop.run(&["check"]);
    assert_eq!(code, 0, "{out}");
    let written = || std::fs::read_to_string(shop.folder.path().join("levers.toml")).unwrap();
    let first = written();
    assert!(first.contains("sqlite:shop.db"), "{first}");

    shop.write("levers.toml", "# mine\n");
    let (code, _, error) = shop.run(&["init", "sqlite:shop.db"]);
    assert_eq!((code, written().as_str()), (7, "# mine\n"));
    insta::assert_snapshot!(error, @"error: levers.toml is there already. Write elsewhere with --output, or over it with --force.");
    let (code, _, _) = shop.run(&["init", "sqlite:shop.db", "--force"]);
    assert_eq!((code, written()), (0, first.clone()));
    let (code, out, _) = shop.run(&["init", "sqlite:shop.db", "--output", "-"]);
    assert_eq!((code, out.trim_end()), (0, first.trim_end()));
    let (code, _, error) = shop.run(&["init", "sqlite:missing.db", "--force"]);
    assert_eq!((code, written()), (4, first), "{error}");
}

#[test]
fn a_password_never_gets_into_the_first_file() {
    let server =
        std::env::var("LEVERS_TEST_POSTGRES_URL").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432".to_owned());
    let host = server.rsplit('@').next().unwrap().split('/').next().unwrap().to_owned();
    let shop = Shop::new();
    let url = format!("postgres://root:hunter2@{host}/postgres");
    let (code, out, error) = shop.run(&["init", &url]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("DATABASE_PASSWORD") && !out.contains("hunter2"), "{out}");
    let text = std::fs::read_to_string(shop.folder.path().join("levers.toml")).unwrap();
    assert!(text.contains("${env:DATABASE_PASSWORD}") && !text.contains("hunter2"), "{text}");

    let url = format!("postgres://{host}/postgres?user=root&password=hunter2");
    let (code, out, error) = shop.run(&["init", &url, "--output", "query.toml"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("export DATABASE_URL=…") && !out.contains("hunter2"), "{out}");
    assert!(!std::fs::read_to_string(shop.folder.path().join("query.toml")).unwrap().contains("hunter2"));

    let check = |password: Option<&str>| {
        let mut command = shop.levers(&["check"]);
        command.env_remove("DATABASE_PASSWORD").envs(password.map(|password| ("DATABASE_PASSWORD", password)));
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(check(Some("hunter2")).0, 0);
    let (code, out) = check(None);
    assert_eq!(code, 5);
    assert!(out.contains("DATABASE_PASSWORD"), "{out}");
}

#[test]
fn declared_actions_run_and_the_url_of_the_command_line_replaces_the_files() {
    let shop = Shop::new();
    shop.write("levers.toml", &SHOP.replace("sqlite:shop.db", "sqlite:gone.db"));
    let (code, _, error) = shop.run(&["actions"]);
    assert_eq!(code, 4, "{error}");
    let rename = ["run", "Artist", "Rename", "--id", "1", "--set", "name=Zed", "--database", "sqlite:shop.db"];
    let (code, out, error) = shop.run(&rename);
    assert_eq!(code, 0, "{error}");
    assert!(out.starts_with("1 renamed to Zed.\n"), "{out}");
    let (code, out, _) = shop.run(&["actions", "sqlite:shop.db"]);
    assert_eq!(code, 0);
    assert!(out.contains("rename") && out.contains("shout"), "{out}");
}

#[test]
fn several_databases_are_served_as_one() {
    let shop = Shop::new();
    std::fs::copy(shop.folder.path().join("shop.db"), shop.folder.path().join("other.db")).unwrap();
    shop.write("levers.toml", "[sources.one]\nurl = \"sqlite:shop.db\"\ninclude = [\"Artist\"]\n[sources.two]\nurl = \"sqlite:other.db\"\ninclude = [\"Genre\"]\n");
    let (code, out, error) = shop.run(&["schema"]);
    assert_eq!(code, 0, "{error}");
    let schema: Json = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> =
        schema["collections"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Artist", "Genre"]);
    let (code, _, _) = shop.run(&["run", "Artist", "Update", "--id", "1", "--set", "Name=Zed"]);
    assert_eq!(code, 0);
    assert!(shop.folder.path().join("shop.db.levers.db").exists(), "jobs are kept beside the first of them");

    shop.write("levers.toml", "[sources.one]\nurl = \"sqlite:shop.db\"\n[sources.two]\nurl = \"sqlite:gone.db\"\n");
    let (code, _, error) = shop.run(&["actions"]);
    assert_eq!(code, 4);
    insta::assert_snapshot!(error, @"error: The source “two”: There is no SQLite database at “gone.db”. Check the path; the file is not created.");
}

#[test]
fn editors_get_a_schema_of_the_file() {
    let shop = Shop::new();
    let (code, out, _) = shop.run(&["schema", "--format", "file"]);
    assert_eq!(code, 0);
    let schema: Json = serde_json::from_str(&out).unwrap();
    assert!(schema["properties"]["collections"].is_object(), "{out}");
}
