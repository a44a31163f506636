//! `#[derive(Choices)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::attributes::SerdeAttributes;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "Choices are derived for an enum; for a struct derive Form"));
    };
    let case = SerdeAttributes::read(&input.attrs)?.rename_all;
    let mut choices = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                variant,
                "a choice holds no values; only variants without fields can be picked",
            ));
        }
        let serde = SerdeAttributes::read(&variant.attrs)?;
        if !serde.skip {
            let name = variant.ident.to_string();
            let name = name.strip_prefix("r#").unwrap_or(&name);
            choices.push(
                serde.rename.unwrap_or_else(|| case.map_or_else(|| name.to_owned(), |case| case.of_variant(name))),
            );
        }
    }
    if choices.is_empty() {
        return Err(Error::new_spanned(&input.ident, "there is nothing to choose from: the enum needs a variant"));
    }
    let name = &input.ident;
    Ok(quote! {
        impl ::levers::Choices for #name {
            const CHOICES: &'static [&'static str] = &[#(#choices),*];
        }

        impl ::levers::__private::FormField for #name {
            const KIND: ::levers::__private::Kind = ::levers::__private::Kind::Enum;
            const CHOICES: &'static [&'static str] = <#name as ::levers::Choices>::CHOICES;
        }

        impl ::levers::__private::FormItem for #name {
            const LIST: ::levers::__private::Kind = ::levers::__private::Kind::EnumList;
        }
    })
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn message(input: &DeriveInput) -> String {
        expand(input).map(|tokens| tokens.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn choices_are_named_as_serde_reads_them() {
        let tokens = expand(&parse_quote! {
            #[serde(rename_all(deserialize = "SCREAMING_SNAKE_CASE"), deny_unknown_fields)]
            enum Size { VerySmall, #[serde(rename = "big", alias = "large")] Large, #[serde(skip)] Unknown }
        });
        assert!(tokens.unwrap().to_string().contains(r#"& ["VERY_SMALL" , "big"]"#));
    }

    #[test]
    fn what_cannot_be_picked_is_refused() {
        let messages = [
            message(&parse_quote! { struct Size; }),
            message(&parse_quote! { enum Size { Custom(u8) } }),
            message(&parse_quote! { enum Size {} }),
        ];
        insta::assert_snapshot!(messages.join("\n"));
    }
}
