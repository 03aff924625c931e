//! Documents for people: an invoice as a PDF.
//!
//! [`InvoiceDocument`] is what an invoice says, with types: an operation builds it, and a form other than PDF would begin with it.
//! [`Renderer`] sets it: [`labels`] has the words, `text` turns characters into glyphs and lines, `invoice_pages` places them on
//! pages, and `canvas` writes these as a PDF. Nothing here reads a database or the clock: the same document gives the same
//! bytes.

mod canvas;
mod invoice;
mod invoice_pages;
pub mod labels;
mod renderer;
mod text;

pub use invoice::{DocumentKind, DocumentLine, DocumentPayment, DocumentTax, InvoiceDocument, Party};
pub use renderer::{MAX_LINES, MAX_TEXT, Renderer};
