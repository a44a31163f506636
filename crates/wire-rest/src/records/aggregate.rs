//! Computing over records.

use axum::Json;
use axum::extract::State;
use levers_model::{Aggregation, AggregationOperation, DatePeriod, Error, Group, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Api;
use crate::extract::{Body, Cx, Parted};
use crate::filter::{ConditionTree, Narrowed, Schemas};
use crate::limits;
use crate::object;
use crate::problem::Problem;

/// What to compute, over which records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "operation": "sum", "field": "amount", "groups": [{ "field": "created_at", "period": "month" }],
    "filter": { "field": "status", "operator": "equal", "value": "paid" }, "limit": 12
}))]
pub(super) struct AggregateBody {
    /// What to compute.
    operation: OperationInput,
    /// Over which column; only `count` can do without.
    field: Option<String>,
    /// One row for each combination of these; a single row when there are none.
    #[serde(default, deserialize_with = "object::many")]
    #[schema(max_items = 16)]
    groups: Vec<GroupInput>,
    /// How many rows at most, greatest value first; 10 000 when nothing is said.
    #[schema(minimum = 1, maximum = 10_000)]
    limit: Option<u64>,
    /// A tree of conditions.
    filter: Option<ConditionTree>,
    /// A text to look for.
    #[schema(max_length = 1000)]
    search: Option<String>,
    /// Whether to search in related records too.
    #[serde(default)]
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OperationInput {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// One criterion to group by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupInput {
    /// The column whose values make the groups.
    field: String,
    /// For dates: what to round them down to, in the caller's timezone.
    period: Option<PeriodInput>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PeriodInput {
    Year,
    Quarter,
    Month,
    Week,
    Day,
}

impl From<OperationInput> for AggregationOperation {
    fn from(operation: OperationInput) -> Self {
        match operation {
            OperationInput::Count => Self::Count,
            OperationInput::Sum => Self::Sum,
            OperationInput::Avg => Self::Avg,
            OperationInput::Min => Self::Min,
            OperationInput::Max => Self::Max,
        }
    }
}

impl From<PeriodInput> for DatePeriod {
    fn from(period: PeriodInput) -> Self {
        match period {
            PeriodInput::Year => Self::Year,
            PeriodInput::Quarter => Self::Quarter,
            PeriodInput::Month => Self::Month,
            PeriodInput::Week => Self::Week,
            PeriodInput::Day => Self::Day,
        }
    }
}

/// What was computed.
#[derive(Serialize, ToSchema)]
pub(super) struct Aggregate {
    /// Greatest value first.
    rows: Vec<AggregateRowView>,
}

/// What was computed for one group.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "group": ["2026-11-01"], "value": "1250.50" }))]
struct AggregateRowView {
    /// The group's values, in the order of `groups`.
    group: Vec<Value>,
    /// The value; null for the sum, mean, minimum or maximum of nothing.
    value: Value,
}

/// Compute over records
///
/// Counts, sums, means, minima and maxima, grouped by columns and calendar periods.
#[utoipa::path(post, path = "/collections/{collection}/aggregate", tag = "records",
    params(("collection" = String, Path, description = "The collection's name.", example = "transactions")),
    request_body = AggregateBody,
    responses((status = 200, body = Aggregate, description = "What was computed.")))]
pub(super) async fn aggregate_records(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    Body(body): Body<AggregateBody>,
) -> Result<Json<Aggregate>, Problem> {
    let entry = api.engine.collection(&cx, &collection)?;
    let schemas = Schemas { engine: &api.engine, cx: &cx };
    let limit = body.limit.unwrap_or(limits::MOST_GROUPS);
    if !(1..=limits::MOST_GROUPS).contains(&limit) {
        return Err(Error::invalid(format!("“limit” must lie between 1 and {}.", limits::MOST_GROUPS)).into());
    }
    limits::at_most("groups", body.groups.len(), limits::MOST_CRITERIA)?;
    let field = body.field.as_deref().map(|field| schemas.column(entry, field).map(|(path, _)| path)).transpose()?;
    let group = |group: &GroupInput| -> Result<Group> {
        let (field, _) = schemas.column(entry, &group.field)?;
        Ok(Group { field, period: group.period.map(Into::into) })
    };
    let groups = body.groups.iter().map(group).collect::<Result<_>>()?;
    let aggregation = Aggregation { operation: body.operation.into(), field, groups };
    let narrowed = Narrowed {
        filter: body.filter,
        search: body.search,
        search_extended: body.search_extended,
        segment: body.segment,
    };
    let filter = narrowed.translate(&schemas, entry)?;
    let rows = api.engine.aggregate(&cx, &collection, filter, aggregation, Some(limit)).await?;
    let row = |row: levers_ports::AggregateRow| AggregateRowView {
        group: row.group.iter().map(levers_model::Value::to_json).collect(),
        value: row.value.to_json(),
    };
    Ok(Json(Aggregate { rows: rows.into_iter().map(row).collect() }))
}
