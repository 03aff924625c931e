//! Domains after their day of expiry: their status, and the invoices for their renewal.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::Result;
use crate::database::writer::Subject;
use crate::domain::domain_name::DomainName;
use crate::domain::domains::status::{DomainStatus, LatePeriods};
use crate::domain::id::{CurrencyId, DomainId};
use crate::domain::invoice::{Line, LineKind};
use crate::domain::order::domain_price::LateStatus;
use crate::domain::time::parse_date;
use crate::events::{About, Event};
use crate::fault::Fault;
use crate::operations::Context;
use crate::operations::billing::{self, InvoiceUpdate, LineEdits, LockedInvoice};
use crate::operations::catalog::domain_prices::{DomainPrices, PriceTerms, PricedExtension};
use crate::store;
use crate::store::automation::domains::{self, DomainDates};
use crate::store::catalog::extensions::Extension;
use crate::store::clients::client::Client;
use crate::store::webhooks::events::raise;

/// Returns the domains that may have another status by this day.
pub async fn expired(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<Vec<DomainId>> {
    let domains = domains::expired(db, today).await?;
    if domains.is_empty() {
        return Ok(Vec::new());
    }
    let extensions = store::catalog::extensions::list(db, None).await?;
    let changes = domains.iter().filter(|domain| next_status(domain, periods(domain, &extensions), today).is_some());
    Ok(changes.map(|domain| domain.id).collect())
}

/// Whether a domain can be renewed no more: its last period after its day of expiry has passed.
pub async fn has_lapsed(db: &mut MySqlConnection, id: DomainId, today: NaiveDate) -> sqlx::Result<bool> {
    let Some(domain) = domains::find(db, id).await? else { return Ok(false) };
    let extensions = store::catalog::extensions::list(db, None).await?;
    Ok(next_status(&domain, periods(&domain, &extensions), today) == Some(DomainStatus::Expired))
}

/// The periods after its day of expiry in which a domain can be renewed.
fn periods(domain: &DomainDates, extensions: &[Extension]) -> LatePeriods {
    let extension = DomainName::parse(&domain.name).and_then(|name| {
        let is_of = |extension: &&Extension| extension.name.eq_ignore_ascii_case(name.extension());
        extensions.iter().filter(is_of).min_by_key(|extension| extension.id)
    });
    extension.map_or(LatePeriods::default(), |extension| LatePeriods {
        grace: if extension.grace_fee.decimal().is_sign_negative() { 0 } else { extension.grace_days },
        redemption: if extension.redemption_fee.decimal().is_sign_negative() { 0 } else { extension.redemption_days },
    })
}

/// Sets the status of a domain that has expired: Grace, Redemption or Expired, as its extension and `compat.domain_late_fees` say.
/// It stays as it is on the day of expiry itself, and while it is paid for beyond today, because its registrar may not have told the
/// new day of expiry yet. A status never goes back.
///
/// The fee of a period is added to the unpaid invoice for the renewal. Once the domain can be renewed no more, that line goes, and
/// the invoice is cancelled if there is no other. Returns the new status.
pub async fn expire(mut context: Context<'_>, id: DomainId, today: NaiveDate) -> Result<Option<DomainStatus>> {
    let Some(owner) = store::domains::registered::client_of(context.db, id).await? else { return Ok(None) };
    let open = domains::open_renewal(context.db, owner, id).await?;
    let (client, invoice) = match open {
        Some(invoice) => {
            let invoice = billing::lock_invoice(context.db, invoice).await?;
            (invoice.client.clone(), Some(invoice))
        }
        None => match store::clients::client::lock(context.db, owner).await? {
            Some(client) => (client, None),
            None => return Ok(None),
        },
    };
    let Some(domain) = domains::find(context.db, id).await? else { return Ok(None) };
    if domain.client != client.id || domains::open_renewal(context.db, client.id, id).await? != open {
        return Err(Fault::Vanished.into());
    }
    let prices = prices(&mut context, &client, &domain).await?;
    let extension = extension(&prices, &domain);
    let days = |status| extension.and_then(|extension| extension.late_period(status)).map_or(0, |period| period.days);
    let periods = LatePeriods { grace: days(LateStatus::Grace), redemption: days(LateStatus::Redemption) };
    let Some(status) = next_status(&domain, periods, today) else { return Ok(None) };
    let change = match &invoice {
        Some(invoice) => change(&mut context, invoice, &domain, extension, status).await?,
        None => None,
    };

    let mut tx = match (&invoice, change) {
        (Some(invoice), Some(change)) => billing::write_update(context, invoice, change).await?,
        _ => context.write(Subject::Client(client.id)).await?,
    };
    if !domains::set_status(&mut tx, &domain, status).await? {
        return Err(Fault::Vanished.into());
    }
    let line = format!("Domain Status Changed to {} - Domain ID: {id}", status.name());
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    raise(&mut tx, About::Client(client.id), &Event::DomainEdit { client: client.id, domain: id }).await?;
    Ok(Some(status))
}

/// Returns the status that a domain gets, if that is a later one than it has.
fn next_status(domain: &DomainDates, periods: LatePeriods, today: NaiveDate) -> Option<DomainStatus> {
    let due = parse_date(&domain.due);
    if due.is_some_and(|due| due >= today) {
        return None;
    }
    let expired_for = (today - parse_date(&domain.expires)?).num_days();
    DomainStatus::parse(&domain.status)?.after_expiry(expired_for, periods)
}

async fn prices(context: &mut Context<'_>, client: &Client, domain: &DomainDates) -> Result<DomainPrices> {
    let name = DomainName::parse(&domain.name);
    let extension = name.as_ref().map(DomainName::extension);
    // The fees depend on no client group.
    let terms = PriceTerms { currency: CurrencyId(client.currency), rate: client.currency_rate, group: 0 };
    Ok(DomainPrices::load(context.db, Some(extension.as_slice()), terms, context.compat).await?)
}

fn extension<'p>(prices: &'p DomainPrices, domain: &DomainDates) -> Option<&'p PricedExtension> {
    prices.find(DomainName::parse(&domain.name)?.extension())
}

