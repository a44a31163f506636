//! What expressions may name, and compiling them.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Collection, FieldPath, FieldSchema, FieldType, Scope as ActionScope};
use levers_rules::{Escape, Mistake, Rule, Scope, Template, Type};

use super::{Compiler, Known};
use crate::handlers::expression::Expression;
use crate::handlers::facts::{Needs, narrowed};
use crate::tree::Node;

/// The surroundings of an action's expressions.
pub(super) struct Around<'a> {
    pub(super) known: Known<'a>,
    pub(super) action: ActionScope,
    /// Whether a backend computes the form.
    pub(super) hooked: bool,
    /// The form's fields with their types.
    pub(super) fields: IndexMap<String, FieldType>,
    /// What rules may name.
    pub(super) rules: Arc<Scope>,
    /// What templates may name.
    pub(super) texts: Arc<Scope>,
}

/// How far relations are followed from a record.
const DEEPEST: usize = 2;
/// How many columns a record may have with those of the records that it points at.
const MOST_MEMBERS: usize = 3_000;

impl<'a> Compiler<'a> {
    pub(super) fn around(
        &self,
        known: Known<'a>,
        action: ActionScope,
        fields: IndexMap<String, FieldType>,
        hooked: bool,
    ) -> Around<'a> {
        let types = fields.iter().map(|(id, field)| (id.clone(), Type::of_field(field))).collect();
        let mut rules = Scope::default();
        rules.variables.insert("values".into(), Type::Object(types));
        if action == ActionScope::Single {
            rules.variables.insert("record".into(), self.whole_record(known.schema));
        }
        rules.variables.insert("caller".into(), caller_type());
        if action != ActionScope::Global {
            rules.variables.insert("count".into(), Type::Int);
        }
        rules.variables.insert("now".into(), Type::Timestamp);
        let mut texts = rules.clone();
        if action == ActionScope::Single {
            texts.variables.insert("id".into(), Type::Text);
        }
        if action != ActionScope::Global {
            texts.variables.insert("ids".into(), Type::List(Box::new(Type::Text)));
        }
        Around { known, action, hooked, fields, rules: Arc::new(rules), texts: Arc::new(texts) }
    }

    /// A record, and the records that it points at as far as they can be surveyed.
    pub(super) fn whole_record(&self, schema: &Collection) -> Type {
        let depth = (0..=DEEPEST).rev().find(|depth| self.members(schema, *depth) <= MOST_MEMBERS);
        self.record_type(schema, depth.unwrap_or_default())
    }

    /// How many columns there are within this distance of a record.
    fn members(&self, schema: &Collection, depth: usize) -> usize {
        let Some(deeper) = depth.checked_sub(1) else { return schema.fields.len() };
        let relations = schema.relations().filter(|(_, relation)| relation.is_to_one());
        let targets = relations.filter_map(|(_, relation)| self.collections.get(relation.target.as_str()));
        schema.fields.len() + targets.map(|target| self.members(target.schema, deeper)).sum::<usize>()
    }

    /// A record as expressions see it: its columns, and the records that it points at.
    fn record_type(&self, schema: &Collection, depth: usize) -> Type {
        let mut members = IndexMap::new();
        for (name, field) in &schema.fields {
            match field {
                FieldSchema::Column(column) => {
                    members.insert(name.clone(), Type::of_column(&column.column_type));
                }
                FieldSchema::Relation(relation) if relation.is_to_one() && depth > 0 => {
                    if let Some(target) = self.collections.get(relation.target.as_str()) {
                        members.insert(name.clone(), self.record_type(target.schema, depth - 1));
                    }
                }
                FieldSchema::Relation(_) => {}
            }
        }
        Type::Object(members)
    }

    /// Compiles a rule that must give this type.
    pub(super) fn rule(
        &mut self,
        node: &Node,
        around: &Around<'a>,
        scope: &Arc<Scope>,
        wanted: &Type,
    ) -> Option<Expression<Rule>> {
        let compiled = Rule::compile(node.as_text()?, scope, wanted);
        let of = self.compiled(node, compiled)?;
        let needs = self.needs(of.reads(), around);
        Some(Expression { of: Arc::new(of), scope: narrowed(scope, &needs), needs: Arc::new(needs) })
    }

    /// Compiles a template.
    pub(super) fn template(
        &mut self,
        node: &Node,
        around: &Around<'a>,
        scope: &Arc<Scope>,
        escape: Escape,
    ) -> Option<Expression<Template>> {
        let compiled = Template::compile(node.as_text()?, scope, escape);
        let of = self.compiled(node, compiled)?;
        let needs = self.needs(of.reads(), around);
        Some(Expression { of: Arc::new(of), scope: narrowed(scope, &needs), needs: Arc::new(needs) })
    }

    /// Reports an expression's mistakes at their places in the file.
    pub(super) fn compiled<T>(&mut self, node: &Node, compiled: Result<T, Vec<Mistake>>) -> Option<T> {
        match compiled {
            Ok(compiled) => Some(compiled),
            Err(mistakes) => {
                for Mistake { offset, length, message, hint } in mistakes {
                    let span = self.within(node, offset, length);
                    self.report.hinted(span, message, hint);
                }
                None
            }
        }
    }

    fn needs(&self, reads: &BTreeSet<Vec<String>>, around: &Around<'a>) -> Needs {
        let mut needs = Needs::default();
        for path in reads {
            let Some((variable, rest)) = path.split_first() else { continue };
            match variable.as_str() {
                "values" => match rest.first() {
                    Some(field) => drop(needs.values.insert(field.clone())),
                    None => needs.values.extend(around.fields.keys().cloned()),
                },
                "record" => {
                    for path in self.record_paths(around.known.schema, rest) {
                        if !needs.record.contains(&path) {
                            needs.record.push(path);
                        }
                    }
                }
                "count" => needs.count = true,
                "ids" => needs.ids = true,
                _ => {}
            }
        }
        needs
    }

    /// The columns that a path of an expression reads: all of them where it ends at a record.
    pub(super) fn record_paths(&self, schema: &Collection, path: &[String]) -> Vec<FieldPath> {
        let Some((name, rest)) = path.split_first() else {
            return schema.columns().map(|(name, _)| FieldPath::from(name)).collect();
        };
        if schema.column(name).is_some() {
            return vec![name.as_str().into()];
        }
        let target = schema.relation(name).and_then(|relation| self.collections.get(relation.target.as_str()));
        let inside = target.map(|target| self.record_paths(target.schema, rest)).unwrap_or_default();
        inside.into_iter().map(|path| path.under(name)).collect()
    }
}

/// The same variables and another one.
pub(super) fn with(scope: &Arc<Scope>, name: &str, variable: Type) -> Arc<Scope> {
    let mut scope = Scope::clone(scope);
    scope.variables.insert(name.to_owned(), variable);
    Arc::new(scope)
}

/// The properties of whoever asks.
pub(super) const CALLER: [&str; 8] = ["id", "email", "first_name", "last_name", "team", "role", "timezone", "tags"];

fn caller_type() -> Type {
    let kind = |name: &str| if name == "tags" { Type::Json } else { Type::Text };
    Type::Object(CALLER.into_iter().map(|name| (name.to_owned(), kind(name))).collect())
}
