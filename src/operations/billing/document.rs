//! An invoice as a document for people.

use super::Refusal;
use crate::documents::{
    DocumentKind, DocumentLine, DocumentPayment, DocumentTax, InvoiceDocument, MAX_LINES, MAX_TEXT, Party,
};
use crate::domain::entities::decoded;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::tax::Rate;
use crate::domain::time::{parse_date, parse_date_time};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::gateways::Gateways;
use crate::store::billing::invoice_details::{InvoiceDetails, InvoiceHeader};
use crate::store::billing::invoice_documents::{self, Buyer, Seller, TaxName};
use crate::store::billing::payments::PaymentRow;

/// As many lines of the seller's address are shown at most.
const ADDRESS_LINES: usize = 12;

/// An invoice as a PDF.
#[derive(Debug)]
pub struct InvoicePdf {
    /// Such as `invoice-2026-0007.pdf`, in ASCII.
    pub filename: String,
    pub data: Vec<u8>,
}

/// Renders an invoice as a PDF. The database connection is given back before that.
pub async fn invoice_pdf(context: Context<'_>, id: InvoiceId) -> Result<InvoicePdf, Refusal> {
    let Context { db, documents, .. } = context;
    let details = store::billing::invoice_details::find(db, id).await?.ok_or(Refusal::InvoiceNotFound)?;
    if details.lines.len() + details.payments.len() > MAX_LINES {
        return Err(Refusal::DocumentTooLarge.into());
    }
    let seller = invoice_documents::seller(db).await?;
    let buyer = invoice_documents::buyer(db, details.invoice.client).await?.unwrap_or_default();
    let taxes = invoice_documents::tax_names(db, &buyer.country, &buyer.state).await?;
    let gateways = store::billing::gateways::active(db).await?;
    let document = document(details, seller, &buyer, &taxes, &gateways);
    if document.text_bytes() > MAX_TEXT {
        return Err(Refusal::DocumentTooLarge.into());
    }
    db.give_back();
    let filename = filename(document.kind, &document.number);
    Ok(InvoicePdf { filename, data: documents.invoice(document).await? })
}

fn document(
    details: InvoiceDetails,
    seller: Seller,
    buyer: &Buyer,
    taxes: &[TaxName],
    gateways: &Gateways,
) -> InvoiceDocument {
    let InvoiceDetails { invoice, lines, payments } = details;
    let status = Status::parse(&invoice.status);
    let paid = payments.iter().fold(Money::ZERO, |sum, payment| sum + (payment.amount_in - payment.amount_out));
    InvoiceDocument {
        kind: kind(status, seller.has_proforma && invoice.number.is_empty()),
        number: match invoice.number.is_empty() {
            true => invoice.id.to_string(),
            false => plain(&invoice.number),
        },
        date: parse_date(&invoice.date),
        due_date: parse_date(&invoice.due_date),
        paid_on: parse_date_time(&invoice.paid_at).map(|time| time.date()),
        status,
        seller: seller_party(&seller),
        buyer: buyer_party(buyer),
        payment_method: gateway_name(gateways, &invoice.payment_method),
        lines: lines
            .iter()
            .map(|line| DocumentLine {
                description: plain(&line.description),
                amount: line.amount,
                is_taxed: line.taxed != 0,
            })
            .collect(),
        subtotal: invoice.subtotal,
        taxes: document_taxes(&invoice, taxes),
        credit: invoice.credit,
        total: invoice.total,
        payments: payments.iter().map(|payment| document_payment(payment, gateways)).collect(),
        balance: invoice.total - paid,
        notes: plain(&invoice.notes),
        currency: buyer.currency(),
        language: buyer.language.clone(),
        date_format: seller.date_format,
    }
}

/// What an invoice is called. If the operator says so, it is proforma until it is paid or gets a number, which it keeps.
fn kind(status: Option<Status>, may_be_proforma: bool) -> DocumentKind {
    match status {
        Some(Status::Draft) => DocumentKind::Draft,
        Some(Status::Paid | Status::Refunded) => DocumentKind::Invoice,
        _ if may_be_proforma => DocumentKind::Proforma,
        _ => DocumentKind::Invoice,
    }
}

/// Texts are stored with HTML entities in the database of a WHMCS.
fn plain(text: &str) -> String {
    decoded(text).trim().to_owned()
}

/// The seller. Many operators begin the address with the name, which is shown once.
fn seller_party(seller: &Seller) -> Party {
    let name = plain(&seller.name);
    let pay_to = plain(&seller.pay_to);
    let lines = pay_to.lines().map(str::trim).filter(|line| *line != name).take(ADDRESS_LINES);
    Party { address: lines.map(str::to_owned).collect(), name, tax_id: String::new() }
}

fn buyer_party(buyer: &Buyer) -> Party {
    let person = plain(&format!("{} {}", buyer.first_name, buyer.last_name));
    let company = plain(&buyer.company);
    let (name, contact) = if company.is_empty() { (person, String::new()) } else { (company, person) };
    let city = plain(&format!("{} {}", buyer.postcode, buyer.city));
    let state = if buyer.state == buyer.city { String::new() } else { plain(&buyer.state) };
    let lines = [contact, plain(&buyer.address1), plain(&buyer.address2), city, state, plain(&buyer.country)];
    Party { name, address: lines.into_iter().filter(|line| !line.is_empty()).collect(), tax_id: plain(&buyer.tax_id) }
}

fn gateway_name(gateways: &Gateways, name: &str) -> String {
    plain(gateways.find(name).map_or(name, |gateway| &gateway.display_name))
}

/// The taxes of an invoice: those with an amount, with the names of the rules that have the invoice's rates.
fn document_taxes(invoice: &InvoiceHeader, names: &[TaxName]) -> Vec<DocumentTax> {
    let tax = |level: i64, rate: Rate, amount: Money| {
        let rule = names.iter().find(|rule| rule.level == level && rule.rate == rate);
        let name = rule.map(|rule| plain(&rule.name)).unwrap_or_default();
        (!amount.is_zero()).then_some(DocumentTax { name, rate, amount })
    };
    let both = [tax(1, invoice.rate, invoice.tax), tax(2, invoice.rate2, invoice.tax2)];
    both.into_iter().flatten().collect()
}

fn document_payment(payment: &PaymentRow, gateways: &Gateways) -> DocumentPayment {
    DocumentPayment {
        date: parse_date_time(&payment.date).map(|time| time.date()),
        method: gateway_name(gateways, &payment.gateway),
        transaction: plain(&payment.transaction),
        amount: payment.amount_in - payment.amount_out,
    }
}

/// The name of the file, which any file system takes.
fn filename(kind: DocumentKind, number: &str) -> String {
    let prefix = match kind {
        DocumentKind::Invoice => "invoice",
        DocumentKind::Proforma => "proforma",
        DocumentKind::Draft => "draft",
    };
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let number: String = number.chars().take(60).map(safe).collect();
    format!("{prefix}-{number}.pdf")
}
