//! A shop to try commands on.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tempfile::TempDir;

/// A copy of Chinook in a folder of its own.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let published = std::env::var_os("LEVERS_CHINOOK_DIR")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/chinook"), PathBuf::from);
        let published = published.join("chinook.sqlite");
        let content = std::fs::read(&published).unwrap_or_else(|error| {
            panic!("{} cannot be read ({error}); set LEVERS_CHINOOK_DIR to the folder of Chinook", published.display())
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.db"), content).unwrap();
        Self { folder }
    }

    pub(crate) fn levers(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_levers"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["LEVERS_AUTH_SECRET", "FOREST_AUTH_SECRET", "LEVERS_SERVER", "LEVERS_TOKEN", "LEVERS_DATABASE_URL"]
        {
            command.env_remove(name);
        }
        command
    }

    /// Runs to the end; gives exit code, standard output, standard error.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.levers(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.levers(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Levers listens on ").map(str::to_owned))
            .expect("the server says where it listens");
        let (sender, said) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Server { child, url, said }
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
}

pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    said: Receiver<String>,
}

impl Server {
    /// Waits for a line of the log that holds this, and gives all lines until then.
    pub(crate) fn says(&self, text: &str) -> String {
        let mut lines = String::new();
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(30));
            let line = line.unwrap_or_else(|error| panic!("the server does not say “{text}” ({error}): {lines}"));
            lines = lines + &line + "\n";
            if line.contains(text) {
                return lines;
            }
        }
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let signal = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(signal.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
