//! What goes wrong in an author's code.
//!
//! A handler meets errors of two sorts: those that it raises on purpose, in
//! words for whoever asked, and those of the libraries it calls, whose words
//! are for nobody but the log. [`Error`] is both: constructors for the first,
//! `?` for the second.
//!
//! Rejected: the model's own error as the handlers' type. It is an
//! `std::error::Error` itself, so it cannot be made from every other one.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::ops::Deref;

use levers_model::FieldError;
use levers_model::error::Error as ModelError;

/// The result of an author's code.
///
/// ```
/// fn vat(net: &str) -> levers::Result<f64> {
///     let net: f64 = net.parse()?; // a ParseFloatError: logged, and nobody sees its text
///     if net < 0.0 {
///         return Err(levers::Error::refused("Refunds are not taxed.")); // everybody sees this one
///     }
///     Ok(net * 0.2)
/// }
/// assert!(vat("12").is_ok());
/// assert_eq!(vat("-1").unwrap_err().message(), "Refunds are not taxed.");
/// assert!(!vat("secret").unwrap_err().message().contains("invalid float"));
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler, a form or the start of the program broke off.
///
/// The text given to a constructor is shown to whoever asked, so it should be a
/// sentence that says what happened and what to do. Errors of other libraries
/// that pass through `?` become *internal*: their text goes to the log, and the
/// caller reads that something went wrong. Errors of Levers itself keep their text.
///
/// It dereferences to [`levers_model::Error`], which knows its
/// [kind](levers_model::Error::kind), [message](levers_model::Error::message) and
/// [fields](levers_model::Error::fields).
///
/// ```
/// use levers::{Error, ErrorKind};
///
/// let error = Error::refused("The order was shipped already.");
/// assert_eq!(error.kind(), ErrorKind::Refused);
///
/// let disk = std::io::Error::other("/srv/secret: disk full");
/// let error = Error::from(disk);
/// assert_eq!(error.kind(), ErrorKind::Internal);
/// assert!(!error.to_string().contains("/srv"));
/// ```
pub struct Error(ModelError);

impl Error {
    /// The input is wrong as a whole.
    ///
    /// ```
    /// let error = levers::Error::invalid("The two dates are the wrong way round.");
    /// assert_eq!(error.kind(), levers::ErrorKind::Invalid);
    /// ```
    pub fn invalid(message: impl Into<String>) -> Self {
        Self(ModelError::invalid(message))
    }

    /// The value of one field of the form is wrong; the message is shown beside it.
    ///
    /// ```
    /// let error = levers::Error::invalid_field("amount", "At most 100 at a time.");
    /// assert_eq!(error.fields()[0].field, "amount");
    /// ```
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(ModelError::invalid_fields(vec![FieldError::new(field, message)]))
    }

    /// Several fields of the form are wrong.
    ///
    /// ```
    /// use levers::{Error, FieldError};
    /// let error = Error::invalid_fields(vec![
    ///     FieldError::new("from", "A day is required."),
    ///     FieldError::new("to", "A day is required."),
    /// ]);
    /// assert_eq!(error.fields().len(), 2);
    /// ```
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        Self(ModelError::invalid_fields(fields))
    }

    /// The caller may not do this.
    ///
    /// ```
    /// let error = levers::Error::forbidden("Only the finance team refunds more than 1000.");
    /// assert_eq!(error.kind(), levers::ErrorKind::Forbidden);
    /// ```
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self(ModelError::forbidden(message))
    }

    /// The state of things refuses a sensible request.
    ///
    /// ```
    /// let error = levers::Error::refused("The order was shipped already.");
    /// assert_eq!(error.kind(), levers::ErrorKind::Refused);
    /// ```
    pub fn refused(message: impl Into<String>) -> Self {
        Self(ModelError::refused(message))
    }

    /// Something that was named does not exist.
    ///
    /// ```
    /// let error = levers::Error::not_found("There is no voucher “SPRING”.");
    /// assert_eq!(error.kind(), levers::ErrorKind::NotFound);
    /// ```
    pub fn not_found(message: impl Into<String>) -> Self {
        Self(ModelError::not_found(message))
    }

    /// A service behind cannot be reached now; trying again may help.
    ///
    /// ```
    /// assert!(levers::Error::unavailable("The bank does not answer. Try again in a minute.").retryable());
    /// ```
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self(ModelError::unavailable(message))
    }

    /// A fault that the caller can do nothing about. The text goes to the log only.
    ///
    /// ```
    /// let error = levers::Error::internal("the price list has no currency");
    /// assert_eq!(error.internal_text(), Some("the price list has no currency"));
    /// assert!(!error.message().contains("price list"));
    /// ```
    pub fn internal(text: impl fmt::Display) -> Self {
        Self(ModelError::internal(text))
    }
}

impl Deref for Error {
    type Target = ModelError;

    fn deref(&self) -> &ModelError {
        &self.0
    }
}

/// The public text.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Both texts, for the log and for a `main` that returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        self.internal_text().map_or(Ok(()), |text| write!(f, " ({text})"))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let text = with_causes(&error);
        let any: Box<dyn Any> = Box::new(error);
        any.downcast::<ModelError>().map_or_else(|_| Self::internal(text), |error| Self(*error))
    }
}

impl From<Error> for ModelError {
    fn from(error: Error) -> Self {
        error.0
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::ErrorKind;

    #[test]
    fn errors_of_levers_keep_what_they_are() {
        fn inner() -> levers_model::Result<()> {
            Err(ModelError::conflict("Twice."))
        }
        fn outer() -> Result<()> {
            inner()?;
            Ok(())
        }
        let error = outer().unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "Twice."));
    }

    #[test]
    fn errors_of_others_show_nothing_and_log_everything() {
        fn read() -> Result<String> {
            Ok(std::fs::read_to_string("/no/such/file")?)
        }
        let error = read().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!error.to_string().contains("No such file"));
        assert!(error.internal_text().unwrap().contains("No such file"));
    }
}
