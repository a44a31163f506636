//! Where a form's fields stand: rows, separators, text and pages.

use std::future::Future;

use levers_ports::{Computed, ElementDeclaration};

use crate::field::Field;
use crate::form_context::FormContext;
use crate::property::{Answer, computed};

/// A piece of a form: a [`Field`], [`Row`], [`Separator`], [`Html`] or [`Page`].
///
/// ```
/// use levers::prelude::*;
/// let pieces: Vec<Element> = vec![Field::string("name").into(), Separator::new().into(), Html::new("<p>Hi</p>").into()];
/// # let _ = pieces;
/// ```
#[derive(Debug, Clone)]
pub struct Element(ElementDeclaration);

impl From<ElementDeclaration> for Element {
    fn from(declaration: ElementDeclaration) -> Self {
        Self(declaration)
    }
}

impl From<Element> for ElementDeclaration {
    fn from(element: Element) -> Self {
        element.0
    }
}

impl From<Field> for Element {
    fn from(field: Field) -> Self {
        Self(ElementDeclaration::Field(Box::new(field.into())))
    }
}

macro_rules! visible_if {
    () => {
        /// Shows it only when the closure says so.
        ///
        /// ```
        /// # use levers::prelude::*;
        /// let _ = Separator::new().visible_if(|cx| async move { cx.value::<bool>("gift") == Some(true) });
        /// let _ = Page::new().visible_if(|cx| async move { Ok(cx.count().await? > 1) });
        /// ```
        pub fn visible_if<F, Fut>(mut self, condition: F) -> Self
        where
            F: Fn(FormContext) -> Fut + Send + Sync + 'static,
            Fut: Future + Send + 'static,
            Fut::Output: Answer<bool>,
        {
            self.condition = Some(computed(condition));
            self
        }
    };
}

/// Fields side by side. Clients have room for two.
///
/// ```
/// use levers::prelude::*;
/// let name = Row::new(Field::string("firstname"), Field::string("lastname"))
///     .visible_if(|cx| async move { cx.value::<bool>("is_company") != Some(true) });
/// # let _ = name;
/// ```
#[derive(Debug, Clone)]
pub struct Row {
    fields: Vec<Field>,
    condition: Option<Computed<bool>>,
}

impl Row {
    /// Two fields side by side.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Row::new(Field::string("firstname"), Field::string("lastname"));
    /// ```
    pub fn new(left: Field, right: Field) -> Self {
        Self { fields: vec![left, right], condition: None }
    }

    /// One field more.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Row::new(Field::number("x"), Field::number("y")).with(Field::number("z"));
    /// ```
    pub fn with(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    visible_if!();
}

impl From<Row> for Element {
    fn from(row: Row) -> Self {
        let fields = row.fields.into_iter().map(Into::into).collect();
        Self(ElementDeclaration::Row { fields, condition: row.condition })
    }
}

/// A line between two parts of a form.
///
/// ```
/// use levers::prelude::*;
/// let line = Separator::new().visible_if(|cx| async move { cx.value::<String>("kind").is_some() });
/// # let _ = line;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Separator {
    condition: Option<Computed<bool>>,
}

impl Separator {
    /// A line.
    pub fn new() -> Self {
        Self::default()
    }

    visible_if!();
}

impl From<Separator> for Element {
    fn from(separator: Separator) -> Self {
        Self(ElementDeclaration::Separator { condition: separator.condition })
    }
}

/// Text with markup, shown sanitised. Text from data goes through
/// [`escape_html`](crate::escape_html) first.
///
/// ```
/// use levers::prelude::*;
/// let hint = Html::new("<p>Amounts are in <b>euros</b>.</p>");
/// let sum = Html::computed(|cx| async move { Ok(format!("<p>{} records</p>", cx.count().await?)) });
/// # let _ = (hint, sum);
/// ```
#[derive(Debug, Clone)]
pub struct Html {
    content: Computed<String>,
    condition: Option<Computed<bool>>,
}

impl Html {
    /// Markup that is the same for everybody.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Html::new("<p>Amounts are in <b>euros</b>.</p>");
    /// ```
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into().into(), condition: None }
    }

    /// Markup that depends on the caller, the selection or the values.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Html::computed(|cx| async move { format!("<p>Hello {}</p>", escape_html(&cx.caller().full_name())) });
    /// ```
    pub fn computed<F, Fut>(content: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<String>,
    {
        Self { content: computed(content), condition: None }
    }

    visible_if!();
}

impl From<Html> for Element {
    fn from(html: Html) -> Self {
        Self(ElementDeclaration::Html { content: html.content, condition: html.condition })
    }
}

/// A step of a form of several. A form with pages consists of pages only, and
/// there are no pages on pages.
///
/// ```
/// use levers::prelude::*;
/// let import = Action::global("Import")
///     .with(Page::new().next_label("Options").with(Field::file("csv").required()))
///     .with(Page::new().previous_label("Back to the file").with(Field::boolean("skip_errors")));
/// # let _ = import;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Page {
    next_label: Option<String>,
    previous_label: Option<String>,
    elements: Vec<ElementDeclaration>,
    condition: Option<Computed<bool>>,
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the button to the next page says.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Page::new().next_label("Options");
    /// ```
    pub fn next_label(mut self, label: impl Into<String>) -> Self {
        self.next_label = Some(label.into());
        self
    }

    /// What the button to the page before says.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Page::new().previous_label("Back to the file");
    /// ```
    pub fn previous_label(mut self, label: impl Into<String>) -> Self {
        self.previous_label = Some(label.into());
        self
    }

    /// Puts a field, row, separator or text below the others.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Page::new().with(Field::file("csv").required()).with(Separator::new());
    /// ```
    pub fn with(mut self, element: impl Into<Element>) -> Self {
        self.elements.push(element.into().into());
        self
    }

    visible_if!();
}

impl From<Page> for Element {
    fn from(page: Page) -> Self {
        let Page { next_label, previous_label, elements, condition } = page;
        Self(ElementDeclaration::Page { next_label, previous_label, elements, condition })
    }
}
