//! `#[derive(Form)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Result};

use crate::attributes::{FormAttributes, SerdeAttributes, documentation};
use crate::names::{Case, humanized};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            Fields::Unnamed(_) | Fields::Unit => {
                return Err(Error::new_spanned(
                    &input.ident,
                    "a form needs named fields: their names are the fields' ids",
                ));
            }
        },
        Data::Enum(_) => {
            return Err(Error::new_spanned(&input.ident, "a form is derived for a struct; for an enum derive Choices"));
        }
        Data::Union(_) => return Err(Error::new_spanned(&input.ident, "a form is derived for a struct")),
    };
    if let Some(parameter) = input.generics.params.first() {
        return Err(Error::new_spanned(
            parameter,
            "a form cannot be generic: its fields are known when it is declared",
        ));
    }
    if let Some(attribute) = input.attrs.iter().find(|attribute| attribute.path().is_ident("form")) {
        return Err(Error::new_spanned(attribute, "`#[form(…)]` stands on the struct's fields"));
    }
    let serde = SerdeAttributes::read(&input.attrs)?;
    let mut elements = Vec::new();
    let mut wrong: Option<Error> = None;
    for one in fields {
        match field(one, serde.rename_all, serde.default) {
            Ok(element) => elements.extend(element),
            Err(error) => match &mut wrong {
                Some(wrong) => wrong.combine(error),
                None => wrong = Some(error),
            },
        }
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    let name = &input.ident;
    Ok(quote! {
        impl ::levers::Form for #name {
            fn elements() -> ::std::vec::Vec<::levers::Element> {
                ::std::vec![#(#elements),*]
            }
        }
    })
}

