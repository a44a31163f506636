//! The demo's own data: some thousands of plausible rows, the same on every run.
//!
//! Chance comes from a generator with a fixed seed and time from a fixed day, so
//! that two machines (and tests and screenshots) show the same records. Each
//! table is one statement over one JSON parameter, which is what makes the whole
//! take a fraction of a second. Rejected: the `fake` crate, whose words change
//! with its versions.

mod chance;
mod words;

use std::path::Path;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use serde_json::{Value as Json, json};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use chance::Chance;

const COMPANIES: usize = 480;
const CUSTOMERS: usize = 1_600;
const PRODUCTS: usize = 96;
const TRANSACTIONS: usize = 4_000;
const DOCUMENTS: usize = 1_200;
const ORDERS: usize = 4_800;

const SCHEMA: &str = "
CREATE TABLE companies (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'signed_up' CHECK (status IN ('signed_up', 'pending', 'approved', 'rejected', 'live')),
    headquarters TEXT,
    industry TEXT,
    description TEXT,
    crunchbase_url TEXT,
    rejection_reason TEXT,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    firstname TEXT NOT NULL,
    lastname TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    company_id INTEGER REFERENCES companies (id),
    stripe_id TEXT NOT NULL,
    card_brand TEXT NOT NULL,
    card_last4 TEXT NOT NULL,
    card_expires TEXT NOT NULL,
    card_blocked BOOLEAN NOT NULL DEFAULT 0,
    country TEXT NOT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    emitter_company_id INTEGER NOT NULL REFERENCES companies (id),
    beneficiary_company_id INTEGER NOT NULL REFERENCES companies (id),
    amount DECIMAL(12, 2) NOT NULL CHECK (amount > 0),
    vat_amount DECIMAL(12, 2) NOT NULL,
    fee_amount DECIMAL(12, 2) NOT NULL,
    status TEXT NOT NULL DEFAULT 'to_validate' CHECK (status IN ('to_validate', 'validated', 'rejected')),
    note TEXT,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    company_id INTEGER NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'uploaded' CHECK (status IN ('uploaded', 'accepted', 'refused')),
    uploaded_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    price DECIMAL(10, 2) NOT NULL,
    stock INTEGER NOT NULL DEFAULT 0,
    colours JSON,
    discontinued BOOLEAN NOT NULL DEFAULT 0,
    released_on DATE
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    status TEXT NOT NULL DEFAULT 'placed' CHECK (status IN ('placed', 'shipped', 'delivered', 'returned')),
    ordered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX customers_by_company ON customers (company_id);
CREATE INDEX transactions_by_emitter ON transactions (emitter_company_id);
CREATE INDEX transactions_by_beneficiary ON transactions (beneficiary_company_id);
CREATE INDEX transactions_by_age ON transactions (created_at);
CREATE INDEX documents_by_company ON documents (company_id);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX orders_by_product ON orders (product_id);
";

/// Makes the database. It takes its place only when it is whole, so that a run
/// that is stopped leaves nothing half.
pub(crate) async fn generate(path: &Path) -> levers::Result<()> {
    let draft = path.with_extension("db.draft");
    let options = SqliteConnectOptions::new().filename(&draft).create_if_missing(true).foreign_keys(false);
    if draft.exists() {
        std::fs::remove_file(&draft)?;
    }
    let mut connection = options.connect().await?;
    fill(&mut connection).await?;
    sqlx::Connection::close(connection).await?;
    std::fs::rename(&draft, path)?;
    Ok(())
}

async fn fill(connection: &mut SqliteConnection) -> levers::Result<()> {
    let mut chance = Chance::new(20_260_235);
    sqlx::raw_sql("PRAGMA synchronous = OFF; BEGIN").execute(&mut *connection).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *connection).await?;
    let tables = [
        (
            "INSERT INTO companies SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 FROM json_each(?)",
            rows(COMPANIES, &mut chance, company),
        ),
        (
            "INSERT INTO customers SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11 FROM json_each(?)",
            rows(CUSTOMERS, &mut chance, customer),
        ),
        (
            "INSERT INTO products SELECT value->>0, value->>1, value->>2, value->>3, value->4, value->>5, value->>6 FROM json_each(?)",
            rows(PRODUCTS, &mut chance, product),
        ),
        (
            "INSERT INTO transactions SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9 FROM json_each(?)",
            rows(TRANSACTIONS, &mut chance, transaction),
        ),
        (
            "INSERT INTO documents SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?)",
            rows(DOCUMENTS, &mut chance, document),
        ),
        (
            "INSERT INTO orders SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 FROM json_each(?)",
            rows(ORDERS, &mut chance, order),
        ),
    ];
    for (statement, rows) in tables {
        sqlx::query(statement).bind(rows).execute(&mut *connection).await?;
    }
    sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
    Ok(())
}

/// The rows of a table as one JSON text, with ids from 1.
fn rows(count: usize, chance: &mut Chance, row: impl Fn(usize, &mut Chance) -> Json) -> String {
    Json::Array((1..=count).map(|id| row(id, chance)).collect()).to_string()
}

