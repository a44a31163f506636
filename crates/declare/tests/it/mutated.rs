//! Whatever somebody types, something is said of it and nothing panics.

use levers_declare::parse;
use proptest::prelude::*;

use crate::corpus::files;
use crate::shop::{Environment, Shop};

/// What is put into files.
const PIECES: [&str; 22] = [
    "\"",
    "'",
    "\"\"\"",
    "{{",
    "}}",
    "{%",
    "${",
    "${env:X}",
    "[",
    "]]",
    "{ rule = \"values.x\" }",
    "=",
    "\n",
    "\\",
    "\\u00e9",
    "é",
    "𝄞",
    ":id",
    "null",
    "-1e999",
    "# ",
    "\u{0}",
];

fn look(text: String) {
    thread_local! {
        static SHOP: (tokio::runtime::Runtime, Shop) = {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let shop = runtime.block_on(Shop::new());
            (runtime, shop)
        };
    }
    SHOP.with(|(_, shop)| {
        let said = match parse(vec![("levers.toml".into(), text)], &Environment) {
            Ok(document) => document.declare(&shop.world()).err().unwrap_or_default(),
            Err(mistakes) => mistakes,
        };
        for mistake in said {
            let printed = mistake.to_string();
            let placed = mistake.line > 0 || mistake.message.ends_with("when these are gone.");
            assert!(printed.starts_with("levers.toml:") && placed, "{printed}");
        }
    });
}

proptest! {
    #[test]
    fn mutated_files_never_panic(file in 0..1_000_usize, at in 0.0..1.0_f64, cut in 0..12_usize, piece in 0..PIECES.len()) {
        let mut all = files("good");
        all.extend(files("corpus"));
        let (_, mut text) = all.swap_remove(if file % 2 == 0 { 1 } else { file % all.len() });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a text")]
        let place = |text: &str, at: f64| {
            let near = (text.len() as f64 * at) as usize;
            (0..=near).rev().find(|index| text.is_char_boundary(*index)).unwrap_or_default()
        };
        let start = place(&text, at);
        let end = (start + cut..=text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(text.len());
        text.replace_range(start..end, PIECES[piece]);
        look(text);
    }

    #[test]
    fn any_text_never_panics(text in "[a-z\\[\\]{}=\"'\n. 0-9:$#é]{0,200}") {
        look(text);
    }
}
