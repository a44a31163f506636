//! Reading what an author's statement returns from PostgreSQL, by the types that it
//! says beforehand.
//!
//! The statement cannot be made to return text, as ours do, so a type without a
//! reader here is refused when the statement is checked, with what to write.

use bigdecimal::BigDecimal;
use levers_model::{ColumnType, Error, Value};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgTypeKind, PgValueRef};
use sqlx::{Decode, Postgres, Type, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

use super::postgres::column_type;
use crate::value::{Decoder, Kind, postgres};

/// How one column is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    One(Decoder),
    Decimal,
    List(Item),
    /// What a function without a result returns.
    Nothing,
}

/// What lists hold, of what the driver reads in lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Boolean,
    Small,
    Integer,
    Big,
    Single,
    Double,
    Decimal,
    Text,
    Uuid,
}

impl Reader {
    /// The reader of a column.
    pub(super) fn of(name: &str, info: &PgTypeInfo) -> levers_model::Result<Self> {
        if info.name() == "VOID" {
            return Ok(Self::Nothing);
        }
        let found = match (info.kind(), column_type(info)) {
            (PgTypeKind::Array(item), _) => Item::of(item).map(Self::List),
            (_, Some(ColumnType::Decimal)) => Some(Self::Decimal),
            (_, Some(known)) => Some(Self::One(Decoder::plain(Kind::of(&known)))),
            (_, None) => None,
        };
        found.ok_or_else(|| {
            Error::invalid(format!(
                "The column “{name}” has the type {}, which cannot be shown. Return it as text: ({name})::text.",
                info.name().to_lowercase()
            ))
        })
    }

    /// Reads a value.
    pub(super) fn read(self, raw: &PgValueRef<'_>) -> Value {
        if raw.is_null() {
            return Value::Null;
        }
        match self {
            Self::Nothing => Value::Null,
            Self::One(decoder) => postgres::value(raw, decoder).unwrap_or(Value::Null),
            // It has NaN and infinities too.
            Self::Decimal => {
                decode::<Exact>(raw).map_or_else(|| Value::Text("NaN".to_owned()), |exact| Value::Decimal(exact.0))
            }
            Self::List(item) => item.read(raw).map_or(Value::Null, Value::List),
        }
    }
}

impl Item {
    fn of(info: &PgTypeInfo) -> Option<Self> {
        Some(match (info.name(), column_type(info)?) {
            (_, ColumnType::Boolean) => Self::Boolean,
            ("INT2", _) => Self::Small,
            ("INT4", _) => Self::Integer,
            ("INT8", _) => Self::Big,
            ("FLOAT4", _) => Self::Single,
            ("FLOAT8", _) => Self::Double,
            (_, ColumnType::Decimal) => Self::Decimal,
            (_, ColumnType::Text | ColumnType::Enum(_)) => Self::Text,
            (_, ColumnType::Uuid) => Self::Uuid,
            _ => return None,
        })
    }

    fn read(self, raw: &PgValueRef<'_>) -> Option<Vec<Value>> {
        match self {
            Self::Boolean => list::<bool>(raw, Value::Bool),
            Self::Small => list::<i16>(raw, |int| Value::Int(int.into())),
            Self::Integer => list::<i32>(raw, |int| Value::Int(int.into())),
            Self::Big => list::<i64>(raw, Value::Int),
            Self::Single => list::<f32>(raw, |float| float.to_string().parse().map_or(Value::Null, Value::Float)),
            Self::Double => list::<f64>(raw, Value::Float),
            Self::Decimal => list::<Exact>(raw, |exact| Value::Decimal(exact.0)),
            Self::Text => list::<String>(raw, Value::Text),
            Self::Uuid => list::<Uuid>(raw, Value::Uuid),
        }
    }
}

/// A decimal with the digits that it was stored with; the driver's has a multiple of four.
struct Exact(BigDecimal);

impl Type<Postgres> for Exact {
    fn type_info() -> PgTypeInfo {
        <BigDecimal as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Exact {
    fn decode(raw: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        // Behind the number of digits, their weight and the sign.
        let scale = raw.as_bytes()?.get(6..8).and_then(|bytes| bytes.try_into().ok()).map(i16::from_be_bytes);
        let decimal = <BigDecimal as Decode<'r, Postgres>>::decode(raw)?;
        Ok(Self(match scale {
            Some(scale) => decimal.with_scale(scale.into()),
            None => decimal,
        }))
    }
}

fn decode<'r, T: Decode<'r, Postgres>>(raw: &PgValueRef<'r>) -> Option<T> {
    T::decode(raw.clone()).ok()
}

fn list<'r, T>(raw: &PgValueRef<'r>, value: impl Fn(T) -> Value) -> Option<Vec<Value>>
where
    Vec<Option<T>>: Decode<'r, Postgres>,
{
    let items: Vec<Option<T>> = decode(raw)?;
    Some(items.into_iter().map(|item| item.map_or(Value::Null, &value)).collect())
}
