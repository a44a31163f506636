//! How the elements of a form may be nested, and which of them are shown.

use std::collections::BTreeSet;

use levers_model::{Action, Error, LayoutElement, Result};
use levers_ports::{Computed, ElementDeclaration, FieldDeclaration};

/// A declared element whose condition holds.
pub(super) enum Shown<'a> {
    Field(&'a FieldDeclaration),
    Row(Vec<&'a FieldDeclaration>),
    Separator,
    Html(&'a Computed<String>),
    Page { next_label: &'a Option<String>, previous_label: &'a Option<String>, elements: Vec<Shown<'a>> },
}

/// Refuses forms that cannot be laid out or whose values cannot be told apart.
pub(super) fn check(action: &Action, elements: &[ElementDeclaration]) -> Result<()> {
    let wrong = |what: String| Err(Error::invalid(format!("The form of “{}” {what}", action.name)));
    let is_page = |element: &ElementDeclaration| matches!(element, ElementDeclaration::Page { .. });
    let pages = elements.iter().filter(|element| is_page(element)).count();
    if pages > 0 && pages < elements.len() {
        return wrong("has pages and other elements side by side. Put every element on a page.".into());
    }
    for element in elements {
        if let ElementDeclaration::Page { elements, .. } = element
            && elements.iter().any(is_page)
        {
            return wrong("has a page on a page. Pages stand beside each other only.".into());
        }
    }
    let mut ids = BTreeSet::new();
    for field in fields(elements) {
        if field.id.is_empty() {
            return wrong("has a field without an id.".into());
        }
        if !ids.insert(field.id.as_str()) {
            return wrong(format!("has two fields “{}”. Give each field an id of its own.", field.id));
        }
    }
    Ok(())
}

/// All declared fields in order, shown or not.
pub(super) fn fields(elements: &[ElementDeclaration]) -> Vec<&FieldDeclaration> {
    let mut found = Vec::new();
    for element in elements {
        match element {
            ElementDeclaration::Field(field) => found.push(&**field),
            ElementDeclaration::Row { fields, .. } => found.extend(fields),
            ElementDeclaration::Page { elements, .. } => found.extend(self::fields(elements)),
            ElementDeclaration::Separator { .. } | ElementDeclaration::Html { .. } => {}
        }
    }
    found
}

/// The condition of every element, an element before those inside it: the order
/// in which [`shown`] asks for the verdicts.
pub(super) fn conditions(elements: &[ElementDeclaration]) -> Vec<Option<&Computed<bool>>> {
    let mut found = Vec::new();
    for element in elements {
        match element {
            ElementDeclaration::Field(field) => found.push(field.condition.as_ref()),
            ElementDeclaration::Row { fields, condition } => {
                found.push(condition.as_ref());
                found.extend(fields.iter().map(|field| field.condition.as_ref()));
            }
            ElementDeclaration::Separator { condition } | ElementDeclaration::Html { condition, .. } => {
                found.push(condition.as_ref());
            }
            ElementDeclaration::Page { elements, condition, .. } => {
                found.push(condition.as_ref());
                found.extend(conditions(elements));
            }
        }
    }
    found
}

/// Drops what is not shown, and rows and pages that this leaves empty. A failed
/// condition counts only where what is around it is shown.
pub(super) fn shown<'a>(
    elements: &'a [ElementDeclaration],
    verdicts: &mut dyn Iterator<Item = Result<bool>>,
) -> Result<Vec<Shown<'a>>> {
    let mut kept = Vec::new();
    for element in elements {
        let verdict = next(verdicts);
        match element {
            ElementDeclaration::Field(field) => {
                if verdict? {
                    kept.push(Shown::Field(field));
                }
            }
            ElementDeclaration::Row { fields, .. } => {
                let inside: Vec<_> = fields.iter().map(|field| (field, next(verdicts))).collect();
                if verdict? {
                    let inside = inside.into_iter().filter_map(|(field, verdict)| match verdict {
                        Ok(true) => Some(Ok(field)),
                        Ok(false) => None,
                        Err(error) => Some(Err(error)),
                    });
                    let inside: Vec<_> = inside.collect::<Result<_>>()?;
                    if !inside.is_empty() {
                        kept.push(Shown::Row(inside));
                    }
                }
            }
            ElementDeclaration::Separator { .. } => {
                if verdict? {
                    kept.push(Shown::Separator);
                }
            }
            ElementDeclaration::Html { content, .. } => {
                if verdict? {
                    kept.push(Shown::Html(content));
                }
            }
            ElementDeclaration::Page { next_label, previous_label, elements, .. } => {
                // All of them are taken, also when the page is not shown: the next element's come after.
                let inside: Vec<_> = verdicts.take(conditions(elements).len()).collect();
                if verdict? {
                    let elements = shown(elements, &mut inside.into_iter())?;
                    if !elements.is_empty() {
                        kept.push(Shown::Page { next_label, previous_label, elements });
                    }
                }
            }
        }
    }
    Ok(kept)
}

fn next(verdicts: &mut dyn Iterator<Item = Result<bool>>) -> Result<bool> {
    verdicts.next().unwrap_or(Ok(true))
}

/// The fields that are shown, in order.
pub(super) fn shown_fields<'a>(elements: &[Shown<'a>]) -> Vec<&'a FieldDeclaration> {
    let mut found = Vec::new();
    for element in elements {
        match element {
            Shown::Field(field) => found.push(*field),
            Shown::Row(fields) => found.extend(fields),
            Shown::Page { elements, .. } => found.extend(shown_fields(elements)),
            Shown::Separator | Shown::Html(_) => {}
        }
    }
    found
}

/// The texts with markup that are shown, in order.
pub(super) fn shown_html<'a>(elements: &[Shown<'a>]) -> Vec<&'a Computed<String>> {
    let mut found = Vec::new();
    for element in elements {
        match element {
            Shown::Html(content) => found.push(*content),
            Shown::Page { elements, .. } => found.extend(shown_html(elements)),
            Shown::Field(_) | Shown::Row(_) | Shown::Separator => {}
        }
    }
    found
}

/// The layout; empty when there are only fields, which then follow each other.
/// `html` are the texts of [`shown_html`].
pub(super) fn layout(elements: &[Shown<'_>], html: &mut impl Iterator<Item = String>) -> Vec<LayoutElement> {
    if elements.iter().all(|element| matches!(element, Shown::Field(_))) {
        return Vec::new();
    }
    placed(elements, html)
}

fn placed(elements: &[Shown<'_>], html: &mut impl Iterator<Item = String>) -> Vec<LayoutElement> {
    let place = |element: &Shown<'_>| match element {
        Shown::Field(field) => LayoutElement::Input { field: field.id.clone() },
        Shown::Row(fields) => LayoutElement::Row { fields: fields.iter().map(|field| field.id.clone()).collect() },
        Shown::Separator => LayoutElement::Separator,
        Shown::Html(_) => LayoutElement::Html { content: html.next().unwrap_or_default() },
        Shown::Page { next_label, previous_label, elements } => LayoutElement::Page {
            next_label: (*next_label).clone(),
            previous_label: (*previous_label).clone(),
            elements: placed(elements, html),
        },
    };
    elements.iter().map(place).collect()
}
