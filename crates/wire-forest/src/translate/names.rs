//! Names in URLs (specification, section 1.2).
//!
//! Three spellings exist, and the two of dialect B are both understood at once: which one
//! a client has comes from the backend that it was written for, and nothing tells us.

use deunicode::deunicode;

/// An action's name as dialect A's URLs have it: lower case, each run of other
/// characters than `a-z0-9-` as one dash, nothing trimmed. It is not our
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

/// Whether the last part of a URL of dialect B is an action's name.
pub(crate) fn is_legacy_slug(slug: &str, name: &str) -> bool {
    slug == express_slug(name) || slug == django_slug(name)
}

/// Whether an action is the one that a `smart_action_id` names: `orders-2-refund`,
/// `orders-refund`, `orders.Refund it` and `orders-Refund@@@it` have all been met.
pub(crate) fn names_action(id: &str, collection: &str, name: &str) -> bool {
    let Some(rest) = id.strip_prefix(collection) else { return false };
    if let Some(rest) = rest.strip_prefix('.') {
        return rest == name;
    }
    let Some(rest) = rest.strip_prefix('-') else { return false };
    let is_slug = |text: &str| text == slug(name) || is_legacy_slug(text, name);
    let is_index = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let after_index = rest.split_once('-').filter(|(index, _)| is_index(index)).map(|(_, slug)| slug);
    rest.replace("@@@", " ") == name || is_slug(rest) || after_index.is_some_and(is_slug)
}

/// As Express and Rails spell it: ASCII in lower case, each run of other characters than
/// letters, digits and `_` as one dash, none at the ends.
fn express_slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in deunicode(name).chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// As Django spells it: each space a dash, in lower case, and nothing else touched.
fn django_slug(name: &str) -> String {
    name.replace(' ', "-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The table of the specification.
    const NAMES: [(&str, &str, &str, &str); 5] = [
        ("Mark as Live", "mark-as-live", "mark-as-live", "mark-as-live"),
        ("Mark as live!", "mark-as-live-", "mark-as-live", "mark-as-live!"),
        ("Émettre une facture", "-mettre-une-facture", "emettre-une-facture", "émettre-une-facture"),
        ("a_b c--d", "a-b-c--d", "a_b-c-d", "a_b-c--d"),
        ("", "", "", ""),
    ];

    #[test]
    fn slugs_are_those_of_agents() {
        for (name, a, express, django) in NAMES {
            assert_eq!((slug(name), express_slug(name), django_slug(name)), (a.into(), express.into(), django.into()));
            assert!(is_legacy_slug(express, name) && is_legacy_slug(django, name));
        }
        assert_eq!(express_slug("  Größe –  ändern?"), "grosse-andern");
        assert!(!is_legacy_slug("mark-as-live-", "Mark as live!"));
    }

    #[test]
    fn every_spelling_of_an_id_names_the_action() {
        for id in ["orders-2-mark-as-live-", "orders-mark-as-live", "orders.Mark as live!", "orders-Mark@@@as@@@live!"]
        {
            assert!(names_action(id, "orders", "Mark as live!"), "{id}");
        }
        for id in ["orders-2-delete", "clients-2-mark-as-live", "orders", "orders-", "orders.mark as live!", "", "x"] {
            assert!(!names_action(id, "orders", "Mark as live!"), "{id}");
        }
    }

    proptest! {
        #[test]
        fn any_name_has_a_plain_slug(name in ".{0,30}") {
            let slug = express_slug(&name);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}
