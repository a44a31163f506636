//! A reload under work: what has begun ends where it began, what comes finds what is new.

use std::fs;
use std::net::TcpListener;

use crate::child::Child;

const SHIP: &str =
    "[[collections.things.actions]]\nname = \"Ship\"\nscope = \"single\"\nupdate = { name = \"shipped\" }\n";

#[test]
fn a_running_action_ends_while_the_new_ones_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("levers.toml");
    fs::write(&file, "# Nothing yet.\n").unwrap();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = Child::start(folder.path(), &gate);
    let ship = || {
        child
            .ask("POST", "/api/v1/collections/things/actions/ship", "{\"selection\":{\"ids\":[\"1\"]}}")
            .join()
            .unwrap()
    };

    let asked = child.wait();
    let (knock, _) = gate.accept().unwrap();
    assert!(ship().starts_with("HTTP/1.1 404"));
    fs::write(&file, SHIP).unwrap();
    assert!(child.says("reloaded").contains("added “Ship” on things"));
    assert!(ship().starts_with("HTTP/1.1 200"), "{}", ship());

    // The engine that came after knows of what runs on the one before, and waits for it.
    child.signal("TERM");
    child.says("stopping");
    drop(knock);
    let answer = asked.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("Waited."), "{answer}");
    child.says("stopped");
    assert_eq!(child.exit_code(), Some(0));
}

#[test]
fn an_action_that_the_program_has_too_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("levers.toml");
    fs::write(&file, SHIP).unwrap();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = Child::start(folder.path(), &gate);
    fs::write(&file, SHIP.replace("Ship", "Wait")).unwrap();
    child.says("The program declares an action “Wait” on “things” too, with the same id “wait”.");
    let answer = child.ask("GET", "/health", "").join().unwrap();
    assert!(answer.contains("\"state\":\"stale\"") && answer.contains("The program declares"), "{answer}");
}
