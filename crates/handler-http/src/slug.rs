//! The path at which a backend expects an action, when nobody says otherwise.
//!
//! Backends derive it from the action's name, each in its own way (specification,
//! section 1.2). A call to a path that is spelled otherwise finds nothing, so the
//! ways are copied with all their oddities.

/// How a backend turns an action's name into a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slug {
    /// Transliterated to ASCII, with dashes for everything else: `forest-express` and `forest_liana`.
    #[default]
    Express,
    /// In lower case with dashes for spaces, and nothing else touched: `django-forestadmin`.
    Django,
}

/// The path of an action of this name, relative to the backend's base.
pub fn default_endpoint(name: &str, slug: Slug) -> String {
    let slug = match slug {
        Slug::Express => parameterized(name),
        Slug::Django => name.split(' ').collect::<Vec<_>>().join("-").to_lowercase(),
    };
    format!("/forest/actions/{slug}")
}

/// What Rails calls `parameterize`.
fn parameterized(name: &str) -> String {
    let ascii = deunicode::deunicode_with_tofu(name.trim(), "?");
    let mut slug = String::with_capacity(ascii.len());
    for character in ascii.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths_as_each_backend_spells_them() {
        for (name, express, django) in [
            ("Mark as Live", "mark-as-live", "mark-as-live"),
            ("Mark as live!", "mark-as-live", "mark-as-live!"),
            ("Émettre une facture", "emettre-une-facture", "émettre-une-facture"),
            ("a_b c--d", "a_b-c-d", "a_b-c--d"),
            ("  -Straße & Co- ", "strasse-co", "---straße-&-co--"),
        ] {
            assert_eq!(default_endpoint(name, Slug::Express), format!("/forest/actions/{express}"));
            assert_eq!(default_endpoint(name, Slug::Django), format!("/forest/actions/{django}"));
        }
    }
}
