//! What an invoice says.

use chrono::NaiveDate;

use crate::domain::currency::Currency;
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::tax::Rate;

/// As many bytes are on a line.
const LINE_BYTES: usize = 60;

/// An invoice for people to read. Texts are plain, without HTML entities.
#[derive(Debug, Clone, Default)]
pub struct InvoiceDocument {
    pub kind: DocumentKind,
    /// The sequential number, or the id where there is none.
    pub number: String,
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub paid_on: Option<NaiveDate>,
    /// `None` for a status that WHMCS does not have.
    pub status: Option<Status>,
    pub seller: Party,
    pub buyer: Party,
    /// The display name of the payment method.
    pub payment_method: String,
    pub lines: Vec<DocumentLine>,
    pub subtotal: Money,
    /// The taxes that the invoice has.
    pub taxes: Vec<DocumentTax>,
    /// The client's credit that was applied.
    pub credit: Money,
    /// What is to be paid, after the credit.
    pub total: Money,
    pub payments: Vec<DocumentPayment>,
    /// What is left to pay.
    pub balance: Money,
    pub notes: String,
    pub currency: Currency,
    /// The client's language as WHMCS writes it, such as `german`; may be empty.
    pub language: String,
    /// As dates are written, such as `DD/MM/YYYY`; empty for that of WHMCS.
    pub date_format: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DocumentKind {
    #[default]
    Invoice,
    /// A demand for payment that becomes an invoice with its number when it is paid.
    Proforma,
    /// It was not published yet.
    Draft,
}

/// A seller or a buyer.
#[derive(Debug, Clone, Default)]
pub struct Party {
    pub name: String,
    /// The address, a line for each.
    pub address: Vec<String>,
    /// The number by which tax offices know it; may be empty.
    pub tax_id: String,
}

#[derive(Debug, Clone)]
pub struct DocumentLine {
    /// May have several lines.
    pub description: String,
    pub amount: Money,
    pub is_taxed: bool,
}

#[derive(Debug, Clone)]
pub struct DocumentTax {
    /// Such as `VAT`; empty if the operator has no rule with this rate.
    pub name: String,
    pub rate: Rate,
    pub amount: Money,
}

/// Money that came in, or that went out with a negative amount.
#[derive(Debug, Clone)]
pub struct DocumentPayment {
    pub date: Option<NaiveDate>,
    /// The display name of the gateway.
    pub method: String,
    pub transaction: String,
    pub amount: Money,
}

impl InvoiceDocument {
    /// The number of bytes of all texts whose length is not bounded by their columns. A line break counts as a line of text.
    pub fn text_bytes(&self) -> usize {
        let bytes = |text: &str| text.len() + LINE_BYTES * text.matches('\n').count();
        let lines = self.lines.iter().map(|line| bytes(&line.description));
        lines.sum::<usize>() + bytes(&self.notes)
    }
}
