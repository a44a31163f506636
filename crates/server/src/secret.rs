//! Secrets, kept out of logs by type, and where the one that signs tokens comes from.
//!
//! A program on one machine should start without a ceremony, and a program that
//! others can reach must not start with a secret that they can guess. So on
//! loopback a missing secret is made up once and kept beside the store, where
//! `levers token` finds it; anywhere else it must be given, and be good.
//!
//! Rejected: a constant development secret. It would work everywhere, and so
//! would everybody's tokens.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use levers_model::{Error, Result};
use serde::Deserialize;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that signs or verifies with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secret that signs tokens, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthSecret {
    /// The secret itself.
    pub secret: Secret,
    /// The file that holds it, when nobody configured one.
    pub file: Option<PathBuf>,
}

/// The fewest characters of a secret on a server that others can reach.
pub(crate) const SHORTEST: usize = 32;

/// How to make a good one; the end of every refusal.
const HOW: &str =
    "Make one with `openssl rand -hex 32` and set it as LEVERS_AUTH_SECRET (or auth_secret in levers.toml).";

/// Whether a secret is good enough for a server that others can reach.
///
/// # Errors
/// `Refused`, saying why not and how to make a better one.
pub(crate) fn check_for_strangers(secret: Option<&Secret>, listen: &str) -> Result<()> {
    let why = match secret.map(Secret::expose) {
        None => "there is no auth secret".to_owned(),
        Some(secret) if secret.chars().count() < SHORTEST => {
            format!("the auth secret has {} characters, fewer than {SHORTEST}", secret.chars().count())
        }
        Some(secret) if is_default(secret) => "the auth secret is a well-known or trivial one".to_owned(),
        Some(_) => return Ok(()),
    };
    Err(Error::refused(format!("Levers does not listen on {listen}, which others can reach, because {why}. {HOW}")))
}

/// Texts that documentation shows, and texts that a keyboard makes by itself.
fn is_default(secret: &str) -> bool {
    const FEWEST_DIFFERENT: usize = 8;
    const KNOWN: [&str; 5] = ["change", "secret-secret", "your-", "example", "password"];
    let mut different: Vec<char> = secret.chars().collect();
    different.sort_unstable();
    different.dedup();
    let lower = secret.to_lowercase();
    different.len() < FEWEST_DIFFERENT || KNOWN.iter().any(|known| lower.contains(known))
}

/// Reads the development secret beside the store, or makes it.
///
/// # Errors
/// `Refused` when the file can be neither read nor made.
pub(crate) fn development_secret(store: &Path) -> Result<AuthSecret> {
    let file = beside(store);
    let secret = read_or_make(&file).map_err(|error| {
        Error::refused(format!(
            "There is no auth secret, and the file {} that would hold one for development cannot be used: {error}. {HOW}",
            file.display()
        ))
    })?;
    Ok(AuthSecret { secret, file: Some(file) })
}

/// The development secret beside the store, if there is one.
pub(crate) fn kept_secret(store: &Path) -> Option<Secret> {
    let text = fs::read_to_string(beside(store)).ok()?;
    Some(Secret(text.trim().to_owned())).filter(|secret| !secret.0.is_empty())
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".secret");
    PathBuf::from(name)
}

fn read_or_make(file: &Path) -> io::Result<Secret> {
    let secret = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(mut made) => {
            made.write_all(secret.as_bytes())?;
            Ok(Secret(secret))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::read_to_string(file)?.trim() {
            "" => Err(io::Error::other("it is empty; delete it")),
            text => Ok(Secret(text.to_owned())),
        },
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "5f1b9c0d7e3a48f2a6c1b0d9e8f7a6b5";

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn a_server_that_others_can_reach_wants_a_good_secret() {
        let refusal = |secret: Option<&str>| {
            let secret = secret.map(Secret::new);
            check_for_strangers(secret.as_ref(), "0.0.0.0:3310").unwrap_err().to_string()
        };
        assert!(check_for_strangers(Some(&Secret::new(GOOD)), "0.0.0.0:3310").is_ok());
        insta::assert_snapshot!(refusal(None), @"Levers does not listen on 0.0.0.0:3310, which others can reach, because there is no auth secret. Make one with `openssl rand -hex 32` and set it as LEVERS_AUTH_SECRET (or auth_secret in levers.toml).");
        insta::assert_snapshot!(refusal(Some("short")), @"Levers does not listen on 0.0.0.0:3310, which others can reach, because the auth secret has 5 characters, fewer than 32. Make one with `openssl rand -hex 32` and set it as LEVERS_AUTH_SECRET (or auth_secret in levers.toml).");
        for known in ["change-me-change-me-change-me-change-me", &"0".repeat(64), &"ab".repeat(32)] {
            assert!(refusal(Some(known)).contains("well-known or trivial"), "{known}");
        }
    }

    #[test]
    fn the_development_secret_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("shop.levers.db");
        let first = development_secret(&store).unwrap();
        assert_eq!(first, development_secret(&store).unwrap());
        assert_eq!(first.secret.expose().len(), 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(first.file.unwrap()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = development_secret(&folder.path().join("missing/all.db")).unwrap_err();
        assert!(error.message().starts_with("There is no auth secret, and the file "), "{error}");
        assert!(error.message().contains("missing/all.db.secret") && error.message().ends_with(HOW), "{error}");
    }
}
