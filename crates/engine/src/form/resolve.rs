//! Resolving a declared form: what is computed becomes known, for one caller,
//! one selection and one set of values.
//!
//! The order is Forest's (specification, section 4.3): defaults of values that
//! are not there, then conditions, then everything else of what is still shown.
//! Within each step the closures run concurrently.
//!
//! Read-only fields are ours: a value that somebody sends for one is set aside
//! before any closure could see it, and the form's own stands in its place.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{join_all, try_join_all};
use levers_model::{Action, Error, Field, FieldType, Form, LayoutElement, Result, Values};
use levers_ports::{
    Computed, ElementDeclaration, FieldDeclaration, FormContext, FormDeclaration, FormValues, TypeDeclaration,
};
use serde_json::Value as Json;

use super::SearchedField;
use super::scope::FormScope;
use super::structure::{self, Shown};
use super::validate::Validations;
use crate::actions::sanitize_html;

/// The field that stands in for a dynamic form until it is loaded (specification, section 4.7).
const PLACEHOLDER: &str = "Loading...";

/// How a form is asked for.
#[derive(Default)]
pub(super) struct Ask {
    /// What was typed so far.
    pub(super) values: Values,
    /// The field whose change asks.
    pub(super) changed: Option<String>,
    /// The field whose choices are searched.
    pub(super) search: Option<SearchedField>,
}

/// A form, and what its values came to.
pub(super) struct Resolved {
    /// The form. Its fields have the value that the form itself gives them; the
    /// others are in `values`.
    pub(super) form: Form,
    /// By field of the form: whether its value is the form's own, whatever was typed.
    pub(super) own: Vec<bool>,
    /// What was typed, and the defaults.
    pub(super) values: Arc<Values>,
    /// The fields of which `values` has the default.
    pub(super) defaulted: BTreeSet<String>,
    /// What was typed for fields that are read-only for everybody.
    pub(super) claimed: Values,
    /// All declared fields, shown or not.
    pub(super) declared: BTreeSet<String>,
    /// What the author checks of the fields that are shown.
    pub(super) validations: Validations,
}

impl Resolved {
    /// The form with all its values.
    pub(super) fn into_form(self) -> Form {
        let mut form = self.form;
        for (field, own) in form.fields.iter_mut().zip(self.own) {
            if !own {
                field.value = self.values.get(&field.id).cloned();
            }
            keep_choices(field);
        }
        form
    }
}

/// Values that are not among the choices are dropped (specification, section 4.4).
fn keep_choices(field: &mut Field) {
    match (&field.field_type, &mut field.value) {
        (FieldType::Enum { values }, Some(value))
            if !value.as_str().is_some_and(|text| values.iter().any(|known| known == text)) =>
        {
            *value = Json::Null;
        }
        (FieldType::EnumList { values }, Some(Json::Array(items))) => {
            items.retain(|item| item.as_str().is_some_and(|text| values.iter().any(|known| known == text)));
        }
        _ => {}
    }
}

/// Resolves a form.
pub(super) async fn resolve(declaration: &FormDeclaration, scope: &FormScope, ask: Ask) -> Result<Resolved> {
    guarded(&scope.action, run(declaration, &scope.action, Some(scope), ask)).await
}

/// Runs closures of a form. One that panics is an error of this form and no more.
pub(super) async fn guarded<T>(action: &Action, closures: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(closures).catch_unwind().await.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Error::internal(format!("a closure of the form of “{}” panicked: {text}", action.name)))
    })
}

/// Resolves a form that is the same for everybody; `None` when it is not.
pub(super) fn resolve_static(declaration: &FormDeclaration, action: &Action) -> Option<Result<Form>> {
    if declaration.is_dynamic() {
        return None;
    }
    let resolved = run(declaration, action, None, Ask::default()).now_or_never()?;
    Some(resolved.map(Resolved::into_form))
}

