//! Names as serde reads them, and as people do.

/// How `#[serde(rename_all = "…")]` spells names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    /// The case of this name in serde's attribute.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// A field's name, which is written in snake case, in this case.
    pub(crate) fn of_field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => name.split('_').map(capitalized).collect(),
            Self::Camel => uncapitalized(&Self::Pascal.of_field(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// A variant's name, which is written in Pascal case, in this case.
    pub(crate) fn of_variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => uncapitalized(name),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// `amount_due` as `Amount due`.
pub(crate) fn humanized(name: &str) -> String {
    capitalized(&name.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, character) in name.char_indices() {
        if index > 0 && character.is_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn uncapitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_serde_spells_them() {
        let cases = [
            ("lowercase", "amount_due", "extralarge"),
            ("UPPERCASE", "AMOUNT_DUE", "EXTRALARGE"),
            ("PascalCase", "AmountDue", "ExtraLarge"),
            ("camelCase", "amountDue", "extraLarge"),
            ("snake_case", "amount_due", "extra_large"),
            ("SCREAMING_SNAKE_CASE", "AMOUNT_DUE", "EXTRA_LARGE"),
            ("kebab-case", "amount-due", "extra-large"),
            ("SCREAMING-KEBAB-CASE", "AMOUNT-DUE", "EXTRA-LARGE"),
        ];
        for (case, field, variant) in cases {
            let case = Case::parse(case).unwrap();
            assert_eq!((case.of_field("amount_due"), case.of_variant("ExtraLarge")), (field.into(), variant.into()));
        }
        assert_eq!(Case::parse("Title Case"), None);
    }

    #[test]
    fn labels_read_like_words() {
        for (name, label) in [("amount", "Amount"), ("amount_due", "Amount due"), ("_x__y_", "X y"), ("", "")] {
            assert_eq!(humanized(name), label);
        }
    }
}
