//! Commissions of affiliates for paid lines.
//!
//! What a line gives for a service that an affiliate brought includes the affiliate's commission: it is credited with the
//! settlement entry of the line, once, and taken back in proportion if the entry is reversed. The terms are read before the
//! first write; [`crate::domain::sales::commission`] calculates.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use sqlx::MySqlConnection;

use super::BilledLine;
use crate::config::{Affiliates, Compat, Settings};
use crate::database::writer::Writer;
use crate::domain::id::{AffiliateId, ClientId, InvoiceId};
use crate::domain::invoice::LineKind;
use crate::domain::money::Money;
use crate::domain::sales::commission::{Pay, Terms, proportion};
use crate::domain::settlement::{Invoice, Kind, NewEntry};
use crate::domain::tax::{self, Rates};
use crate::fault;
use crate::operations::billing::LockedInvoice;
use crate::operations::billing::taxes::tax_rules;
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::sales::affiliates::{self, GivenRow, NewCommission, TermsRow};

impl BilledLine {
    fn is_service(&self) -> bool {
        self.kind == LineKind::Hosting.name() && self.related > 0
    }
}

/// The commissions that a settlement can give, and those that were given.
#[derive(Debug, Default)]
pub(super) struct Commissions {
    /// By the line that gives it.
    due: HashMap<i64, DueCommission>,
    /// By the line that gave it.
    given: HashMap<i64, GivenRow>,
    delay_days: u32,
}

/// A commission for a line that is paid as a whole.
#[derive(Debug, Clone, Copy)]
struct DueCommission {
    affiliate: AffiliateId,
    account: i64,
    line_amount: Money,
    amount: Money,
}

impl Commissions {
    /// Reads the commissions of a stored invoice and of those that it pays, as they are, with `changed` in place of the
    /// lines of the invoice itself.
    pub async fn of_invoice(
        db: &mut MySqlConnection,
        settings: &Settings,
        invoice: &LockedInvoice,
        changed: Option<Vec<BilledLine>>,
    ) -> sqlx::Result<Commissions> {
        let states = || std::iter::once(&invoice.state).chain(invoice.child_invoices.values());
        let has_services = |state: &&Invoice| {
            let lines = state.lines.iter().map(|line| line.kind);
            lines.chain(state.entries.iter().map(|entry| entry.kind)).any(|kind| kind == Kind::Hosting)
        };
        let ids: BTreeSet<InvoiceId> = states().filter(has_services).map(|state| state.id).collect();
        let changed = changed.filter(|lines| lines.iter().any(BilledLine::is_service));
        if ids.is_empty() && changed.is_none() {
            return Ok(Commissions::default());
        }
        let given = affiliates::given(db, ids.iter().copied()).await?;
        let mut lines = changed.unwrap_or_default();
        let is_changed = !lines.is_empty();
        for id in ids.into_iter().filter(|id| !is_changed || *id != invoice.state.id) {
            let stored = store::billing::invoices::lines(db, id).await?;
            lines.extend(stored.into_iter().map(BilledLine::stored));
        }
        let rates = Rates { first: invoice.balance.rate, second: invoice.balance.rate2 };
        Commissions::read(db, settings, &invoice.client, rates, &lines, given).await
    }

    /// Reads the commissions of an invoice that is about to be written.
    pub async fn of_new(
        db: &mut MySqlConnection,
        settings: &Settings,
        client: &Client,
        new: &NewInvoice,
        lines: &[BilledLine],
    ) -> sqlx::Result<Commissions> {
        Commissions::read(db, settings, client, new.rates, lines, Vec::new()).await
    }

    async fn read(
        db: &mut MySqlConnection,
        settings: &Settings,
        payer: &Client,
        rates: Rates,
        lines: &[BilledLine],
        given: Vec<GivenRow>,
    ) -> sqlx::Result<Commissions> {
        let Affiliates { delay_days, .. } = settings.affiliates;
        let given: HashMap<i64, GivenRow> = given.into_iter().map(|given| (given.line, given)).collect();
        let services: BTreeSet<i64> = lines.iter().filter(|line| line.is_service()).map(|line| line.related).collect();
        let rows = match services.is_empty() {
            true => Vec::new(),
            false => affiliates::terms(db, services.into_iter()).await?,
        };
        if rows.is_empty() {
            return Ok(Commissions { due: HashMap::new(), given, delay_days });
        }
        let base = Base::read(db, &settings.compat, rates, lines).await?;
        let due = lines.iter().filter(|line| line.is_service()).filter_map(|line| {
            let row = rows.iter().find(|row| row.service == line.related)?;
            let amount = terms(row, line.invoice, payer, &settings.affiliates).commission(base.of(line));
            let TermsRow { affiliate, account, .. } = *row;
            Some((line.id, DueCommission { affiliate, account, line_amount: line.amount, amount }))
        });
        Ok(Commissions { due: due.collect(), given, delay_days })
    }

    /// Gives the lines that have been written since this was read their ids, as
    /// [`Plan::set_line_ids`](crate::domain::settlement::Plan::set_line_ids) does.
    pub fn set_line_ids(&mut self, ids: &[i64]) {
        for (number, id) in (1..).zip(ids) {
            if let Some(due) = self.due.remove(&-number) {
                self.due.insert(*id, due);
            }
        }
    }