async fn run(declaration: &FormDeclaration, action: &Action, scope: Option<&FormScope>, ask: Ask) -> Result<Resolved> {
    let Ask { mut values, changed, search } = ask;
    values.remove(PLACEHOLDER);
    let mut round = Round {
        scope,
        action,
        typed: FormValues::default(),
        values: Arc::new(values),
        watched: BTreeSet::new(),
        defaulted: BTreeSet::new(),
        changed: changed.map(Into::into),
        search: None,
    };
    let elements = match declaration {
        FormDeclaration::Elements(elements) => Cow::Borrowed(elements),
        FormDeclaration::Dynamic(compute) => {
            round.open();
            Cow::Owned(compute(round.context(None)?).await?)
        }
    };
    structure::check(action, &elements)?;
    let declared = structure::fields(&elements);
    round.close();
    let claimed = round.set_aside(&declared);
    round.open();
    if let Some(search) = search {
        let field = round.find(&declared, &search.field).await?;
        round.search = Some((field.id.clone().into(), search.text.into()));
    }
    round.fill_defaults(&declared).await?;
    let shown = round.shown(&elements).await?;
    let (fields, layout) = round.form(&shown).await?;
    let (fields, own): (Vec<Field>, Vec<bool>) = fields.into_iter().unzip();
    let mut form = Form { fields, layout, confirmation: None };
    round.close();
    for field in &mut form.fields {
        field.watched = round.watched.contains(&field.id);
    }
    let declared = declared.iter().map(|field| field.id.clone()).collect();
    let validated = structure::shown_fields(&shown).into_iter().filter(|field| !field.validations.is_empty());
    let validations = validated.map(|field| (field.id.clone(), field.validations.clone())).collect();
    Ok(Resolved { form, own, values: round.values, defaulted: round.defaulted, claimed, declared, validations })
}

/// One resolution under way.
struct Round<'a> {
    /// `None` for a form without closures.
    scope: Option<&'a FormScope>,
    action: &'a Action,
    /// `values` as closures see them.
    typed: FormValues,
    values: Arc<Values>,
    watched: BTreeSet<String>,
    defaulted: BTreeSet<String>,
    changed: Option<Arc<str>>,
    /// The field that is searched, and for what.
    search: Option<(Arc<str>, Arc<str>)>,
}

