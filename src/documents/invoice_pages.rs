//! Places an invoice on pages: a head with seller and title, the buyer and the dates, the lines with a head that each page
//! repeats, the totals, the payments and the notes.

use chrono::NaiveDate;

use super::canvas::{About, Color, Mark, PageSize};
use super::invoice::{DocumentKind, DocumentPayment, InvoiceDocument, Party};
use super::labels::Labels;
use super::text::{Line, Typesetter, Weight};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::time::to_local_format;

const MARGIN: f32 = 54.0;
const TOP: f32 = 56.0;
/// The space below the lines of a page, with the footer.
const BOTTOM: f32 = 72.0;
const AMOUNT_WIDTH: f32 = 120.0;
const PADDING: f32 = 10.0;
const TOTALS_WIDTH: f32 = 240.0;

const INK: Color = (0x1d, 0x25, 0x30);
const GRAY: Color = (0x6a, 0x73, 0x80);
const ACCENT: Color = (0x1f, 0x4e, 0x79);
const HAIRLINE: Color = (0xe3, 0xe7, 0xec);
const SHADE: Color = (0xf4, 0xf6, 0xf8);
const GREEN: (Color, Color) = ((0x17, 0x6b, 0x3f), (0xe3, 0xf4, 0xea));
const AMBER: (Color, Color) = ((0x92, 0x56, 0x00), (0xfd, 0xf0, 0xd9));
const PLAIN: (Color, Color) = (GRAY, (0xed, 0xf0, 0xf3));

#[derive(Debug, Clone, Copy)]
struct Style {
    size: f32,
    weight: Weight,
    color: Color,
}

const fn style(size: f32, weight: Weight, color: Color) -> Style {
    Style { size, weight, color }
}

const BODY: Style = style(9.5, Weight::Regular, INK);
const STRONG: Style = style(9.5, Weight::SemiBold, INK);
const QUIET: Style = style(9.5, Weight::Regular, GRAY);
const DETAIL: Style = style(8.5, Weight::Regular, GRAY);
const HEAD: Style = style(8.5, Weight::SemiBold, GRAY);
const SELLER: Style = style(15.0, Weight::SemiBold, ACCENT);
const TITLE: Style = style(24.0, Weight::Regular, INK);
const SUM: Style = style(11.5, Weight::SemiBold, INK);
const FOOTER: Style = style(8.0, Weight::Regular, GRAY);

/// Places an invoice on pages of this size.
pub fn pages(
    document: &InvoiceDocument,
    labels: &Labels,
    size: PageSize,
    typesetter: &mut Typesetter<'_>,
) -> (Vec<Vec<Mark>>, About) {
    let mut sheet = Sheet { document, labels, size, typesetter, pages: vec![Vec::new()], y: TOP };
    sheet.head();
    sheet.parties();
    sheet.lines();
    sheet.totals();
    sheet.payments();
    sheet.notes();
    sheet.footers();
    let title = format!("{} {}", sheet.title(), document.number);
    (sheet.pages, About { title, author: document.seller.name.clone(), language: labels.code.clone() })
}

