//! Names within one statement: which table a path's column is read from.
//!
//! Paths through to-one relations become left joins, one per relation however
//! often it is named, so that a missing company makes its name null and not the
//! transaction disappear.

use levers_model::{Error, FieldPath, Relation, RelationKind, Result};
use levers_ports::QueryContext;
use sea_query::{ColumnName, ColumnRef, DynIden, Expr, ExprTrait, IntoIden as _, SelectStatement, TableName, TableRef};

use crate::catalog::TableColumn;
use crate::dialect::Dialect;
use crate::schema::{Entity, Schema};

/// What all parts of a statement share.
pub(crate) struct Statement<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) dialect: Dialect,
    pub(crate) cx: &'a QueryContext,
    aliases: usize,
}

/// A table of a statement and those joined to it.
pub(crate) struct Scope<'a> {
    pub(crate) entity: &'a Entity,
    root: TableName,
    is_aliased: bool,
    joins: Vec<Join<'a>>,
}

struct Join<'a> {
    /// The relations on the way, joined by colons.
    path: String,
    alias: TableName,
    entity: &'a Entity,
    on: Vec<(Expr, Expr)>,
}

impl<'a> Statement<'a> {
    pub(crate) const fn new(schema: &'a Schema, dialect: Dialect, cx: &'a QueryContext) -> Self {
        Self { schema, dialect, cx, aliases: 0 }
    }

    /// The scope of a table that is read under an alias.
    pub(crate) fn scope(&mut self, entity: &'a Entity) -> Scope<'a> {
        Scope { entity, root: TableName(None, self.alias()), is_aliased: true, joins: Vec::new() }
    }

    fn alias(&mut self) -> DynIden {
        let alias = format!("t{}", self.aliases);
        self.aliases += 1;
        alias.into_iden()
    }

    /// The column at the end of a path; joins what is on the way.
    ///
    /// # Errors
    /// `Invalid` for unknown names and for relations that lead to many records.
    pub(crate) fn resolve(&mut self, scope: &mut Scope<'a>, path: &FieldPath) -> Result<(Expr, &'a TableColumn)> {
        if path.is_own() {
            return Ok((scope.own(path.as_str()), scope.entity.column(path.as_str())?));
        }
        let mut entity = scope.entity;
        let mut from = scope.root.clone();
        let mut way = String::new();
        for name in path.relations() {
            if !way.is_empty() {
                way.push(':');
            }
            way.push_str(name);
            (from, entity) = match scope.joins.iter().find(|join| join.path == way) {
                Some(join) => (join.alias.clone(), join.entity),
                None => self.join(scope, &from, entity, name, &way)?,
            };
        }
        Ok((column(&from, path.column()), entity.column(path.column())?))
    }

    fn join(
        &mut self,
        scope: &mut Scope<'a>,
        from: &TableName,
        entity: &'a Entity,
        name: &str,
        way: &str,
    ) -> Result<(TableName, &'a Entity)> {
        let relation = to_one(entity, name)?;
        let target = self.schema.entity(&relation.target)?;
        let alias = TableName(None, self.alias());
        let (ours, theirs) = match &relation.kind {
            RelationKind::ManyToOne { foreign_key, foreign_key_target } => (foreign_key, foreign_key_target),
            RelationKind::OneToOne { origin_key, origin_key_target } => (origin_key_target, origin_key),
            RelationKind::OneToMany { .. } | RelationKind::ManyToMany { .. } => {
                return Err(leads_to_many(entity, name));
            }
        };
        let on = ours.iter().zip(theirs).map(|(ours, theirs)| (column(&alias, theirs), column(from, ours))).collect();
        scope.joins.push(Join { path: way.to_owned(), alias: alias.clone(), entity: target, on });
        Ok((alias, target))
    }
}

impl<'a> Scope<'a> {
    /// The scope of a table that is written, which not every database lets alias.
    pub(crate) fn of_written(entity: &'a Entity) -> Self {
        Self { entity, root: entity.table.clone(), is_aliased: false, joins: Vec::new() }
    }

    /// A column of the table itself.
    pub(crate) fn own(&self, name: &str) -> Expr {
        column(&self.root, name)
    }

    /// Adds the table and its joins to a statement.
    pub(crate) fn apply(self, select: &mut SelectStatement) {
        let alias = self.is_aliased.then(|| self.root.1.clone());
        select.from(TableRef::Table(self.entity.table.clone(), alias));
        for join in self.joins {
            let table = TableRef::Table(join.entity.table.clone(), Some(join.alias.1));
            let on = join.on.into_iter().map(|(theirs, ours)| theirs.eq(ours)).reduce(ExprTrait::and);
            select.left_join(table, on.unwrap_or_else(|| Expr::cust("1 = 0")));
        }
    }
}

fn column(table: &TableName, name: &str) -> Expr {
    Expr::Column(ColumnRef::Column(ColumnName(Some(table.clone()), name.to_owned().into_iden())))
}

fn to_one<'a>(entity: &'a Entity, name: &str) -> Result<&'a Relation> {
    let Some(relation) = entity.collection.relation(name) else {
        let names: Vec<&str> =
            entity.collection.relations().filter(|(_, relation)| relation.is_to_one()).map(|(name, _)| name).collect();
        let there = if names.is_empty() { "It has none".to_owned() } else { format!("There are {}", names.join(", ")) };
        return Err(Error::invalid(format!(
            "Relation not found: “{}.{name}”. {there} that lead to one record.",
            entity.collection.name
        )));
    };
    if relation.is_to_one() { Ok(relation) } else { Err(leads_to_many(entity, name)) }
}

fn leads_to_many(entity: &Entity, name: &str) -> Error {
    Error::invalid(format!(
        "“{}.{name}” leads to many records; only columns of a single related record can be named here.",
        entity.collection.name
    ))
}
