//! Reading attributes: `#[form(…)]`, the parts of `#[serde(…)]` that change
//! names, and documentation.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, ExprLit, Lit, LitBool, LitStr, Meta, Result, Token};

use crate::names::Case;

/// `#[form(…)]` of a field.
#[derive(Default)]
pub(crate) struct FormAttributes {
    pub(crate) label: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) collection: Option<LitStr>,
    pub(crate) placeholder: Option<LitStr>,
    pub(crate) currency: Option<LitStr>,
    pub(crate) required: Option<LitBool>,
    pub(crate) read_only: Option<LitBool>,
    pub(crate) secret: Option<LitBool>,
    pub(crate) default: Option<Expr>,
    pub(crate) widget: Option<Expr>,
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
    pub(crate) step: Option<Expr>,
    pub(crate) rows: Option<Expr>,
    pub(crate) extensions: Option<Expr>,
    pub(crate) max_size_mb: Option<Expr>,
    pub(crate) max_count: Option<Expr>,
}

const KNOWN: &str = "label, description, default, required, read_only, secret, collection, placeholder, min, max, step, \
                     currency, rows, extensions, max_size_mb, max_count, widget";

impl FormAttributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("form")) {
            if matches!(attribute.meta, Meta::Path(_)) {
                return Err(Error::new_spanned(attribute, format!("write `#[form(…)]` with some of: {KNOWN}")));
            }
            attribute.parse_nested_meta(|meta| read.option(&meta))?;
        }
        Ok(read)
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "label" => once(&mut self.label, meta, text),
            "description" => once(&mut self.description, meta, text),
            "collection" => once(&mut self.collection, meta, text),
            "placeholder" => once(&mut self.placeholder, meta, text),
            "currency" => once(&mut self.currency, meta, currency),
            "required" => once(&mut self.required, meta, flag),
            "read_only" => once(&mut self.read_only, meta, flag),
            "secret" => once(&mut self.secret, meta, flag),
            "default" => once(&mut self.default, meta, expression),
            "widget" => once(&mut self.widget, meta, expression),
            "min" => once(&mut self.min, meta, expression),
            "max" => once(&mut self.max, meta, expression),
            "step" => once(&mut self.step, meta, expression),
            "rows" => once(&mut self.rows, meta, expression),
            "extensions" => once(&mut self.extensions, meta, expression),
            "max_size_mb" => once(&mut self.max_size_mb, meta, expression),
            "max_count" => once(&mut self.max_count, meta, expression),
            "id" | "name" | "rename" => {
                Err(meta.error("a field's id is its name; `#[serde(rename = \"…\")]` changes both together"))
            }
            _ => Err(meta.error(format!("a form has no option of this name; it knows: {KNOWN}"))),
        }
    }
}

fn once<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    read: fn(&ParseNestedMeta<'_>) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("this option is given twice"));
    }
    *slot = Some(read(meta)?);
    Ok(())
}

fn expression(meta: &ParseNestedMeta<'_>) -> Result<Expr> {
    if !meta.input.peek(Token![=]) {
        return Err(meta.error("this option needs a value: `option = …`"));
    }
    meta.value()?.parse()
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    match expression(meta)? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => Err(Error::new_spanned(other, "expected a text in quotes")),
    }
}

fn currency(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let code = text(meta)?;
    if code.value().len() == 3 && code.value().bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err(Error::new_spanned(code, "expected the three letters of a currency, such as \"EUR\""))
}

/// `required` or `required = false`.
fn flag(meta: &ParseNestedMeta<'_>) -> Result<LitBool> {
    if !meta.input.peek(Token![=]) {
        return Ok(LitBool::new(true, meta.path.segments[0].ident.span()));
    }
    match expression(meta)? {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(flag),
        other => Err(Error::new_spanned(other, "expected `true` or `false`")),
    }
}

/// What serde's attributes of a struct, field, enum or variant say about names.
#[derive(Default)]
pub(crate) struct SerdeAttributes {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) skip: bool,
    pub(crate) default: bool,
}

impl SerdeAttributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| read.option(&meta))?;
        }
        Ok(read)
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let is = |name| meta.path.is_ident(name);
        if is("rename") {
            self.rename = deserialized_name(meta)?.map(|name| name.value()).or(self.rename.take());
        } else if is("rename_all") {
            if let Some(name) = deserialized_name(meta)? {
                // serde's own macro says so when there is no such case.
                self.rename_all = Case::parse(&name.value());
            }
        } else if is("flatten") {
            return Err(meta.error("a form has no nested structs; write their fields here"));
        } else {
            self.skip |= is("skip") || is("skip_deserializing");
            self.default |= is("default");
            pass_over(meta)?;
        }
        Ok(())
    }
}

/// The name in `rename = "…"` or `rename(deserialize = "…")`.
fn deserialized_name(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return text(meta).map(Some);
    }
    let mut name = None;
    meta.parse_nested_meta(|side| {
        let text = text(&side)?;
        if side.path.is_ident("deserialize") {
            name = Some(text);
        }
        Ok(())
    })?;
    Ok(name)
}

/// Reads past an option that is serde's own affair.
fn pass_over(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) {
        let _: Expr = meta.value()?.parse()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        let _: TokenStream = content.parse()?;
    }
    Ok(())
}

/// The first paragraph of the documentation, in one line. What follows is for developers.
pub(crate) fn documentation(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            lines.extend(text.value().split('\n').map(|line| line.trim().to_owned()));
        }
    }
    let paragraph: Vec<String> =
        lines.into_iter().skip_while(String::is_empty).take_while(|line| !line.is_empty()).collect();
    (!paragraph.is_empty()).then(|| paragraph.join(" "))
}
