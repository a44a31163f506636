//! What a condition may ask of a field, and of which types.

use serde::{Deserialize, Serialize};

use crate::schema::ColumnType;

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// A test of one field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Operator {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Operator {
            /// Every operator, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The operator's name in snake case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

operators! {
    /// The same value; null is equal to null.
    Equal = "equal",
    /// Another value; null differs from every value.
    NotEqual = "not_equal",
    /// Smaller.
    LessThan = "less_than",
    /// Greater.
    GreaterThan = "greater_than",
    /// Smaller or the same.
    LessThanOrEqual = "less_than_or_equal",
    /// Greater or the same.
    GreaterThanOrEqual = "greater_than_or_equal",
    /// Has a value that is not the empty text.
    Present = "present",
    /// Null or the empty text.
    Blank = "blank",
    /// Null.
    Missing = "missing",
    /// One of a list; null in the list matches null.
    In = "in",
    /// None of a list; null matches unless the list has null.
    NotIn = "not_in",
    /// SQL's LIKE with `%` and `_`, by case.
    Like = "like",
    /// The same without regard to case.
    ILike = "i_like",
    /// Holds the text, by case.
    Contains = "contains",
    /// Does not hold the text, by case.
    NotContains = "not_contains",
    /// Holds the text in whatever case.
    IContains = "i_contains",
    /// Does not hold the text in whatever case.
    NotIContains = "not_i_contains",
    /// Begins with the text, by case.
    StartsWith = "starts_with",
    /// Begins with the text in whatever case.
    IStartsWith = "i_starts_with",
    /// Ends with the text, by case.
    EndsWith = "ends_with",
    /// Ends with the text in whatever case.
    IEndsWith = "i_ends_with",
    /// Text with more characters than this number.
    LongerThan = "longer_than",
    /// Text with fewer characters than this number.
    ShorterThan = "shorter_than",
    /// A list that has all of these.
    IncludesAll = "includes_all",
    /// A list that has none of these.
    IncludesNone = "includes_none",
    /// Earlier than this instant.
    Before = "before",
    /// Later than this instant.
    After = "after",
    /// Earlier than so many hours ago.
    BeforeXHoursAgo = "before_x_hours_ago",
    /// Later than so many hours ago.
    AfterXHoursAgo = "after_x_hours_ago",
    /// Earlier than now.
    Past = "past",
    /// Later than now.
    Future = "future",
    /// The caller's today.
    Today = "today",
    /// The day before.
    Yesterday = "yesterday",
    /// The so many days before today.
    PreviousXDays = "previous_x_days",
    /// From so many days before today until now.
    PreviousXDaysToDate = "previous_x_days_to_date",
    /// The week before this one.
    PreviousWeek = "previous_week",
    /// This week until now.
    PreviousWeekToDate = "previous_week_to_date",
    /// The month before this one.
    PreviousMonth = "previous_month",
    /// This month until now.
    PreviousMonthToDate = "previous_month_to_date",
    /// The quarter before this one.
    PreviousQuarter = "previous_quarter",
    /// This quarter until now.
    PreviousQuarterToDate = "previous_quarter_to_date",
    /// The year before this one.
    PreviousYear = "previous_year",
    /// This year until now.
    PreviousYearToDate = "previous_year_to_date",
}

impl Operator {
    /// The operator of this name in snake case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }

    /// Whether a column of this type can be tested so.
    pub fn allowed_on(self, column: &ColumnType) -> bool {
        use Operator as O;
        match self {
            O::Equal | O::NotEqual | O::Present | O::Blank | O::Missing => true,
            // Dates too, although Forest's table leaves them out: a date can be a key, and keys are selected so.
            O::In | O::NotIn => !matches!(column, ColumnType::List(_)),
            O::LessThan | O::GreaterThan | O::LessThanOrEqual | O::GreaterThanOrEqual => {
                column.is_number() || matches!(column, ColumnType::Time)
            }
            O::Like
            | O::ILike
            | O::Contains
            | O::NotContains
            | O::IContains
            | O::NotIContains
            | O::StartsWith
            | O::IStartsWith
            | O::EndsWith
            | O::IEndsWith
            | O::LongerThan
            | O::ShorterThan => matches!(column, ColumnType::Text),
            O::IncludesAll | O::IncludesNone => matches!(column, ColumnType::List(_)),
            O::BeforeXHoursAgo | O::AfterXHoursAgo => {
                matches!(column, ColumnType::Timestamp | ColumnType::DateTime)
            }
            O::Before
            | O::After
            | O::Past
            | O::Future
            | O::Today
            | O::Yesterday
            | O::PreviousXDays
            | O::PreviousXDaysToDate
            | O::PreviousWeek
            | O::PreviousWeekToDate
            | O::PreviousMonth
            | O::PreviousMonthToDate
            | O::PreviousQuarter
            | O::PreviousQuarterToDate
            | O::PreviousYear
            | O::PreviousYearToDate => column.is_date(),
        }
    }

    /// The type that the operator's value must have on a column of this type;
    /// `None` when it takes no value.
    pub fn operand(self, column: &ColumnType) -> Option<ColumnType> {
        use Operator as O;
        match self {
            O::Present
            | O::Blank
            | O::Missing
            | O::Past
            | O::Future
            | O::Today
            | O::Yesterday
            | O::PreviousWeek
            | O::PreviousWeekToDate
            | O::PreviousMonth
            | O::PreviousMonthToDate
            | O::PreviousQuarter
            | O::PreviousQuarterToDate
            | O::PreviousYear
            | O::PreviousYearToDate => None,
            O::In | O::NotIn => Some(ColumnType::List(Box::new(column.clone()))),
            O::IncludesAll | O::IncludesNone => Some(match column {
                ColumnType::List(_) => column.clone(),
                other => ColumnType::List(Box::new(other.clone())),
            }),
            O::LongerThan
            | O::ShorterThan
            | O::BeforeXHoursAgo
            | O::AfterXHoursAgo
            | O::PreviousXDays
            | O::PreviousXDaysToDate => Some(ColumnType::Integer),
            O::Equal
            | O::NotEqual
            | O::LessThan
            | O::GreaterThan
            | O::LessThanOrEqual
            | O::GreaterThanOrEqual
            | O::Like
            | O::ILike
            | O::Contains
            | O::NotContains
            | O::IContains
            | O::NotIContains
            | O::StartsWith
            | O::IStartsWith
            | O::EndsWith
            | O::IEndsWith
            | O::Before
            | O::After => Some(column.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn names_are_found_again() {
        for operator in Operator::ALL {
            assert_eq!(Operator::from_name(operator.name()), Some(*operator));
        }
        assert_eq!(Operator::from_name("match"), None);
    }

    #[test]
    fn every_type_has_its_operators() {
        let mut table = String::new();
        for column in ColumnType::samples() {
            let names: Vec<_> = Operator::ALL.iter().filter(|o| o.allowed_on(&column)).map(|o| o.name()).collect();
            writeln!(table, "{column:?}: {}", names.join(" ")).unwrap();
        }
        insta::assert_snapshot!(table);
    }
}
