//! Fields: types, defaults, options, rules.

use levers_model::{Field, FieldType};
use levers_ports::{Computed, ComputedFn, FieldDeclaration, TypeDeclaration};
use levers_rules::{Escape, Type};
use serde_json::Value as Json;

use super::Compiler;
use super::around::{Around, with};
use super::widget::widget;
use crate::handlers::expression::{Expression, validation};
use crate::tree::Node;

/// A field's type, its options as far as they are constant.
pub(super) fn field_type(node: &Node) -> FieldType {
    match node.text("type").unwrap_or_default() {
        "Boolean" => FieldType::Boolean,
        "Date" => FieldType::Date,
        "Dateonly" => FieldType::Dateonly,
        "Time" => FieldType::Time,
        "Enum" => FieldType::Enum { values: node.texts("options") },
        "EnumList" => FieldType::EnumList { values: node.texts("options") },
        "Json" => FieldType::Json,
        "Number" => FieldType::Number,
        "NumberList" => FieldType::NumberList,
        "StringList" => FieldType::StringList,
        "File" => FieldType::File,
        "FileList" => FieldType::FileList,
        "Collection" => FieldType::Collection { collection: node.string("collection").unwrap_or_default() },
        _ => FieldType::String,
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn field(&mut self, around: &Around<'a>, node: &'a Node) -> Option<FieldDeclaration> {
        let id = node.string("field")?;
        let mut plain = Field::new(id.clone(), field_type(node));
        plain.widget = node.get("widget").and_then(|widget| self.widget(widget, &plain.field_type));
        let text = |this: &mut Self, key| {
            node.get(key).and_then(|text| this.template(text, around, &around.texts, Escape::Text))
        };
        let mut declared = FieldDeclaration::new(id.clone(), self.type_of(around, node, &plain.field_type)?);
        if let Some(label) = text(self, "label") {
            declared.label = label.rendered();
        }
        declared.description = text(self, "description").map(Expression::rendered);
        if let Some(required) = node.get("required") {
            declared.required = self.boolean(around, required);
        }
        if let Some(read_only) = node.get("read_only") {
            declared.read_only = self.boolean(around, read_only);
        }
        declared.condition = self.condition_of(around, node);
        declared.default = node.get("default").and_then(|default| self.given(around, default, &plain));
        declared.value = node.get("value").and_then(|value| self.given(around, value, &plain));
        declared.secret = node.flag("secret");
        if let Some(validate) = node.get("validate") {
            declared.validations = self.validations(around, validate, &plain);
        }
        declared.widget = plain.widget.map(Computed::Constant);
        Some(declared)
    }

    fn validations(&mut self, around: &Around<'a>, node: &'a Node, field: &Field) -> Vec<ComputedFn<Option<String>>> {
        let value = Type::of_field(&field.field_type);
        let (rules, texts) = (with(&around.rules, "value", value.clone()), with(&around.texts, "value", value));
        let mut validations = Vec::new();
        for check in node.items() {
            let rule = check.get("rule").and_then(|rule| self.rule(rule, around, &rules, &Type::Bool));
            let message = check.get("message").and_then(|text| self.template(text, around, &texts, Escape::Text));
            if let (Some(rule), Some(message)) = (rule, message) {
                validations.push(validation(field.id.clone(), rule, message));
            }
        }
        validations
    }

    /// A constant that fits the field, or what a rule computes.
    fn given(&mut self, around: &Around<'a>, node: &'a Node, field: &Field) -> Option<Computed<Json>> {
        if let Some(rule) = node.get("rule") {
            let wanted = Type::of_field(&field.field_type);
            return self.rule(rule, around, &around.rules, &wanted).map(Expression::json);
        }
        // Which options there are is only known later when a rule says it.
        let computed = matches!(&field.field_type, FieldType::Enum { values } | FieldType::EnumList { values } if values.is_empty());
        let json = node.to_json();
        if computed {
            return Some(json.into());
        }
        match field.normalize(Some(json)) {
            Ok(json) => Some(json.unwrap_or_default().into()),
            Err(message) => {
                self.report.error(node.span, message);
                None
            }
        }
    }

    fn type_of(&mut self, around: &Around<'a>, node: &'a Node, field_type: &FieldType) -> Option<TypeDeclaration> {
        let name = field_type.name();
        if !matches!(field_type, FieldType::Enum { .. } | FieldType::EnumList { .. }) && node.get("options").is_some() {
            let hint = Some("Fields of other types offer choices by their widget.".to_owned());
            self.report.hinted(
                node.key_span("options"),
                format!("Only Enum and EnumList have options, and this is {name}."),
                hint,
            );
        }
        if !matches!(field_type, FieldType::Collection { .. }) && node.get("collection").is_some() {
            let message = format!("Only fields of type Collection pick from one, and this is {name}.");
            self.report.error(node.key_span("collection"), message);
        }
        Some(match field_type {
            FieldType::Boolean => TypeDeclaration::Boolean,
            FieldType::Date => TypeDeclaration::Date,
            FieldType::Dateonly => TypeDeclaration::Dateonly,
            FieldType::Time => TypeDeclaration::Time,
            FieldType::Enum { values } => TypeDeclaration::Enum(self.options(around, node, values)?),
            FieldType::EnumList { values } => TypeDeclaration::EnumList(self.options(around, node, values)?),
            FieldType::Json => TypeDeclaration::Json,
            FieldType::Number => TypeDeclaration::Number,
            FieldType::NumberList => TypeDeclaration::NumberList,
            FieldType::String => TypeDeclaration::String,
            FieldType::StringList => TypeDeclaration::StringList,
            FieldType::File => TypeDeclaration::File,
            FieldType::FileList => TypeDeclaration::FileList,
            FieldType::Collection { collection } => {
                let Some(named) = node.get("collection") else {
                    self.report.error(node.span, "A field of type Collection needs “collection”.");
                    return None;
                };
                self.known(collection, named.span)?;
                TypeDeclaration::Collection(collection.clone().into())
            }
        })
    }

    fn options(&mut self, around: &Around<'a>, node: &'a Node, values: &[String]) -> Option<Computed<Vec<String>>> {
        let Some(options) = node.get("options") else {
            self.report.error(node.span, "A field of type Enum or EnumList needs “options”.");
            return None;
        };
        if let Some(rule) = options.get("rule") {
            let wanted = Type::List(Box::new(Type::Text));
            return self.rule(rule, around, &around.rules, &wanted).map(Expression::texts);
        }
        // A backend's hook may bring them.
        if values.is_empty() && !around.hooked {
            self.report.error(options.span, "“options” is empty, so nothing could be picked.");
            return None;
        }
        for (index, option) in options.items().iter().enumerate() {
            let text = option.as_text().unwrap_or_default();
            if values.iter().take(index).any(|other| other == text) {
                self.report.error(option.span, format!("“{text}” is there twice."));
            }
        }
        Some(values.to_vec().into())
    }

    fn widget(&mut self, node: &'a Node, field_type: &FieldType) -> Option<levers_model::Widget> {
        let made = widget(node)?;
        if !made.fits(field_type) {
            let samples = levers_model::Widget::samples();
            let fitting: Vec<&str> =
                samples.iter().filter(|widget| widget.fits(field_type)).map(levers_model::Widget::name).collect();
            let hint = if fitting.is_empty() {
                "Leave the widget out.".to_owned()
            } else {
                format!("The widgets for {} are: {}.", field_type.name(), fitting.join(", "))
            };
            let span = node.get("type").map_or(node.span, |kind| kind.span);
            let message = format!("A field of type {} cannot be entered with {}.", field_type.name(), made.name());
            self.report.hinted(span, message, Some(hint));
            return None;
        }
        for choice in made.options().into_iter().flatten() {
            if let Err(message) = Field::new("option", item_of(field_type)).normalize(Some(choice.value.clone())) {
                self.report.error(node.key_span("options"), message);
            }
        }
        let range = |key| node.get(key).and_then(Node::as_number);
        if let (Some(min), Some(max)) = (range("min"), range("max"))
            && min > max
        {
            self.report
                .error(node.key_span("min"), format!("“min” is {min} and “max” is {max}: nothing lies between."));
        }
        Some(made)
    }
}

/// The type of one of several values.
fn item_of(field_type: &FieldType) -> FieldType {
    match field_type {
        FieldType::NumberList => FieldType::Number,
        FieldType::StringList => FieldType::String,
        other => other.clone(),
    }
}