/// The call that declares a field; `None` for a field that serde skips.
fn field(field: &Field, case: Option<Case>, struct_default: bool) -> Result<Option<TokenStream>> {
    let form = FormAttributes::read(&field.attrs)?;
    let serde = SerdeAttributes::read(&field.attrs)?;
    if serde.skip {
        return Ok(None);
    }
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    let has_default = serde.default || struct_default;
    if let Some(required) = form.required.as_ref().filter(|required| !required.value)
        && !has_default
        && !is_option(field)
    {
        return Err(Error::new_spanned(
            required,
            format!("without a value, `{name}` could not be read: make it an Option, or give it `#[serde(default)]`"),
        ));
    }
    let id = serde.rename.clone().unwrap_or_else(|| case.map_or_else(|| name.to_owned(), |case| case.of_field(name)));
    let label = form.label.as_ref().map_or_else(|| humanized(name), syn::LitStr::value);
    let mut options = vec![quote! { id: #id, label: ::std::string::String::from(#label) }];
    if let Some(text) = form.description.as_ref().map(syn::LitStr::value).or_else(|| documentation(&field.attrs)) {
        options.push(quote! { description: ::core::option::Option::Some(#text) });
    }
    if let Some(required) = form.required.as_ref().map(|required| required.value).or(has_default.then_some(false)) {
        options.push(quote! { required: ::core::option::Option::Some(#required) });
    }
    options.extend(form.read_only.as_ref().map(|flag| quote! { read_only: #flag }));
    options.extend(form.secret.as_ref().map(|flag| quote! { secret: #flag }));
    options.extend(form.default.as_ref().map(|value| {
        quote! { default: ::core::option::Option::Some(::levers::__private::json!(#value)) }
    }));
    options.extend(form.widget.as_ref().map(|widget| {
        quote! {
            widget: ::core::option::Option::Some(
                <::levers::FieldWidget as ::core::convert::From<_>>::from(#widget).into()
            )
        }
    }));
    options.extend(narrowing(&form));
    let checks = checks(field, &form)?;
    let ty = &field.ty;
    Ok(Some(quote! {{
        #(#checks)*
        ::levers::__private::declare::<#ty>(::levers::__private::FieldOptions {
            #(#options,)*
            ..::core::default::Default::default()
        })
    }}))
}

/// The options that make or narrow a widget.
fn narrowing(form: &FormAttributes) -> Vec<TokenStream> {
    let texts = [("collection", &form.collection), ("placeholder", &form.placeholder), ("currency", &form.currency)];
    let texts = texts.into_iter().filter_map(|(name, text)| {
        let name = syn::Ident::new(name, proc_macro2::Span::call_site());
        text.as_ref().map(|text| quote! { #name: ::core::option::Option::Some(#text) })
    });
    let some = |name: &str, value: TokenStream| {
        let name = syn::Ident::new(name, proc_macro2::Span::call_site());
        quote! { #name: ::core::option::Option::Some(#value) }
    };
    let bound = |value: &Expr| quote_spanned! { value.span() => ::levers::__private::Bound::from(#value) };
    // An author writes 1 or 0.5; for the latter there is nothing to convert.
    let number = |value: &Expr| {
        quote_spanned! { value.span() => {
            #[allow(clippy::useless_conversion)]
            let number = ::core::primitive::f64::from(#value);
            number
        } }
    };
    let mut options: Vec<TokenStream> = texts.collect();
    options.extend(form.min.as_ref().map(|value| some("min", bound(value))));
    options.extend(form.max.as_ref().map(|value| some("max", bound(value))));
    options.extend(form.step.as_ref().map(|value| some("step", number(value))));
    options.extend(form.rows.as_ref().map(|value| some("rows", number(value))));
    options.extend(form.max_size_mb.as_ref().map(|value| some("max_size_mb", number(value))));
    options.extend(form.max_count.as_ref().map(|value| some("max_count", quote! { #value })));
    options.extend(form.extensions.as_ref().map(|value| {
        let texts = quote_spanned! { value.span() =>
            ::core::iter::IntoIterator::into_iter(#value).map(::std::string::String::from).collect()
        };
        some("extensions", texts)
    }));
    options
}

/// Constant assertions that an option makes sense for the field's type, which
/// only the compiler knows.
fn checks(field: &Field, form: &FormAttributes) -> Result<Vec<TokenStream>> {
    let ty = &field.ty;
    let mut checks = Vec::new();
    let mut check = |at: proc_macro2::Span, test: TokenStream, message: &str| {
        checks.push(quote_spanned! { at =>
            const _: () = ::core::assert!(
                { let kind = <#ty as ::levers::__private::FormField>::KIND; #test },
                #message
            );
        });
    };
    let given = [
        ("min", form.min.as_ref().map(syn::spanned::Spanned::span)),
        ("max", form.max.as_ref().map(syn::spanned::Spanned::span)),
        ("step", form.step.as_ref().map(syn::spanned::Spanned::span)),
        ("currency", form.currency.as_ref().map(syn::LitStr::span)),
        ("rows", form.rows.as_ref().map(syn::spanned::Spanned::span)),
        ("placeholder", form.placeholder.as_ref().map(syn::LitStr::span)),
        ("extensions", form.extensions.as_ref().map(syn::spanned::Spanned::span)),
        ("max_size_mb", form.max_size_mb.as_ref().map(syn::spanned::Spanned::span)),
        ("max_count", form.max_count.as_ref().map(syn::spanned::Spanned::span)),
    ];
    for (name, at) in given.into_iter().filter_map(|(name, at)| at.map(|at| (name, at))) {
        if form.widget.is_some() {
            return Err(Error::new(at, format!("`{name}` and `widget` exclude each other: set it on the widget")));
        }
        let (test, fitting) = match name {
            "min" | "max" => (quote! { kind.is_number() || kind.is_date() }, "numbers and dates"),
            "step" => (quote! { kind.is_number() }, "numbers"),
            "currency" => (quote! { kind.is_single_number() }, "numbers"),
            "rows" => (quote! { kind.is_text() }, "texts"),
            "placeholder" => (quote! { kind.has_placeholder() }, "texts, numbers and dates"),
            "max_count" => (quote! { kind.is_file_list() }, "lists of files"),
            _ => (quote! { kind.is_file() }, "files"),
        };
        check(at, test, &format!("`{name}` is for {fitting}"));
    }
    match &form.collection {
        Some(collection) => check(
            collection.span(),
            quote! { kind.can_be_collection() },
            "`collection` is for a RecordRef or a String, which hold the id of a record",
        ),
        None => check(
            ty.span(),
            quote! { !kind.is_collection() },
            "a RecordRef needs to know which records: `#[form(collection = \"…\")]`",
        ),
    }
    Ok(checks)
}

/// Whether the type is written as an Option; an alias of one is not seen.
fn is_option(field: &Field) -> bool {
    match &field.ty {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Option"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn messages(input: &DeriveInput) -> String {
        let error = expand(input).map(|tokens| tokens.to_string()).unwrap_err();
        error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let refused = [
            messages(&parse_quote! { struct Charge(f64); }),
            messages(&parse_quote! { struct Charge; }),
            messages(&parse_quote! { enum Charge { Card } }),
            messages(&parse_quote! { union Charge { amount: f64 } }),
            messages(&parse_quote! { struct Charge<T> { amount: T } }),
            messages(&parse_quote! { #[form(label = "x")] struct Charge { amount: f64 } }),
        ];
        insta::assert_snapshot!(refused.join("\n"));
    }

    #[test]
    fn every_wrong_option_is_named_at_once() {
        let refused = messages(&parse_quote! {
            struct Charge {
                #[form(lable = "Amount")] a: f64,
                #[form(id = "amount")] b: f64,
                #[form] c: f64,
                #[form(label)] d: f64,
                #[form(label = 7)] e: f64,
                #[form(required = "yes")] f: Option<f64>,
                #[form(required = false)] g: f64,
                #[form(min = 1, min = 2)] h: f64,
                #[form(min = 1, widget = NumberInput::new())] i: f64,
                #[form(currency = "euro")] j: f64,
                #[serde(flatten)] k: Other,
            }
        });
        insta::assert_snapshot!(refused);
    }

    #[test]
    fn names_documentation_and_skips_are_read() {
        let tokens = expand(&parse_quote! {
            #[serde(rename_all = "camelCase")]
            struct Charge {
                /// How much,
                /// in USD.
                ///
                /// For developers.
                amount_due: f64,
                #[serde(rename = "why", default = "none", with = "module")] reason: String,
                #[serde(skip)] hidden: Unknown,
                r#type: Option<String>,
            }
        });
        let tokens = tokens.unwrap().to_string();
        for part in [
            r#"id : "amountDue""#,
            r#"from ("Amount due")"#,
            r#"Some ("How much, in USD.")"#,
            r#"id : "why""#,
            r#"id : "type""#,
            "Some (false)",
        ] {
            assert!(tokens.contains(part), "{part} in {tokens}");
        }
        assert!(!tokens.contains("Unknown") && !tokens.contains("developers"));
    }
}
