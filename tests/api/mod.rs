//! One file for each action: what it replies, what it writes, what it refuses.

mod access;
mod add_credit;
mod add_credit_api;
mod add_invoice_payment;
mod add_promo_code;
mod add_transaction;
mod amounts;
mod apply_credit;
mod audit;
mod create_invoice;
mod demo;
mod foreign_schema;
mod formats;
mod get_credits;
mod get_invoice;
mod get_invoices;
mod get_products;
mod get_products_active;
mod get_products_groups;
mod get_transactions;
mod idempotency;
mod log;
mod payment_data;
mod transactions;
mod update_invoice;