fn company(id: usize, chance: &mut Chance) -> Json {
    let (word, form) = (words::COMPANY_WORDS, words::COMPANY_FORMS);
    let name = format!("{} {}", word[(id * 7) % word.len()], form[(id / word.len() + id) % form.len()]);
    let status = chance.pick(&["signed_up", "pending", "pending", "approved", "approved", "live", "live", "rejected"]);
    let industry = chance.pick(words::INDUSTRIES);
    let city = chance.pick(words::CITIES);
    let url = format!("https://www.crunchbase.com/organization/{}", name.to_lowercase().replace(' ', "-"));
    let description = format!("{industry} from {city} for {}.", chance.pick(words::CLIENTS));
    let reason = (status == "rejected").then(|| chance.pick(words::REASONS));
    json!([id, name, status, city, industry, description, url, reason, moment(chance)])
}

fn customer(id: usize, chance: &mut Chance) -> Json {
    let (first, last) = (chance.pick(words::FIRST_NAMES), chance.pick(words::LAST_NAMES));
    let email = format!("{}.{}{id}@example.com", first.to_lowercase(), last.to_lowercase());
    let company = (chance.below(10) > 2).then(|| chance.below(COMPANIES) + 1);
    let brand = chance.pick(&["Visa", "Visa", "Mastercard", "American Express"]);
    let stripe = format!("cus_{:014x}", chance.next());
    let last4 = format!("{:04}", chance.below(10_000));
    let expires = format!("{:02}/{}", chance.below(12) + 1, 2027 + chance.below(4));
    let blocked = chance.below(12) == 0;
    let country = chance.pick(words::COUNTRIES);
    json!([id, first, last, email, company, stripe, brand, last4, expires, blocked, country, moment(chance)])
}

fn product(id: usize, chance: &mut Chance) -> Json {
    let label = format!("{} {}", chance.pick(words::PRODUCT_QUALITIES), chance.pick(words::PRODUCTS));
    let colours = [chance.pick(words::COLOURS), chance.pick(words::COLOURS)];
    let released = first_day() + Days::new(chance.below_u32(700).into());
    json!([id, label, money(chance, 500, 90_000), chance.below(400), colours, chance.below(9) == 0, released])
}

fn transaction(id: usize, chance: &mut Chance) -> Json {
    let emitter = chance.below(COMPANIES) + 1;
    // Never to oneself.
    let beneficiary = (emitter + chance.below(COMPANIES - 1)) % COMPANIES + 1;
    let cents = 1_000 + chance.below(4_000_000);
    let status = chance.pick(&["to_validate", "to_validate", "validated", "validated", "validated", "rejected"]);
    let note = (chance.below(3) == 0).then(|| chance.pick(words::NOTES));
    let [amount, vat, fee] = [cents, cents / 5, cents / 100].map(decimal);
    json!([id, format!("TRX-{id:06}"), emitter, beneficiary, amount, vat, fee, status, note, moment(chance)])
}

fn document(id: usize, chance: &mut Chance) -> Json {
    let name = chance.pick(words::DOCUMENTS);
    let status = chance.pick(&["uploaded", "accepted", "accepted", "refused"]);
    json!([id, chance.below(COMPANIES) + 1, name, status, moment(chance)])
}

fn order(id: usize, chance: &mut Chance) -> Json {
    let status = chance.pick(&["placed", "shipped", "delivered", "delivered", "delivered", "returned"]);
    let (customer, product) = (chance.below(CUSTOMERS) + 1, chance.below(PRODUCTS) + 1);
    json!([id, customer, product, chance.below(5) + 1, status, moment(chance)])
}

fn first_day() -> NaiveDate {
    NaiveDate::default() + Days::new(19_723) // 2024-01-01
}

/// Some second of the thirty months after the first day.
fn moment(chance: &mut Chance) -> String {
    let minutes = i64::from(chance.below_u32(30 * 30 * 24 * 60));
    let seconds = TimeDelta::seconds(60 * minutes + i64::from(chance.below_u32(60)));
    let at: NaiveDateTime = first_day().and_time(chrono::NaiveTime::MIN) + seconds;
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn money(chance: &mut Chance, least: usize, most: usize) -> String {
    decimal(least + chance.below(most - least))
}

fn decimal(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::demo;
    use levers::Value;

    #[tokio::test]
    async fn there_are_some_thousands_of_rows_and_they_hang_together() {
        let (test, _folder) = demo().await;
        let counts = [
            ("companies", COMPANIES),
            ("customers", CUSTOMERS),
            ("products", PRODUCTS),
            ("transactions", TRANSACTIONS),
            ("documents", DOCUMENTS),
            ("orders", ORDERS),
        ];
        for (collection, count) in counts {
            assert_eq!(test.collection(collection).all().count().await.unwrap(), count as u64, "{collection}");
        }
        let orphans = levers::field("emitter_company:name").eq(Value::Null);
        assert_eq!(test.collection("transactions").filter(orphans).count().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn relations_are_named_after_what_they_are() {
        let (test, _folder) = demo().await;
        let names = |collection: &str| {
            let schema = test.collection(collection).schema().unwrap();
            let mut names: Vec<String> = schema.relations().map(|(name, _)| name.to_owned()).collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(names("companies"), "customers documents emitted_transactions received_transactions");
        assert_eq!(names("customers"), "company orders");
        assert_eq!(names("transactions"), "beneficiary_company emitter_company");
        assert_eq!(names("orders"), "customer product");
        assert_eq!(names("products"), "orders");
    }

    #[tokio::test]
    async fn two_runs_make_the_same_rows() {
        let ((one, _folder), (other, _other_folder)) = (demo().await, demo().await);
        for collection in ["companies", "transactions", "orders"] {
            let (one, other) = (one.record(collection, 77).await, other.record(collection, 77).await);
            assert_eq!(one.to_json(), other.to_json());
        }
    }
}
