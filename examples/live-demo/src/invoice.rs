//! A customer's invoice as PDF.
//!
//! Drawn with the fonts that every reader of PDF has, so that no font has to be
//! shipped. These know the letters of Western Europe; others become a `?`.

use chrono::NaiveDateTime;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};

/// What an invoice says.
pub(crate) struct Invoice {
    pub(crate) number: String,
    pub(crate) customer: String,
    pub(crate) company: Option<String>,
    pub(crate) email: String,
    pub(crate) lines: Vec<Line>,
}

/// One order on an invoice; the price is that of a single piece.
pub(crate) struct Line {
    pub(crate) day: NaiveDateTime,
    pub(crate) label: String,
    pub(crate) quantity: i64,
    pub(crate) price: f64,
}

impl Line {
    fn total(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody orders 2^52 chairs")]
        let quantity = self.quantity as f64;
        quantity * self.price
    }
}

const REGULAR: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");
/// A4, in points.
const SIZE: (f32, f32) = (595.0, 842.0);
const LEFT: f32 = 60.0;
/// Where the columns begin.
const COLUMNS: [f32; 5] = [60.0, 140.0, 340.0, 400.0, 480.0];
const LINES_ON_A_PAGE: usize = 34;

impl Invoice {
    /// The document.
    pub(crate) fn to_pdf(&self) -> Vec<u8> {
        let (catalog, tree, regular, bold) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4));
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.type1_font(regular).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
        pdf.type1_font(bold).base_font(Name(b"Helvetica-Bold")).encoding_predefined(Name(b"WinAnsiEncoding"));
        let contents = self.pages();
        let ids = |index: usize| {
            let first = 5 + 2 * i32::try_from(index).unwrap_or(i32::MAX / 4);
            (Ref::new(first), Ref::new(first + 1))
        };
        let pages = (0..contents.len()).map(|index| ids(index).0);
        pdf.pages(tree).kids(pages).count(i32::try_from(contents.len()).unwrap_or(i32::MAX));
        for (index, content) in contents.into_iter().enumerate() {
            let (page_id, content_id) = ids(index);
            let mut page = pdf.page(page_id);
            page.media_box(Rect::new(0.0, 0.0, SIZE.0, SIZE.1)).parent(tree).contents(content_id);
            page.resources().fonts().pair(REGULAR, regular).pair(BOLD, bold);
            page.finish();
            pdf.stream(content_id, &content.finish());
        }
        pdf.finish()
    }

    /// The pages, of which the first has the head and the last the sum.
    fn pages(&self) -> Vec<Content> {
        let mut pages = Vec::new();
        let mut page = Content::new();
        let mut y = self.head(&mut page);
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 && index % LINES_ON_A_PAGE == 0 {
                pages.push(std::mem::replace(&mut page, Content::new()));
                y = SIZE.1 - 80.0;
            }
            let day = line.day.format("%Y-%m-%d").to_string();
            let cells = [day, line.label.clone(), line.quantity.to_string(), money(line.price), money(line.total())];
            for (x, cell) in COLUMNS.into_iter().zip(&cells) {
                text(&mut page, REGULAR, 10.0, (x, y), cell);
            }
            y -= 16.0;
        }
        let total = self.lines.iter().map(Line::total).sum();
        text(&mut page, BOLD, 11.0, (COLUMNS[3], y - 12.0), "Total");
        text(&mut page, BOLD, 11.0, (COLUMNS[4], y - 12.0), &money(total));
        pages.push(page);
        pages
    }

    /// Draws title, address and headings; returns where the lines begin.
    fn head(&self, page: &mut Content) -> f32 {
        text(page, BOLD, 22.0, (LEFT, 770.0), &format!("Invoice {}", self.number));
        let address = [Some(self.customer.as_str()), self.company.as_deref(), Some(self.email.as_str())];
        let mut y = 735.0;
        for line in address.into_iter().flatten() {
            text(page, REGULAR, 11.0, (LEFT, y), line);
            y -= 15.0;
        }
        y -= 25.0;
        for (x, title) in COLUMNS.into_iter().zip(["Date", "Article", "Pieces", "Price", "Amount"]) {
            text(page, BOLD, 10.0, (x, y), title);
        }
        page.move_to(LEFT, y - 6.0).line_to(SIZE.0 - LEFT, y - 6.0).stroke();
        y - 24.0
    }
}

fn text(page: &mut Content, font: Name<'_>, size: f32, (x, y): (f32, f32), text: &str) {
    let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
    page.begin_text().set_font(font, size).next_line(x, y).show(Str(&bytes)).end_text();
}

fn money(amount: f64) -> String {
    format!("{amount:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_invoice_has_several_pages() {
        let line = || Line { day: NaiveDateTime::default(), label: "Lampe fenêtre".into(), quantity: 2, price: 10.5 };
        let invoice = |lines: usize| Invoice {
            number: "000001".into(),
            customer: "Ada Łoś".into(),
            company: None,
            email: "ada@example.com".into(),
            lines: (0..lines).map(|_| line()).collect(),
        };
        for (lines, pages) in [(0, 1), (34, 1), (35, 2), (103, 4)] {
            let pdf = invoice(lines).to_pdf();
            assert!(String::from_utf8_lossy(&pdf).contains(&format!("/Count {pages}")), "{lines} lines");
        }
        let pdf = invoice(2).to_pdf();
        assert!(String::from_utf8_lossy(&pdf).contains("42.00"));
    }
}