    /// Credits the commission of a new settlement entry, with the id of its row, or takes some back if the entry reverses
    /// another one.
    pub async fn settle(
        &mut self,
        tx: &mut Writer<'_>,
        client: ClientId,
        entry: &NewEntry,
        id: i64,
    ) -> fault::Result<()> {
        let commission = match entry.reverses {
            None => self.credit_for(entry, id),
            Some(_) => self.take_back_for(entry, id),
        };
        let Some(commission) = commission else { return Ok(()) };
        affiliates::add_commission(tx, &commission).await?;
        let NewCommission { affiliate, invoice, amount, account, .. } = commission;
        if amount.is_zero() {
            return Ok(());
        }
        let done = if amount.is_positive() {
            affiliates::set_last_paid(tx, account).await?;
            match self.delay_days {
                0 => affiliates::credit(tx, &commission, "").await?,
                days => {
                    affiliates::add_pending(tx, &commission, clearing_day(tx.now.date(), days)).await?;
                }
            }
            "Commission"
        } else {
            if !affiliates::reduce_pending(tx, &commission, -amount).await? {
                let description = format!("Commission Taken Back from Invoice #{invoice}");
                affiliates::credit(tx, &commission, &description).await?;
            }
            "Commission Taken Back"
        };
        let line = format!("{done} - Affiliate ID: {affiliate} - Invoice ID: {invoice} - Amount: {amount}");
        Ok(store::system::activity::log(tx, Some(client), &line).await?)
    }

    fn credit_for(&mut self, entry: &NewEntry, id: i64) -> Option<NewCommission> {
        let due = self.due.get(&entry.line).filter(|_| entry.related > 0)?;
        let amount = proportion(due.amount, entry.amount, due.line_amount);
        if !amount.is_positive() {
            return None;
        }
        let DueCommission { affiliate, account, .. } = *due;
        let NewEntry { invoice, line, amount: paid, .. } = *entry;
        let given = self.given.entry(line).or_insert(GivenRow {
            invoice,
            line,
            affiliate,
            account,
            paid: Money::ZERO,
            amount: Money::ZERO,
        });
        (given.paid, given.amount) = (given.paid + paid, given.amount + amount);
        Some(NewCommission { entry: id, affiliate, account, invoice, line, paid, amount })
    }

    fn take_back_for(&mut self, entry: &NewEntry, id: i64) -> Option<NewCommission> {
        let given = self.given.get_mut(&entry.line)?;
        let left = (given.paid + entry.amount).max(Money::ZERO);
        let kept = proportion(given.amount, left, given.paid);
        let amount = kept - given.amount;
        let GivenRow { invoice, line, affiliate, account, .. } = *given;
        let paid = left - given.paid;
        (given.paid, given.amount) = (left, kept);
        Some(NewCommission { entry: id, affiliate, account, invoice, line, paid, amount })
    }
}

/// Returns the day this many days later, or the last one of the database's calendar.
fn clearing_day(today: NaiveDate, days: u32) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(today);
    today.checked_add_days(Days::new(days.into())).map_or(last, |day| day.min(last))
}

fn terms(row: &TermsRow, invoice: InvoiceId, payer: &Client, settings: &Affiliates) -> Terms {
    let is_other_invoice = row.was_paid && row.paid_invoice != invoice.0;
    Terms {
        product: Pay::parse(&row.product_pay, row.product_amount),
        affiliate: Pay::parse(&row.affiliate_pay, row.affiliate_amount),
        default_percentage: settings.percentage.0.decimal(),
        is_once: row.is_once,
        was_paid: is_other_invoice,
        affiliate_rate: row.rate,
        payer_rate: payer.currency_rate,
    }
}

/// From what the commission of each line is calculated.
struct Base {
    /// By the line.
    amounts: HashMap<i64, Money>,
}

impl Base {
    /// Calculates what is paid for each service without tax: its line, with the set-up fee and less the discount of a
    /// promotion, which belong to the first line of the service on the invoice.
    async fn read(db: &mut MySqlConnection, compat: &Compat, rates: Rates, lines: &[BilledLine]) -> sqlx::Result<Base> {
        let configuration = store::system::configuration::read(db).await?;
        let rules = tax_rules(&configuration, compat);
        let mut seen = BTreeSet::new();
        let mut amounts = HashMap::new();
        for line in lines.iter().filter(|line| line.is_service()) {
            let mut parts = vec![(line.amount, line.taxed)];
            if seen.insert((line.invoice, line.related)) {
                let belongs = |other: &&BilledLine| {
                    let kinds = [LineKind::Setup.name(), LineKind::PromoHosting.name()];
                    let is_extra = kinds.contains(&&*other.kind);
                    is_extra && (other.invoice, other.related) == (line.invoice, line.related)
                };
                parts.extend(lines.iter().filter(belongs).map(|other| (other.amount, other.taxed)));
            }
            let base = tax::totals(&parts, rates, rules).map_or(Money::ZERO, |totals| totals.subtotal);
            amounts.insert(line.id, base.max(Money::ZERO));
        }
        Ok(Base { amounts })
    }

    fn of(&self, line: &BilledLine) -> Money {
        self.amounts.get(&line.id).copied().unwrap_or(Money::ZERO)
    }
}
