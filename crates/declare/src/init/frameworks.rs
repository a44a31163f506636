//! Tables that a framework keeps for itself: its migrations, sessions, queues and accounts.
//!
//! Nobody wants buttons for them, and some hold what opens doors. They are known
//! by names, and where a name is one that an author may have chosen as well, by
//! the mark that the framework leaves or by columns.

use levers_model::Collection;
use wildmatch::WildMatch;

/// Some tables of a framework.
struct Kept {
    /// Their name or pattern, as `exclude` takes it.
    name: &'static str,
    /// A table without which they are somebody else's.
    beside: Option<&'static str>,
    /// Columns that they have.
    columns: &'static [&'static str],
}

impl Kept {
    const fn new(name: &'static str) -> Self {
        Self { name, beside: None, columns: &[] }
    }

    const fn beside(name: &'static str, mark: &'static str) -> Self {
        Self { name, beside: Some(mark), columns: &[] }
    }

    const fn with(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, beside: None, columns }
    }

    fn is(&self, collection: &Collection) -> bool {
        WildMatch::new(self.name).matches(&collection.name)
            && self.columns.iter().all(|column| collection.column(column).is_some())
    }
}

const DJANGO: &str = "django_migrations";

const KEPT: &[Kept] = &[
    Kept::beside("auth_*", DJANGO),
    Kept::beside("authtoken_*", DJANGO),
    Kept::beside("django_*", DJANGO),
    // Rails, and several that took over its name.
    Kept::new("ar_internal_metadata"),
    Kept::new("schema_migrations"),
    // Laravel.
    Kept::with("cache", &["key", "value", "expiration"]),
    Kept::with("cache_locks", &["key", "owner", "expiration"]),
    Kept::with("failed_jobs", &["connection", "queue", "payload"]),
    Kept::with("job_batches", &["total_jobs", "pending_jobs"]),
    Kept::with("jobs", &["queue", "payload", "attempts"]),
    Kept::with("migrations", &["migration", "batch"]),
    Kept::with("password_reset_tokens", &["email", "token"]),
    Kept::with("password_resets", &["email", "token"]),
    Kept::with("personal_access_tokens", &["tokenable_type", "token"]),
    Kept::with("sessions", &["payload", "last_activity"]),
    // Sequelize, Prisma, Knex, Alembic, Flyway, Liquibase, Entity Framework, sqlx, Diesel.
    Kept::new("SequelizeMeta"),
    Kept::new("_prisma_migrations"),
    Kept::new("knex_migrations*"),
    Kept::new("alembic_version"),
    Kept::new("flyway_schema_history"),
    Kept::new("databasechangelog"),
    Kept::new("databasechangeloglock"),
    Kept::new("__EFMigrationsHistory"),
    Kept::new("_sqlx_migrations"),
    Kept::new("__diesel_schema_migrations"),
];

/// The collections that are an author's own, and what `exclude` says to have no others.
pub(super) fn apart<'a>(collections: &[&'a Collection]) -> (Vec<&'a Collection>, Vec<&'static str>) {
    let is_there = |name: &str| collections.iter().any(|collection| collection.name == name);
    let found =
        |kept: &&Kept| kept.beside.is_none_or(is_there) && collections.iter().any(|collection| kept.is(collection));
    let kept: Vec<&Kept> = KEPT.iter().filter(found).collect();
    let is_own = |collection: &&&Collection| !kept.iter().any(|kept| kept.is(collection));
    (collections.iter().filter(is_own).copied().collect(), kept.iter().map(|kept| kept.name).collect())
}

#[cfg(test)]
mod tests {
    use levers_model::{Column, ColumnType, FieldSchema};

    use super::*;

    fn collection(name: &str, columns: &[&str]) -> Collection {
        let column = |name: &&str| ((*name).to_owned(), FieldSchema::Column(Column::new(ColumnType::Text)));
        let fields = columns.iter().map(column).collect();
        Collection { name: name.into(), fields, primary_key: Vec::new(), read_only: false }
    }

    fn excluded(collections: &[Collection]) -> (Vec<String>, Vec<&'static str>) {
        let (own, exclude) = apart(&collections.iter().collect::<Vec<_>>());
        (own.iter().map(|collection| collection.name.clone()).collect(), exclude)
    }

    #[test]
    fn only_what_is_there_is_left_out() {
        let django = ["auth_user", "django_migrations", "shop_order", "oauth_client"];
        let (own, exclude) = excluded(&django.map(|name| collection(name, &["id"])));
        assert_eq!((own, exclude), (vec!["shop_order".into(), "oauth_client".into()], vec!["auth_*", "django_*"]));
        let knex = ["knex_migrations", "knex_migrations_lock", "orders"];
        let (own, exclude) = excluded(&knex.map(|name| collection(name, &["id"])));
        assert_eq!((own, exclude), (vec!["orders".into()], vec!["knex_migrations*"]));
    }

    #[test]
    fn names_that_anybody_may_choose_need_a_mark() {
        let own =
            ["auth_user", "cache", "jobs", "migrations", "sessions"].map(|name| collection(name, &["id", "name"]));
        assert_eq!(excluded(&own).0.len(), own.len());
        let laravel = [collection("migrations", &["id", "migration", "batch"]), collection("jobs", &["id", "salary"])];
        assert_eq!(excluded(&laravel), (vec!["jobs".into()], vec!["migrations"]));
    }
}
