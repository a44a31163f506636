//! Properties that are computed: what a closure of a form may answer.
//!
//! A closure gets a [`FormContext`] and answers, in the future, with a value or
//! with a [`Result`] of one, whichever reads better: `async move { true }` and
//! `async move { Ok(cx.count().await? > 10) }` are both conditions.

use std::future::Future;
use std::sync::Arc;

use levers_model::form::Choice;
use levers_ports::Computed;
use serde_json::Value as Json;

use crate::error::Result;
use crate::form_context::FormContext;

/// What a closure may answer where a `T` is wanted: a `T`, something that
/// becomes one without loss, or a [`Result`] of either.
///
/// ```
/// use levers::prelude::*;
///
/// // A plain value …
/// let _ = Field::string("reason").required_if(|cx| async move { cx.value::<bool>("urgent") == Some(true) });
/// // … or a result, where something can go wrong.
/// let _ = Field::string("reason").required_if(|cx| async move { Ok(cx.count().await? > 10) });
/// ```
pub trait Answer<T>: Send + 'static {
    /// The value, or why there is none.
    fn into_answer(self) -> Result<T>;
}

impl<T, A: Answer<T>> Answer<T> for Result<A> {
    fn into_answer(self) -> Result<T> {
        self.and_then(Answer::into_answer)
    }
}

macro_rules! answers {
    ($target:ty: $($source:ty),* $(,)?) => {
        $(impl Answer<$target> for $source {
            fn into_answer(self) -> Result<$target> {
                Ok(self.into())
            }
        })*
    };
}

answers!(bool: bool);
answers!(String: String, &'static str);
answers!(Json: Json, bool, i32, i64, u32, u64, f64, String, &'static str);

impl<V: Into<String> + Send + 'static> Answer<Option<String>> for Option<V> {
    fn into_answer(self) -> Result<Option<String>> {
        Ok(self.map(Into::into))
    }
}

impl<V: Into<Json> + Send + 'static> Answer<Json> for Option<V> {
    fn into_answer(self) -> Result<Json> {
        Ok(self.map_or(Json::Null, Into::into))
    }
}

impl<V: Into<Json> + Send + 'static> Answer<Json> for Vec<V> {
    fn into_answer(self) -> Result<Json> {
        Ok(self.into())
    }
}

macro_rules! list_answers {
    ($($item:ty),* $(,)?) => {
        $(impl<V: Into<$item> + Send + 'static> Answer<Vec<$item>> for Vec<V> {
            fn into_answer(self) -> Result<Vec<$item>> {
                Ok(self.into_iter().map(Into::into).collect())
            }
        }

        impl<V: Into<$item> + Send + 'static, const N: usize> Answer<Vec<$item>> for [V; N] {
            fn into_answer(self) -> Result<Vec<$item>> {
                Ok(self.into_iter().map(Into::into).collect())
            }
        })*
    };
}

list_answers!(String, Choice, crate::layout::Element);

/// Turns a closure into what the contract wants.
pub(crate) fn computed<T, F, Fut>(closure: F) -> Computed<T>
where
    F: Fn(FormContext) -> Fut + Send + Sync + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: Answer<T>,
    T: 'static,
{
    computed_as(closure, |value| value)
}

/// The same, when the answer is to be wrapped.
pub(crate) fn computed_as<A, T, F, Fut>(closure: F, wrap: impl Fn(A) -> T + Send + Sync + 'static) -> Computed<T>
where
    F: Fn(FormContext) -> Fut + Send + Sync + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: Answer<A>,
    A: 'static,
    T: 'static,
{
    let wrap = Arc::new(wrap);
    Computed::Dynamic(Arc::new(move |cx| {
        let answer = closure(FormContext::new(cx));
        let wrap = wrap.clone();
        Box::pin(async move { Ok(wrap(answer.await.into_answer()?)) })
    }))
}
