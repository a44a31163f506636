//! Names in URLs.

/// An action's name as its URL has it (specification, section 1.2): lower case, each
/// run of other characters than `a-z0-9-` as one dash, nothing trimmed. It is not our
/// own id of the action, and two actions may share it: the index in the URL tells them apart.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    let mut in_run = false;
    for character in name.chars().flat_map(char::to_lowercase) {
        let plain = character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
        if plain {
            slug.push(character);
        } else if !in_run {
            slug.push('-');
        }
        in_run = !plain;
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_agents() {
        for (name, expected) in [
            ("Mark as Live", "mark-as-live"),
            ("Mark as live!", "mark-as-live-"),
            ("Émettre une facture", "-mettre-une-facture"),
            ("a_b c--d", "a-b-c--d"),
            ("", ""),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