/// Returns what becomes of the unpaid invoice for the renewal.
async fn change(
    context: &mut Context<'_>,
    invoice: &LockedInvoice,
    domain: &DomainDates,
    extension: Option<&PricedExtension>,
    status: DomainStatus,
) -> Result<Option<InvoiceUpdate>> {
    let domains = BTreeSet::from([domain.id.0]);
    if status == DomainStatus::Expired {
        return Ok(billing::without_renewal(context, invoice, &domains).await?);
    }
    let lines = store::billing::invoices::lines(context.db, invoice.balance.id).await?;
    let of_domain: Vec<_> = lines.iter().filter(|line| billing::is_for_renewal(line, &domains)).collect();
    // A fee that cannot be converted is not asked for.
    let fees = extension.and_then(|extension| extension.late_fees(status.late()).ok()).unwrap_or_default();
    let taxed = store::system::configuration::orders(context.db).await?.taxes_domains;
    let added = fees.into_iter().map(|fee| {
        let (kind, title) = match fee.status {
            LateStatus::Grace => (LineKind::DomainGraceFee, "Grace"),
            LateStatus::Redemption => (LineKind::DomainRedemptionFee, "Redemption"),
        };
        let description = format!("Domain {title} Period Fee - {}", domain.name);
        Line { kind, related: domain.id.0, description, amount: fee.amount, taxed }
    });
    let is_new = |line: &Line| !of_domain.iter().any(|stored| stored.kind == line.kind.name());
    let added: Vec<Line> = added.filter(is_new).collect();
    let lines = LineEdits { added, ..LineEdits::default() };
    Ok((!lines.added.is_empty()).then(|| InvoiceUpdate { lines, ..InvoiceUpdate::default() }))
}