/// The pages so far, and how far down the last one is filled.
struct Sheet<'s, 'd> {
    document: &'s InvoiceDocument,
    labels: &'s Labels,
    size: PageSize,
    typesetter: &'s mut Typesetter<'d>,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Sheet<'_, '_> {
    fn right(&self) -> f32 {
        self.size.width - MARGIN
    }

    fn width(&self) -> f32 {
        self.size.width - 2.0 * MARGIN
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn place(&mut self, line: Line, x: f32, baseline: f32, style: Style) {
        self.mark(Mark::Text { x, baseline, size: style.size, color: style.color, line });
    }

    /// Writes a text that begins here.
    fn text(&mut self, text: &str, x: f32, baseline: f32, style: Style) {
        let line = self.typesetter.line(text, style.weight);
        self.place(line, x, baseline, style);
    }

    /// Writes a text that begins here, cut where it is wider than the space.
    fn cell(&mut self, text: &str, x: f32, baseline: f32, width: f32, style: Style) {
        let line = self.typesetter.fitting(text, style.weight, width / style.size);
        self.place(line, x, baseline, style);
    }

    /// Writes a text that ends here, and returns its width.
    fn text_to(&mut self, text: &str, right: f32, baseline: f32, style: Style) -> f32 {
        let line = self.typesetter.line(text, style.weight);
        let width = line.width * style.size;
        self.place(line, right - width, baseline, style);
        width
    }

    fn area(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), color: Color) {
        self.mark(Mark::Area { x, y, width, height, radius: 0.0, color });
    }

    /// Begins another page unless this much space is left.
    fn need(&mut self, height: f32) -> bool {
        let has_space = self.y + height <= self.size.height - BOTTOM;
        if !has_space {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
        !has_space
    }

    fn amount(&self, amount: Money) -> String {
        self.document.currency.format(amount)
    }

    fn date(&self, date: NaiveDate) -> String {
        to_local_format(&date.to_string(), &self.document.date_format)
    }

    fn title(&self) -> &str {
        match self.document.kind {
            DocumentKind::Invoice => &self.labels.invoice,
            DocumentKind::Proforma => &self.labels.proforma,
            DocumentKind::Draft => &self.labels.draft,
        }
    }

    /// The seller to the left; the title and the status to the right.
    fn head(&mut self) {
        let (document, labels) = (self.document, self.labels);
        let (top, half) = (self.y, self.width() * 0.55);
        let mut y = top + 14.0;
        for (line, _) in self.typesetter.wrap(&document.seller.name, SELLER.weight, half / SELLER.size) {
            self.text(&line, MARGIN, y, SELLER);
            y += 19.0;
        }
        for line in &document.seller.address {
            for (line, _) in self.typesetter.wrap(line, DETAIL.weight, half / DETAIL.size) {
                self.text(&line, MARGIN, y, DETAIL);
                y += 12.5;
            }
        }
        let title = self.title().to_owned();
        self.text_to(&title, self.right(), top + 18.0, TITLE);
        let mut below_title = top + 30.0;
        if let Some(status) = document.status {
            let (ink, shade) = colors(status);
            let line = self.typesetter.line(labels.status(status), Weight::SemiBold);
            let (width, height) = (line.width * 8.5 + 18.0, 18.0);
            let (x, y) = (self.right() - width, below_title);
            self.mark(Mark::Area { x, y, width, height, radius: 9.0, color: shade });
            self.place(line, x + 9.0, y + 12.2, style(8.5, Weight::SemiBold, ink));
            below_title += height;
        }
        self.y = y.max(below_title) + 26.0;
    }

    /// The buyer to the left; number, dates and payment method to the right.
    fn parties(&mut self) {
        let (document, labels) = (self.document, self.labels);
        let top = self.y;
        let half = self.width() * 0.5;
        self.text(&labels.billed_to, MARGIN, top, HEAD);
        let mut y = top + 17.0;
        for (line, is_name) in self.party(&document.buyer) {
            let style = if is_name { STRONG } else { BODY };
            for (line, _) in self.typesetter.wrap(&line, style.weight, half / style.size) {
                self.text(&line, MARGIN, y, style);
                y += 13.5;
            }
        }
        let dated =
            [(&labels.date, document.date), (&labels.due_date, document.due_date), (&labels.paid_on, document.paid_on)];
        let mut facts = vec![(&labels.number, document.number.clone())];
        facts.extend(dated.into_iter().filter_map(|(label, date)| Some((label, self.date(date?)))));
        facts.push((&labels.payment_method, document.payment_method.clone()));
        let (x, mut fact_y) = (self.right() - TOTALS_WIDTH, top);
        for (label, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            self.text(label, x, fact_y, QUIET);
            let line = self.typesetter.fitting(value, Weight::Regular, TOTALS_WIDTH * 0.6 / BODY.size);
            self.place(line.clone(), self.right() - line.width * BODY.size, fact_y, BODY);
            fact_y += 16.5;
        }
        self.y = y.max(fact_y) + 18.0;
    }

    /// The lines of a party, and whether each is the name.
    fn party(&self, party: &Party) -> Vec<(String, bool)> {
        let mut lines = vec![(party.name.clone(), true)];
        lines.extend(party.address.iter().map(|line| (line.clone(), false)));
        if !party.tax_id.is_empty() {
            lines.push((format!("{}: {}", self.labels.tax_id, party.tax_id), false));
        }
        lines.retain(|(line, _)| !line.trim().is_empty());
        lines
    }

    fn table_head(&mut self) {
        let (height, labels) = (24.0, self.labels);
        self.area((MARGIN, self.y), (self.width(), height), SHADE);
        self.text(&labels.description, MARGIN + PADDING, self.y + 15.5, HEAD);
        self.text_to(&labels.amount, self.right() - PADDING, self.y + 15.5, HEAD);
        self.y += height;
    }

    fn lines(&mut self) {
        let document = self.document;
        let shows_taxed = document.lines.iter().any(|line| line.is_taxed) && !document.taxes.is_empty();
        let width = self.width() - AMOUNT_WIDTH - 2.0 * PADDING;
        self.need(80.0);
        self.table_head();
        for line in &document.lines {
            let first = self.typesetter.wrap(&line.description, BODY.weight, width / BODY.size);
            self.y += 9.0;
            let mut amount = Some(match line.is_taxed && shows_taxed {
                true => format!("{} *", self.amount(line.amount)),
                false => self.amount(line.amount),
            });
            for (text, is_first) in first {
                if self.need(14.0) {
                    self.table_head();
                    self.y += 9.0;
                }
                self.y += 13.0;
                let style = if is_first { BODY } else { DETAIL };
                self.text(&text, MARGIN + PADDING, self.y - 3.0, style);
                if let Some(amount) = amount.take() {
                    let right = self.right() - PADDING + if amount.ends_with('*') { self.asterisk() } else { 0.0 };
                    self.text_to(&amount, right, self.y - 3.0, BODY);
                }
            }
            self.y += 7.0;
            self.area((MARGIN, self.y), (self.width(), 0.6), HAIRLINE);
        }
        self.y += 16.0;
    }

    /// The width of the asterisk after an amount, which stands outside the column.
    fn asterisk(&mut self) -> f32 {
        self.typesetter.line(" *", Weight::Regular).width * BODY.size
    }

    fn totals(&mut self) {
        let (document, labels) = (self.document, self.labels);
        let mut rows = vec![(labels.subtotal.clone(), document.subtotal)];
        for tax in &document.taxes {
            let name = if tax.name.is_empty() { &labels.tax } else { &tax.name };
            rows.push((format!("{name} {}%", tax.rate.decimal().normalize()), tax.amount));
        }
        if !document.credit.is_zero() {
            rows.push((labels.credit.clone(), -document.credit));
        }
        let paid = document.payments.iter().fold(Money::ZERO, |sum, payment| sum + payment.amount);
        let height = 18.0 * f32::from(u8::try_from(rows.len()).unwrap_or(u8::MAX)) + 100.0;
        self.need(height);
        let (x, right, top) = (self.right() - TOTALS_WIDTH, self.right() - PADDING, self.y);
        for (label, amount) in rows {
            self.y += 18.0;
            self.total_row(&label, amount, x, right, QUIET, BODY);
        }
        self.y += 10.0;
        self.area((x, self.y), (TOTALS_WIDTH, 0.8), INK);
        self.y += 20.0;
        self.total_row(&labels.total, document.total, x, right, SUM, SUM);
        if !document.payments.is_empty() {
            self.y += 20.0;
            self.total_row(&labels.paid, -paid, x, right, QUIET, BODY);
        }
        let is_open = document.status.is_some_and(Status::is_open);
        if is_open || !document.payments.is_empty() || document.balance != document.total {
            self.y += 12.0;
            self.area((x, self.y), (TOTALS_WIDTH, 28.0), SHADE);
            self.y += 18.0;
            self.total_row(&labels.balance, document.balance, x, right, STRONG, STRONG);
        }
        if document.lines.iter().any(|line| line.is_taxed) && !document.taxes.is_empty() {
            self.text(&labels.taxed, MARGIN + PADDING, top + 18.0, DETAIL);
        }
        self.y += 34.0;
    }

    fn total_row(&mut self, label: &str, amount: Money, x: f32, right: f32, label_style: Style, style: Style) {
        let amount = self.amount(amount);
        let width = self.text_to(&amount, right, self.y, style);
        self.cell(label, x + PADDING, self.y, TOTALS_WIDTH - 3.0 * PADDING - width, label_style);
    }

    fn payments(&mut self) {
        let document = self.document;
        if document.payments.is_empty() {
            return;
        }
        self.need(90.0);
        self.payments_head();
        for payment in &document.payments {
            if self.need(20.0) {
                self.payments_head();
            }
            self.payment(payment);
        }
        self.y += 26.0;
    }

    /// Where the date, the method and the transaction of a payment begin, and the width of each.
    fn payment_columns(&self) -> [(f32, f32); 3] {
        let (start, room) = (MARGIN + PADDING, self.width() - AMOUNT_WIDTH - 2.0 * PADDING);
        let (date, method) = (room * 0.2, room * 0.32);
        [(start, date - 6.0), (start + date, method - 6.0), (start + date + method, room - date - method)]
    }

    fn payments_head(&mut self) {
        let labels = self.labels;
        self.area((MARGIN, self.y), (self.width(), 24.0), SHADE);
        let heads = [&labels.payments, &labels.payment_method, &labels.transaction];
        for ((x, width), head) in self.payment_columns().into_iter().zip(heads) {
            self.cell(head, x, self.y + 15.5, width, HEAD);
        }
        self.text_to(&labels.amount, self.right() - PADDING, self.y + 15.5, HEAD);
        self.y += 24.0;
    }

    fn payment(&mut self, payment: &DocumentPayment) {
        let date = payment.date.map(|date| self.date(date)).unwrap_or_default();
        let method = match payment.amount < Money::ZERO {
            true => format!("{} ({})", payment.method, self.labels.refunded),
            false => payment.method.clone(),
        };
        let style = style(9.0, Weight::Regular, INK);
        for ((x, width), text) in self.payment_columns().into_iter().zip([&date, &method, &payment.transaction]) {
            self.cell(text, x, self.y + 15.0, width, style);
        }
        let amount = self.amount(payment.amount);
        self.text_to(&amount, self.right() - PADDING, self.y + 15.0, style);
        self.y += 22.0;
        self.area((MARGIN, self.y), (self.width(), 0.6), HAIRLINE);
    }

    fn notes(&mut self) {
        let (document, labels) = (self.document, self.labels);
        if document.notes.trim().is_empty() {
            return;
        }
        let lines = self.typesetter.wrap(&document.notes, BODY.weight, self.width() / BODY.size);
        self.need(40.0);
        self.text(&labels.notes, MARGIN, self.y + 8.0, HEAD);
        self.y += 12.0;
        for (line, _) in lines {
            self.need(14.0);
            self.y += 13.5;
            self.text(&line, MARGIN, self.y, BODY);
        }
    }

    /// The seller, the number, and the number of each page.
    fn footers(&mut self) {
        let (pages, y) = (self.pages.len(), self.size.height - 36.0);
        let (left, right, width) = (MARGIN, self.right(), self.width());
        let own = format!("{}  ·  {} {}", self.document.seller.name, self.title(), self.document.number);
        for number in 0..pages {
            let name = self.typesetter.fitting(&own, Weight::Regular, width * 0.75 / FOOTER.size);
            let page = self.typesetter.line(&self.labels.page(number + 1, pages), Weight::Regular);
            let page_x = right - page.width * FOOTER.size;
            let text = |line, x| Mark::Text { x, baseline: y, size: FOOTER.size, color: FOOTER.color, line };
            let rule = Mark::Area { x: left, y: y - 14.0, width, height: 0.6, radius: 0.0, color: HAIRLINE };
            self.pages[number].extend([rule, text(name, left), text(page, page_x)]);
        }
    }
}

/// The colors of a status: of its letters, and behind them.
fn colors(status: Status) -> (Color, Color) {
    match status {
        Status::Paid => GREEN,
        Status::Unpaid | Status::Collections | Status::PaymentPending => AMBER,
        Status::Draft | Status::Cancelled | Status::Refunded => PLAIN,
    }
}
