//! Values as callers give them, made to fit the type of a column.

use bigdecimal::BigDecimal;
use levers_model::{ColumnType, Error, Result, Value};

/// The value as one of this type. Numbers change their kind where nothing is
/// lost, texts are parsed; null stays null.
///
/// # Errors
/// `Invalid`, naming the field and what was expected.
pub(crate) fn coerce(value: &Value, column_type: &ColumnType, field: &str) -> Result<Value> {
    let coerced = match (column_type, value) {
        (_, Value::Null) => Some(Value::Null),
        (ColumnType::List(item), Value::List(items)) => {
            // An array of PostgreSQL may have any number of dimensions; its type does not tell.
            let of_item =
                |value: &Value| coerce(value, if matches!(value, Value::List(_)) { column_type } else { item }, field);
            return items.iter().map(of_item).collect::<Result<_>>().map(Value::List);
        }
        (ColumnType::Boolean, Value::Bool(_))
        | (ColumnType::Integer, Value::Int(_))
        | (ColumnType::Float, Value::Float(_))
        | (ColumnType::Decimal, Value::Decimal(_))
        | (ColumnType::Text, Value::Text(_))
        | (ColumnType::Date, Value::Date(_))
        | (ColumnType::Time, Value::Time(_))
        | (ColumnType::DateTime, Value::DateTime(_))
        | (ColumnType::Timestamp, Value::Timestamp(_))
        | (ColumnType::Uuid, Value::Uuid(_))
        | (ColumnType::Json, Value::Json(_))
        | (ColumnType::Binary, Value::Bytes(_)) => Some(value.clone()),
        (ColumnType::Integer, Value::Decimal(decimal)) if decimal.is_integer() => {
            Some(value.as_i64().map_or_else(|| Value::Decimal(decimal.clone()), Value::Int))
        }
        (ColumnType::Integer, Value::Float(float)) if float.fract() == 0.0 => {
            return coerce(&Value::Text(float.to_string()), column_type, field);
        }
        (ColumnType::Float, Value::Int(_) | Value::Decimal(_)) => value.as_f64().map(Value::Float),
        (ColumnType::Decimal, Value::Int(int)) => Some(Value::Decimal(BigDecimal::from(*int))),
        (ColumnType::Decimal, Value::Float(float)) => super::decimal_from_float(*float).map(Value::Decimal),
        (ColumnType::Timestamp, Value::DateTime(at)) => Some(Value::Timestamp(at.and_utc())),
        (ColumnType::DateTime, Value::Timestamp(at)) => Some(Value::DateTime(at.naive_utc())),
        (ColumnType::Date, Value::DateTime(at)) => Some(Value::Date(at.date())),
        (ColumnType::Date, Value::Timestamp(at)) => Some(Value::Date(at.date_naive())),
        (ColumnType::Json, other) => Some(Value::Json(other.to_json())),
        (other, Value::Text(text)) => Value::parse(text, other),
        _ => None,
    };
    coerced.ok_or_else(|| {
        let shown: String = value.to_text().chars().take(40).collect();
        Error::invalid(format!(
            "The given value has a wrong type for \"{field}\": “{shown}” is not {}.",
            column_type.in_words()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_change_kind_only_without_loss() {
        let integer = |value| coerce(&value, &ColumnType::Integer, "id");
        assert_eq!(integer(Value::Decimal("3.0".parse().unwrap())).unwrap(), Value::Int(3));
        assert_eq!(integer(Value::Float(4.0)).unwrap(), Value::Int(4));
        let message = integer(Value::Float(4.5)).unwrap_err().to_string();
        assert_eq!(message, "The given value has a wrong type for \"id\": “4.5” is not a whole number.");
    }

    #[test]
    fn lists_are_checked_item_by_item() {
        let list = ColumnType::List(Box::new(ColumnType::Integer));
        assert!(coerce(&Value::List(vec![Value::Int(1), Value::Null]), &list, "tags").is_ok());
        assert!(coerce(&Value::List(vec![Value::Bool(true)]), &list, "tags").is_err());
    }
}
