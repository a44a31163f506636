//! Records as authors read them.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use levers_model::{Collection, RecordId, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::error::{Error, Result};

/// Every column of the record's own collection, where a list of fields is asked for.
///
/// ```
/// use levers::prelude::*;
/// let _ = Action::single("Show").execute(|cx| async move {
///     let company = cx.record(ALL).await?;
///     Ok(Outcome::success(company.to_json().to_string()))
/// });
/// ```
pub const ALL: [&str; 0] = [];

/// A record that was read: the fields that were asked for, and its primary key.
///
/// ```
/// use levers::prelude::*;
/// let _ = Action::single("Greet").execute(|cx| async move {
///     let customer = cx.record(["firstname", "company:name"]).await?;
///     let name: String = customer.get("firstname")?;
///     let company: Option<String> = customer.get("company:name")?;
///     Ok(Outcome::success(format!("Hello {name} of {}", company.unwrap_or_default())))
/// });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    record: levers_model::Record,
    collection: Arc<Collection>,
}

impl Record {
    pub(crate) fn new(record: levers_model::Record, collection: Arc<Collection>) -> Self {
        Self { record, collection }
    }

    /// The value of a field, or of a field of a related record (`company:name`),
    /// as a Rust type. Ask for an `Option` where there may be no value.
    ///
    /// # Errors
    /// Internal when the field was not read, holds null and no `Option` was asked
    /// for, or has another type; each is a slip in the handler, so the text is for the log.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let order = cx.record(["quantity", "note"]).await?;
    /// let quantity: i64 = order.get("quantity")?;
    /// let note: Option<String> = order.get("note")?;
    /// # let _ = (quantity, note); Ok(Outcome::done()) });
    /// ```
    pub fn get<T: FromValue>(&self, path: &str) -> Result<T> {
        let name = &self.collection.name;
        let value = self.record.get(path).ok_or_else(|| {
            Error::internal(format!("“{path}” of “{name}” was not read: name it in the list of fields"))
        })?;
        T::from_value(value).ok_or_else(|| {
            Error::internal(format!("“{path}” of “{name}” is {value:?}, which is no {}", std::any::type_name::<T>()))
        })
    }

    /// The value of a field as the database holds it; null when it was not read.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let order = cx.record(["amount"]).await?;
    /// println!("{}", order.value("amount").to_text()); // every digit of a decimal
    /// # Ok(Outcome::done()) });
    /// ```
    pub fn value(&self, path: &str) -> &Value {
        self.record.get(path).unwrap_or(&Value::Null)
    }

    /// The record's identity; prints as packed id (`7`, or `7|fr` for a key of two columns).
    ///
    /// # Errors
    /// Refused when the collection has no primary key.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let id = cx.record(["name"]).await?.id()?;
    /// Ok(Outcome::redirect(format!("/companies/{id}")))
    /// # });
    /// ```
    pub fn id(&self) -> Result<RecordId> {
        Ok(self.record.id(&self.collection)?)
    }

    /// The record as JSON: decimals as text, instants as ISO 8601, related records nested.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let json = cx.record(["name", "company:name"]).await?.to_json();
    /// assert!(json["company"]["name"].is_string());
    /// # Ok(Outcome::done()) });
    /// ```
    pub fn to_json(&self) -> Json {
        self.record.to_json()
    }
}

/// A Rust type that a field's value can be read as.
///
/// Implemented for `String` (texts, UUIDs, dates and decimals print themselves),
/// `bool`, `i64`, `f64` (the nearest, for decimals too), `NaiveDate`, `NaiveTime`,
/// `NaiveDateTime`, `DateTime<Utc>`, `Uuid`, `Vec<u8>`, JSON, [`Value`], and an
/// `Option` of each, which is `None` for null.
///
/// ```
/// use levers::{FromValue, Value};
/// assert_eq!(i64::from_value(&Value::Int(7)), Some(7));
/// assert_eq!(<Option<i64>>::from_value(&Value::Null), Some(None));
/// assert_eq!(i64::from_value(&Value::Null), None);
/// ```
pub trait FromValue: Sized {
    /// The value, unless it is of another sort.
    fn from_value(value: &Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}

macro_rules! from_value {
    ($($type:ty: $value:ident => $read:expr),* $(,)?) => {
        $(impl FromValue for $type {
            fn from_value($value: &Value) -> Option<Self> {
                $read
            }
        })*
    };
}

from_value! {
    Value: value => Some(value.clone()),
    String: value => (!value.is_null()).then(|| value.to_text()),
    bool: value => value.as_bool().or_else(|| value.as_i64().map(|int| int != 0)),
    i64: value => value.as_i64(),
    f64: value => value.as_f64(),
    Json: value => Some(value.to_json()),
    NaiveDate: value => match value {
        Value::Date(date) => Some(*date),
        Value::DateTime(at) => Some(at.date()),
        Value::Timestamp(at) => Some(at.date_naive()),
        _ => None,
    },
    NaiveTime: value => if let Value::Time(time) = value { Some(*time) } else { None },
    NaiveDateTime: value => if let Value::DateTime(at) = value { Some(*at) } else { None },
    DateTime<Utc>: value => match value {
        Value::Timestamp(at) => Some(*at),
        Value::DateTime(at) => Some(at.and_utc()),
        _ => None,
    },
    Uuid: value => if let Value::Uuid(uuid) = value { Some(*uuid) } else { None },
    Vec<u8>: value => if let Value::Bytes(bytes) = value { Some(bytes.clone()) } else { None },
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::FieldPath;

    fn record(value: Value) -> Record {
        let collection = Collection {
            name: "orders".into(),
            fields: [].into_iter().collect(),
            primary_key: Vec::new(),
            read_only: false,
        };
        Record::new(levers_model::Record::new([FieldPath::from("amount")].into(), vec![value]), Arc::new(collection))
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let decimal = Value::Decimal("12.50".parse().unwrap());
        assert!((record(decimal.clone()).get::<f64>("amount").unwrap() - 12.5).abs() < f64::EPSILON);
        assert_eq!(record(decimal).get::<String>("amount").unwrap(), "12.50");
        assert_eq!(record(Value::Null).get::<Option<f64>>("amount").unwrap(), None);
    }

    #[test]
    fn a_slip_is_told_to_the_log_alone() {
        for (value, path) in [(Value::Null, "amount"), (Value::Text("x".into()), "amount"), (Value::Null, "other")] {
            let error = record(value).get::<f64>(path).unwrap_err();
            assert!(error.internal_text().unwrap().contains(path), "{error:?}");
            assert!(!error.message().contains(path));
        }
    }
}
