//! Forms: how elements are nested, and when they are shown.

use levers_ports::{Computed, ElementDeclaration};
use levers_rules::{Escape, Type};

use super::Compiler;
use super::around::Around;
use crate::tree::Node;

impl<'a> Compiler<'a> {
    pub(super) fn form(&mut self, around: &Around<'a>, form: Option<&'a Node>) -> Vec<ElementDeclaration> {
        let Some(form) = form else { return Vec::new() };
        let is_page = |element: &&Node| element.get("page").is_some();
        if form.items().iter().any(|element| is_page(&element))
            && let Some(beside) = form.items().iter().find(|element| !is_page(element))
        {
            let message = "A form has only pages or none. Put this element on a page.";
            self.report.error(beside.span, message);
        }
        self.elements(around, form, false)
    }

    fn elements(&mut self, around: &Around<'a>, list: &'a Node, on_page: bool) -> Vec<ElementDeclaration> {
        list.items().iter().filter_map(|element| self.element(around, element, on_page)).collect()
    }

    fn element(&mut self, around: &Around<'a>, node: &'a Node, on_page: bool) -> Option<ElementDeclaration> {
        if node.get("field").is_some() {
            return self.field(around, node).map(|field| ElementDeclaration::Field(Box::new(field)));
        }
        let condition = self.condition_of(around, node);
        if let Some(row) = node.get("row") {
            let fields = row.items().iter().filter_map(|field| self.field(around, field)).collect();
            return Some(ElementDeclaration::Row { fields, condition });
        }
        if let Some(html) = node.get("html") {
            let content = self.template(html, around, &around.texts, Escape::Html)?.rendered();
            return Some(ElementDeclaration::Html { content, condition });
        }
        let Some(page) = node.get("page") else { return Some(ElementDeclaration::Separator { condition }) };
        if on_page {
            self.report.error(node.key_span("page"), "A page stands on a page. Pages stand beside each other only.");
            return None;
        }
        Some(ElementDeclaration::Page {
            next_label: node.string("next"),
            previous_label: node.string("previous"),
            elements: self.elements(around, page, true),
            condition,
        })
    }

    /// When an element is shown.
    pub(super) fn condition_of(&mut self, around: &Around<'a>, node: &Node) -> Option<Computed<bool>> {
        node.get("show").map(|show| self.boolean(around, show))
    }

    /// A constant, or what a rule says.
    pub(super) fn boolean(&mut self, around: &Around<'a>, node: &Node) -> Computed<bool> {
        match node.as_bool() {
            Some(bool) => bool.into(),
            None => match self.rule(node, around, &around.rules, &Type::Bool) {
                Some(rule) => rule.holds(),
                None => false.into(),
            },
        }
    }
}

/// All fields of a form, in order.
pub(super) fn collect<'n>(elements: Option<&'n Node>, fields: &mut Vec<&'n Node>) {
    for element in elements.map_or(&[][..], Node::items) {
        if element.get("field").is_some() {
            fields.push(element);
        } else {
            collect(element.get("row").or_else(|| element.get("page")), fields);
        }
    }
}
