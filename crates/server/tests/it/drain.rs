//! SIGTERM: what runs comes to its end, nothing new is begun, the process exits with 0.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::child::Child;

#[test]
fn a_running_action_comes_to_its_end_and_nothing_new_begins() {
    let folder = tempfile::tempdir().unwrap();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Child::start(folder.path(), &gate);

    let asked = child.wait();
    let (knock, _) = gate.accept().unwrap();
    child.signal("TERM");
    let patience = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(child.address).is_ok() {
        assert!(Instant::now() < patience, "connections are still accepted");
        std::thread::yield_now();
    }
    assert!(child.lives(), "the process left while an action was running");
    drop(knock);

    let answer = asked.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("Waited."), "{answer}");
    assert_eq!(child.exit_code(), Some(0));
}