impl Round<'_> {
    /// Shows the values to closures.
    fn open(&mut self) {
        self.typed = FormValues::new(self.values.clone());
    }

    /// No closure runs now: notes what was read, and holds the values alone, so
    /// that changing them copies nothing unless an author kept a context.
    fn close(&mut self) {
        self.watched.append(&mut std::mem::take(&mut self.typed).watched());
    }

    /// What a closure of this field, or of the form, is handed.
    fn context(&self, field: Option<&str>) -> Result<FormContext> {
        let scope = self.scope.ok_or_else(|| Error::internal("a form without closures ran one"))?;
        let search = self.search.as_ref().filter(|(searched, _)| Some(&**searched) == field);
        let search = search.map(|(_, text)| text.clone());
        Ok(scope.context(self.typed.clone(), self.changed.clone(), search))
    }

    async fn known<T: Clone>(&self, property: &Computed<T>, field: Option<&str>) -> Result<T> {
        match property {
            Computed::Constant(value) => Ok(value.clone()),
            Computed::Dynamic(compute) => compute(self.context(field)?).await,
        }
    }

    async fn optional<T: Clone>(&self, property: Option<&Computed<T>>, field: Option<&str>) -> Result<Option<T>> {
        match property {
            None => Ok(None),
            Some(property) => self.known(property, field).await.map(Some),
        }
    }

    fn is_searched(&self, field: &FieldDeclaration) -> bool {
        self.search.as_ref().is_none_or(|(searched, _)| **searched == *field.id)
    }

    /// Takes away what was typed for fields that are read-only for everybody.
    fn set_aside(&mut self, declared: &[&FieldDeclaration]) -> Values {
        let read_only = |field: &&&FieldDeclaration| matches!(field.read_only, Computed::Constant(true));
        let forged: Vec<&str> = declared
            .iter()
            .filter(read_only)
            .map(|field| field.id.as_str())
            .filter(|id| self.values.contains_key(*id))
            .collect();
        if forged.is_empty() {
            return Values::new();
        }
        let values = Arc::make_mut(&mut self.values);
        forged.into_iter().filter_map(|id| values.remove_entry(id)).collect()
    }

    /// The field of this id, else of this label.
    async fn find<'f>(&self, declared: &[&'f FieldDeclaration], name: &str) -> Result<&'f FieldDeclaration> {
        if let Some(field) = declared.iter().find(|field| field.id == name) {
            return Ok(field);
        }
        for field in declared {
            if self.known(&field.label, Some(&field.id)).await? == name {
                return Ok(field);
            }
        }
        let ids: Vec<&str> = declared.iter().map(|field| field.id.as_str()).collect();
        Err(Error::not_found(format!(
            "The form of “{}” has no field “{name}”. It has: {}.",
            self.action.name,
            ids.join(", ")
        )))
    }

    /// Gives every field without a value its default; those that are computed see
    /// those that are constant. In a search the computed defaults of other fields
    /// are left alone.
    async fn fill_defaults(&mut self, declared: &[&FieldDeclaration]) -> Result<()> {
        let missing = declared.iter().filter(|field| !self.values.contains_key(&field.id));
        let (mut constant, mut wanted) = (Vec::new(), Vec::new());
        for field in missing {
            match &field.default {
                Some(Computed::Constant(default)) => constant.push((field.id.clone(), default.clone())),
                Some(default) if self.is_searched(field) => wanted.push((&field.id, default)),
                _ => {}
            }
        }
        self.add_defaults(constant);
        let computed = wanted.into_iter().map(async |(id, default)| {
            let value = self.known(default, Some(id)).await?;
            Ok::<_, Error>((id.clone(), value))
        });
        let computed = try_join_all(computed).await?;
        self.add_defaults(computed);
        Ok(())
    }

    fn add_defaults(&mut self, defaults: Vec<(String, Json)>) {
        if !defaults.is_empty() {
            self.close();
            self.defaulted.extend(defaults.iter().map(|(id, _)| id.clone()));
            Arc::make_mut(&mut self.values).extend(defaults);
            self.open();
        }
    }

    async fn shown<'f>(&self, elements: &'f [ElementDeclaration]) -> Result<Vec<Shown<'f>>> {
        if let Some((searched, _)) = &self.search {
            return self.shown_alone(elements, searched).await;
        }
        let verdicts =
            join_all(structure::conditions(elements).into_iter().map(|condition| self.holds(condition, None)));
        structure::shown(elements, &mut verdicts.await.into_iter())
    }

    async fn holds(&self, condition: Option<&Computed<bool>>, field: Option<&str>) -> Result<bool> {
        Ok(self.optional(condition, field).await?.unwrap_or(true))
    }

    /// The searched field, when it and what is around it are shown.
    async fn shown_alone<'f>(&self, elements: &'f [ElementDeclaration], id: &str) -> Result<Vec<Shown<'f>>> {
        let mut level = elements;
        let mut alone = None;
        let mut around = Vec::new();
        while alone.is_none() {
            let inside = |element: &&ElementDeclaration| {
                structure::fields(std::slice::from_ref(element)).iter().any(|field| field.id == id)
            };
            match level.iter().find(inside) {
                Some(ElementDeclaration::Page { elements, condition, .. }) => {
                    around.push(condition.as_ref());
                    level = elements;
                }
                Some(ElementDeclaration::Row { fields, condition }) => {
                    around.push(condition.as_ref());
                    alone = fields.iter().find(|field| field.id == id);
                }
                Some(ElementDeclaration::Field(field)) => alone = Some(field),
                _ => return Err(Error::internal(format!("the searched field {id} is nowhere in its form"))),
            }
        }
        around.extend(alone.map(|field| field.condition.as_ref()));
        let verdicts = try_join_all(around.into_iter().map(|condition| self.holds(condition, Some(id)))).await?;
        if verdicts.contains(&false) {
            return Err(Error::invalid(format!(
                "The field “{id}” of the form of “{}” is not shown with these values, so it cannot be searched.",
                self.action.name
            )));
        }
        Ok(alone.into_iter().map(Shown::Field).collect())
    }

    async fn form(&self, shown: &[Shown<'_>]) -> Result<(Vec<(Field, bool)>, Vec<LayoutElement>)> {
        let fields = try_join_all(structure::shown_fields(shown).into_iter().map(|field| self.field(field)));
        let html = try_join_all(structure::shown_html(shown).into_iter().map(|content| self.known(content, None)));
        let (fields, html) = futures::try_join!(fields, html)?;
        let mut html = html.into_iter().map(|html| sanitize_html(&html));
        Ok((fields, structure::layout(shown, &mut html)))
    }

    /// The field, and whether its value is the form's own whatever was typed.
    async fn field(&self, declaration: &FieldDeclaration) -> Result<(Field, bool)> {
        let id = Some(declaration.id.as_str());
        let (label, description, field_type, required, read_only, value, widget) = futures::try_join!(
            self.known(&declaration.label, id),
            self.optional(declaration.description.as_ref(), id),
            self.field_type(&declaration.field_type, id),
            self.known(&declaration.required, id),
            self.known(&declaration.read_only, id),
            self.optional(declaration.value.as_ref(), id),
            self.optional(declaration.widget.as_ref(), id),
        )?;
        if let Some(widget) = widget.as_ref().filter(|widget| !widget.fits(&field_type)) {
            return Err(Error::invalid(format!(
                "The field “{}” of the form of “{}” has the type {} and the widget {}, which do not go together.",
                declaration.id,
                self.action.name,
                field_type.name(),
                widget.name()
            )));
        }
        let own = read_only || value.is_some();
        let value = match value {
            None if read_only => self.untouched(declaration).await?,
            value => value,
        };
        let default = match &declaration.default {
            Some(Computed::Constant(default)) => Some(default.clone()),
            _ => None,
        };
        let field = Field {
            id: declaration.id.clone(),
            label,
            description,
            field_type,
            required,
            read_only,
            value,
            default,
            watched: false,
            secret: declaration.secret,
            widget,
        };
        Ok((field, own))
    }

    /// The value that a read-only field has by itself: its default, also when
    /// something was typed before it became read-only.
    async fn untouched(&self, declaration: &FieldDeclaration) -> Result<Option<Json>> {
        if self.defaulted.contains(&declaration.id) || matches!(declaration.read_only, Computed::Constant(true)) {
            return Ok(self.values.get(&declaration.id).cloned());
        }
        self.optional(declaration.default.as_ref(), Some(&declaration.id)).await
    }

    async fn field_type(&self, declared: &TypeDeclaration, field: Option<&str>) -> Result<FieldType> {
        Ok(match declared {
            TypeDeclaration::Boolean => FieldType::Boolean,
            TypeDeclaration::Date => FieldType::Date,
            TypeDeclaration::Dateonly => FieldType::Dateonly,
            TypeDeclaration::Time => FieldType::Time,
            TypeDeclaration::Enum(values) => FieldType::Enum { values: self.known(values, field).await? },
            TypeDeclaration::EnumList(values) => FieldType::EnumList { values: self.known(values, field).await? },
            TypeDeclaration::Json => FieldType::Json,
            TypeDeclaration::Number => FieldType::Number,
            TypeDeclaration::NumberList => FieldType::NumberList,
            TypeDeclaration::String => FieldType::String,
            TypeDeclaration::StringList => FieldType::StringList,
            TypeDeclaration::File => FieldType::File,
            TypeDeclaration::FileList => FieldType::FileList,
            TypeDeclaration::Collection(name) => FieldType::Collection { collection: self.known(name, field).await? },
        })
    }
}
