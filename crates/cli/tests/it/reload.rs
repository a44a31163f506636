//! The file changes while it is served. Tests wait for what the server says, never for time.

use crate::shop::{Server, Shop};

/// A file with one action for each of these names.
fn file(actions: &[&str]) -> String {
    let action = |name: &&str| {
        format!(
            "[[collections.Artist.actions]]\nname = \"{name}\"\nscope = \"single\"\nupdate = {{ Name = \"{name}\" }}\n"
        )
    };
    let actions = actions.iter().map(action).collect::<Vec<_>>().concat();
    format!("[database]\nurl = \"sqlite:shop.db\"\n{actions}")
}

struct Open {
    shop: Shop,
    server: Server,
    token: String,
}

impl Open {
    fn with(text: &str) -> Self {
        let shop = Shop::new();
        shop.write("levers.toml", text);
        let server = shop.serve(&[]);
        let (_, token, _) = shop.run(&["token", "--email", "ada@example.org", "--database", "sqlite:shop.db"]);
        Self { shop, server, token: token.trim().to_owned() }
    }

    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let (code, out, error) =
            self.shop.run(&[arguments, &["--server", &self.server.url, "--token", &self.token]].concat());
        (code, out + &error)
    }
}

#[test]
fn a_change_is_served_and_a_bad_one_is_not() {
    let open = Open::with(&file(&["Promote"]));
    assert_eq!(open.ask(&["run", "Artist", "Promote", "--id", "1"]).0, 0);
    assert_eq!(open.ask(&["run", "Artist", "Demote", "--id", "1"]).0, 4);

    open.shop.write("levers.toml", &file(&["Promote", "Demote"]));
    let said = open.server.says("reloaded");
    assert!(said.contains("added “Demote” on Artist"), "{said}");
    assert_eq!(open.ask(&["run", "Artist", "Demote", "--id", "1"]).0, 0);
    let (code, out) = open.ask(&["doctor"]);
    assert_eq!(code, 0);
    assert!(out.contains("What is declared is what is served"), "{out}");

    open.shop.write("levers.toml", &file(&["Promote"]).replace("Name =", "Nam ="));
    open.server.says("not reloaded: levers.toml has 1 mistake");
    let said = open.server.says("help:");
    assert!(said.contains("levers.toml:6:") && said.contains("Nam"), "{said}");
    assert_eq!(open.ask(&["run", "Artist", "Demote", "--id", "1"]).0, 0, "what was good before is still served");
    let (code, out) = open.ask(&["doctor"]);
    assert_eq!(code, 1);
    assert!(out.contains("what it said before is served") && out.contains("levers.toml:6:"), "{out}");

    open.shop.write("levers.toml", &file(&["Promote"]).replace("Name = \"Promote\"", "Name = \"Star\""));
    let said = open.server.says("reloaded levers.toml");
    assert!(said.contains("removed “Demote” on Artist; changed “Promote” on Artist"), "{said}");
    assert_eq!(open.ask(&["run", "Artist", "Demote", "--id", "1"]).0, 4);
    assert_eq!(open.ask(&["doctor"]).0, 0);
}

#[test]
fn a_file_that_is_replaced_or_removed_is_followed() {
    let open = Open::with(&file(&["Promote"]));
    let folder = open.shop.folder.path();
    open.shop.write("levers.toml.new", &file(&["Promote", "Demote"]));
    std::fs::rename(folder.join("levers.toml.new"), folder.join("levers.toml")).unwrap();
    open.server.says("added “Demote”");
    std::fs::remove_file(folder.join("levers.toml")).unwrap();
    open.server.says("levers.toml is gone");
    assert_eq!(open.ask(&["run", "Artist", "Demote", "--id", "1"]).0, 0);
    open.shop.write("levers.toml", &file(&["Promote"]));
    open.server.says("removed “Demote”");
}

#[test]
fn a_hang_up_reads_the_databases_again() {
    let open = Open::with(&file(&["Promote"]));
    let tables = "CREATE TABLE late (id INTEGER PRIMARY KEY)";
    rusqlite::Connection::open(open.shop.folder.path().join("shop.db")).unwrap().execute_batch(tables).unwrap();
    assert_eq!(open.ask(&["run", "late", "Create"]).0, 4);
    open.server.signal("HUP");
    open.server.says("reloaded levers.toml: added the collection “late”");
    let (code, out) = open.ask(&["run", "late", "Create"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn what_needs_a_restart_is_said_and_a_new_secret_file_is_followed() {
    let open = Open::with(&file(&[]));
    open.shop.write("url", "sqlite:shop.db");
    let text = format!("log = \"info\"\n{}", file(&[])).replace("sqlite:shop.db", "${file:url}");
    open.shop.write("levers.toml", &text);
    let said = open.server.says("only after a restart");
    assert!(said.ends_with("only after a restart: log\n"), "{said}");
    open.shop.write("url", "sqlite:gone.db");
    open.server.says("There is no SQLite database at “gone.db”");
    assert_eq!(open.ask(&["run", "Artist", "Update", "--id", "1", "--set", "Name=x"]).0, 0);
}

#[test]
fn a_file_that_comes_later_is_read() {
    let shop = Shop::new();
    let server = shop.serve(&["sqlite:shop.db"]);
    shop.write("levers.toml", &file(&["Promote"]));
    server.says("added “Promote” on Artist");
}

#[test]
fn files_of_a_folder_come_and_go() {
    let shop = Shop::new();
    std::fs::create_dir(shop.folder.path().join("levers")).unwrap();
    shop.write("levers/base.toml", &file(&["Promote"]));
    let server = shop.serve(&["--config", "levers"]);
    shop.write(
        "levers/more.toml",
        "[[collections.Album.actions]]\nname = \"Hide\"\nscope = \"single\"\nupdate = { Title = \"x\" }\n",
    );
    server.says("reloaded levers: added “Hide” on Album");
    std::fs::remove_file(shop.folder.path().join("levers/more.toml")).unwrap();
    server.says("reloaded levers: removed “Hide” on Album");
}
