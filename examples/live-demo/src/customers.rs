//! Customers: markup in answers, a file, and a call that the browser makes.

use levers::ActionDeclaration;
use levers::prelude::*;

use crate::invoice::{Invoice, Line};

pub(crate) fn customize(customers: CollectionBuilder) -> CollectionBuilder {
    customers
        .segment("Blocked cards", field("card_blocked").eq(true))
        .action(charge_credit_card())
        .action(generate_invoice())
        .action(impersonate())
}

fn charge_credit_card() -> ActionDeclaration {
    Action::single("Charge credit card")
        .field(
            Field::number("amount")
                .required()
                .description("The amount (USD) to charge the credit card. Example: 42.50")
                .widget(NumberInput::new().min(0.5).step(0.01)),
        )
        .field(
            Field::string("description")
                .required()
                .description("Explain the reason why you want to charge manually the customer here"),
        )
        .execute(|cx| async move {
            let amount: f64 = cx.value("amount")?;
            let card = cx.record(["card_brand", "card_last4", "card_expires", "card_blocked", "country"]).await?;
            let number = format!("**** **** **** {}", card.get::<String>("card_last4")?);
            if card.get("card_blocked")? {
                let reason = "You can not charge this credit card. The card is marked as blocked";
                let html = panel(
                    &format!("${amount:.2} USD has not been charged."),
                    &[("Credit card", &number), ("Reason", reason)],
                );
                return Ok(Outcome::error("The credit card was not charged.").html(html));
            }
            let html = panel(
                &format!("${amount:.2} USD has been successfully charged."),
                &[
                    ("Credit card", &number),
                    ("Expire", &card.get::<String>("card_expires")?),
                    ("Card type", &card.get::<String>("card_brand")?),
                    ("Country", &card.get::<String>("country")?),
                    ("Description", &cx.value::<String>("description")?),
                ],
            );
            Ok(Outcome::success("The credit card was charged.").html(html))
        })
}

/// A sentence with a list of names and values below it.
fn panel(sentence: &str, entries: &[(&str, &str)]) -> String {
    let entries = entries
        .iter()
        .map(|(name, value)| format!("<p><strong>{}</strong><br>{}</p>", escape_html(name), escape_html(value)));
    format!("<p>{}</p>{}", escape_html(sentence), entries.collect::<String>())
}

fn generate_invoice() -> ActionDeclaration {
    Action::single("Generate invoice").generates_file().execute(|cx| async move {
        let customer = cx.record(["id", "firstname", "lastname", "email", "company:name"]).await?;
        let id: i64 = customer.get("id")?;
        let orders = cx.collection("orders").filter(field("customer_id").eq(id)).sort("ordered_at");
        let mut lines = Vec::new();
        for order in orders.list(["quantity", "ordered_at", "product:label", "product:price"]).await? {
            lines.push(Line {
                day: order.get("ordered_at")?,
                label: order.get("product:label")?,
                quantity: order.get("quantity")?,
                price: order.get("product:price")?,
            });
        }
        let invoice = Invoice {
            number: format!("{id:06}"),
            customer: format!("{} {}", customer.get::<String>("firstname")?, customer.get::<String>("lastname")?),
            company: customer.get("company:name")?,
            email: customer.get("email")?,
            lines,
        };
        Ok(Outcome::file(format!("invoice-{id}.pdf"), "application/pdf", invoice.to_pdf()))
    })
}

fn impersonate() -> ActionDeclaration {
    Action::single("Impersonate").execute(|cx| async move {
        let customer = cx.record(["email"]).await?;
        let login = Webhook::new("https://app.example.com/impersonate")
            .header("x-requested-with", "levers-live-demo")
            .body(json!({ "customer": customer.get::<String>("email")?, "by": cx.caller().email }));
        Ok(Outcome::webhook(login))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::demo;
    use levers::ErrorKind;
    use levers::prelude::*;

    #[tokio::test]
    async fn a_card_is_charged_unless_it_is_blocked() {
        let (test, _folder) = demo().await;
        let customer = test.collection("customers").by_id(1).unwrap();
        let charge = || {
            let action = test.action("customers", "Charge credit card").on([1]);
            action.set("amount", 42.5).set("description", "A <b>chair</b>")
        };
        customer.update(json!({ "card_blocked": false, "card_last4": "4242" })).await.unwrap();
        let charged = charge().submit().await;
        let html = charged.assert_success("The credit card was charged.").html().unwrap().to_owned();
        assert!(html.contains("$42.50 USD has been successfully charged.") && html.contains("**** 4242"), "{html}");
        assert!(html.contains("A &lt;b&gt;chair"), "{html}");

        customer.update(json!({ "card_blocked": true })).await.unwrap();
        let blocked = charge().submit().await;
        blocked.assert_error("The credit card was not charged.");
        assert!(blocked.html().unwrap().contains("marked as blocked"));
    }

    #[tokio::test]
    async fn a_charge_needs_an_amount_and_a_description() {
        let (test, _folder) = demo().await;
        let refused = test.action("customers", "Charge credit card").on([1]).submit().await;
        let fields: Vec<&str> = refused.error().fields().iter().map(|error| error.field.as_str()).collect();
        assert_eq!((refused.error().kind(), fields), (ErrorKind::Invalid, vec!["amount", "description"]));
    }

    #[tokio::test]
    async fn an_invoice_is_a_pdf() {
        let (test, _folder) = demo().await;
        let outcome = test.action("customers", "Generate invoice").on([1]).submit().await;
        let pdf = outcome.assert_file("invoice-1.pdf");
        assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    }

    #[tokio::test]
    async fn impersonating_is_a_webhook() {
        let (test, _folder) = demo().await;
        let email: String = test.record("customers", 1).await.get("email").unwrap();
        let outcome = test.as_caller("ada@example.com").action("customers", "Impersonate").on([1]).submit().await;
        let json = serde_json::to_value(outcome.outcome()).unwrap();
        assert_eq!(json["url"], "https://app.example.com/impersonate");
        assert_eq!(json["method"], "POST");
        assert_eq!(json["body"], json!({ "customer": email, "by": "ada@example.com" }));
    }
}
