//! Columns that look as if they held a secret.
//!
//! A guess, by name and type. One too many costs whoever wants to see the column
//! a look into the file, in which it stands by name; one too few shows every
//! operator what opens somebody's account.

use levers_model::{Collection, Column, ColumnType};

/// Part of a name that is about a secret, wherever it stands.
const ANYWHERE: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "signingkey",
    "encryptionkey",
    "credential",
    "backupcode",
    "recoverycode",
    "pwdhash",
];
/// Whole words at the end of a name, also of one written in one word (`accesstoken`).
const AT_END: [&str; 8] = ["token", "tokens", "tokenhash", "tokendigest", "secret", "secrets", "pwd", "passwordsalt"];
/// Last words of names that are about a secret and hold none.
const HARMLESS: [&str; 10] = ["at", "on", "by", "id", "type", "count", "expiry", "expires", "algorithm", "date"];

/// The columns of a collection that look secret and can be hidden.
pub(super) fn secrets(collection: &Collection) -> Vec<&str> {
    let columns = collection.columns().filter(|(name, column)| !column.primary_key && is_secret(name, column));
    // By their relations these lead to other records.
    columns.map(|(name, _)| name).filter(|name| !collection.is_foreign_key(name)).collect()
}

/// Whether the primary key looks secret, as that of a table of tokens.
pub(super) fn has_secret_key(collection: &Collection) -> bool {
    let keys = collection.primary_key.iter();
    keys.filter_map(|name| Some((name, collection.column(name)?))).any(|(name, column)| is_secret(name, column))
}

/// Whether a column looks as if it held a secret.
pub(super) fn is_secret(name: &str, column: &Column) -> bool {
    can_hold_one(&column.column_type) && sounds_secret(name)
}

const fn can_hold_one(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Text | ColumnType::Uuid | ColumnType::Json | ColumnType::Binary | ColumnType::List(_) => true,
        ColumnType::Boolean
        | ColumnType::Integer
        | ColumnType::Float
        | ColumnType::Decimal
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::DateTime
        | ColumnType::Timestamp
        | ColumnType::Enum(_) => false,
    }
}

fn sounds_secret(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    if words.len() > 1 && HARMLESS.contains(&last) {
        return false;
    }
    let joined = words.concat();
    last == "salt"
        || words.iter().any(|word| word == "secret")
        || ANYWHERE.iter().any(|part| joined.contains(part))
        || AT_END.iter().any(|end| joined.ends_with(end))
}

/// The words of a name in lower case: `otpSecret`, `otp_secret` and `OTP-Secret` are the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (was_lower && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name() {
        for name in [
            "password",
            "password_hash",
            "encrypted_password",
            "PasswordHash",
            "passwd",
            "user_pwd",
            "reset_password_token",
            "accesstoken",
            "refreshToken",
            "token",
            "token_hash",
            "api_key",
            "apiKey",
            "secret",
            "client_secret",
            "otp_secret",
            "secret_key_base",
            "aws_secret_access_key",
            "salt",
            "password_salt",
            "two_factor_recovery_codes",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in [
            "name",
            "secretary",
            "token_type",
            "password_changed_at",
            "api_key_id",
            "salted",
            "tokenizer",
            "public_key",
            "key",
            "basalt",
            "passenger",
            "",
        ] {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn what_cannot_hold_one_is_shown() {
        assert!(is_secret("token", &Column::new(ColumnType::Uuid)));
        assert!(!is_secret("tokens", &Column::new(ColumnType::Integer)));
        assert!(!is_secret("has_password", &Column::new(ColumnType::Boolean)));
    }
}
