//! A seeded client and the rows that belong to it.

use chrono::{NaiveDateTime, TimeDelta};

use super::rows::row;
use super::shop::{Currency, Shop};
use super::words::{self, COUNTRIES, Country};
use super::{SeedContext, ZERO};
use crate::domain::money::Money;
use crate::domain::random::Random;
use crate::domain::slug::slug;
use crate::domain::tax::{Rate, Rates};

pub struct Client<'s> {
    pub id: i64,
    pub user: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    /// The name of their domains, without the extension.
    pub domain: String,
    pub address: String,
    pub ip: String,
    pub currency: &'s Currency,
    pub gateway: &'s str,
    pub rates: Rates,
    pub joined: NaiveDateTime,
    country: &'static Country,
    city: &'static str,
    state: &'static str,
    postcode: String,
    phone: String,
    tax_id: String,
    is_exempt: bool,
}

impl<'s> Client<'s> {
    /// Returns `None` if the shop sells nothing.
    pub fn new(shop: &'s Shop, id: i64, user: i64, joined: NaiveDateTime, random: &mut Random) -> Option<Client<'s>> {
        // The smaller of two random numbers: countries at the front have more clients.
        let most = COUNTRIES.len() as u64;
        let country = COUNTRIES.get(usize::try_from(random.below(most).min(random.below(most))).ok()?)?;
        let (city, state) = *random.pick(country.cities)?;
        let (first_name, last_name) = (*random.pick(country.first_names)?, *random.pick(country.last_names)?);
        let is_company = random.percent(35);
        let company = match is_company {
            true => format!("{last_name} {} {}", random.pick(&words::TRADES)?, country.company),
            false => String::new(),
        };
        let name = if is_company { slug(&company) } else { format!("{}-{}", slug(first_name), slug(last_name)) };
        let domain = format!("{name}-{id}");
        let email = match is_company {
            true => format!("office@{domain}.example"),
            false => {
                let host = random.pick(&["example.com", "example.org", "example.net"])?;
                format!("{}.{}.{id}@{host}", slug(first_name), slug(last_name))
            }
        };
        let has_tax_id = is_company && !country.tax_id.is_empty();
        let tax_id =
            if has_tax_id { format!("{}{}", country.tax_id, filled("#########", random)) } else { String::new() };
        let is_exempt = has_tax_id && random.percent(50);
        let none = Rates { first: Rate::ZERO, second: Rate::ZERO };
        Some(Client {
            id,
            user,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            company,
            email,
            domain,
            address: random.pick(country.streets)?.replace('%', &random.between(1, 120).to_string()),
            // One of the networks that RFC 5737 reserves for documentation.
            ip: format!("203.0.113.{}", random.between(1, 254)),
            currency: shop.currency_of(country)?,
            gateway: random.pick(&shop.gateways)?,
            rates: if is_exempt { none } else { shop.rates_in(country.code, state) },
            joined,
            country,
            city,
            state,
            postcode: filled(country.postcode, random),
            phone: format!("+{}.{}", country.calling_code, filled(country.phone, random)),
            tax_id,
            is_exempt,
        })
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Formats an amount in the client's currency, for mails.
    pub fn format_amount(&self, amount: Money) -> String {
        format!("{}{amount}{}", self.currency.prefix, self.currency.suffix)
    }

    /// Writes the client with its user, and sometimes a contact and a note.
    pub fn write(&self, balance: Money, status: &str, updated: NaiveDateTime, context: &mut SeedContext<'_>) {
        row!(
            context.rows,
            tblclients {
                id: self.id,
                uuid: uuid(&mut context.random),
                firstname: self.first_name,
                lastname: self.last_name,
                companyname: self.company,
                email: self.email,
                address1: self.address,
                city: self.city,
                state: self.state,
                postcode: self.postcode,
                country: self.country.code,
                phonenumber: self.phone,
                tax_id: self.tax_id,
                currency: self.currency.id,
                defaultgateway: self.gateway,
                credit: balance,
                taxexempt: u8::from(self.is_exempt),
                datecreated: self.joined.date(),
                ip: self.ip,
                status: status,
                language: self.country.language,
                email_verified: 1,
                created_at: self.joined,
                updated_at: updated,
            }
        );
        row!(
            context.rows,
            tblusers {
                id: self.user,
                first_name: self.first_name,
                last_name: self.last_name,
                email: self.email,
                language: self.country.language,
                last_ip: self.ip,
                last_login: updated,
                email_verified_at: self.joined,
                created_at: self.joined,
                updated_at: updated,
            }
        );
        row!(
            context.rows,
            tblusers_clients {
                auth_user_id: self.user,
                client_id: self.id,
                owner: 1,
                last_login: updated,
                created_at: self.joined,
                updated_at: updated,
            }
        );
        if !self.company.is_empty() && context.random.percent(50) {
            self.write_contact(context);
        }
        let noted = self.joined + TimeDelta::days(context.random.between(1, 300));
        if noted < context.now && context.random.percent(12) {
            let (staff, note) = (context.random.pick(&context.shop.staff), context.random.pick(&words::NOTES));
            if let (Some((admin, _)), Some(note)) = (staff, note) {
                let sticky = u8::from(context.random.percent(30));
                row!(
                    context.rows,
                    tblnotes {
                        userid: self.id,
                        adminid: admin,
                        created: noted,
                        modified: noted,
                        note: note,
                        sticky: sticky,
                    }
                );
            }
        }
    }

    fn write_contact(&self, context: &mut SeedContext<'_>) {
        let first = context.random.pick(self.country.first_names).copied().unwrap_or_default();
        let last = context.random.pick(self.country.last_names).copied().unwrap_or_default();
        row!(
            context.rows,
            tblcontacts {
                userid: self.id,
                firstname: first,
                lastname: last,
                companyname: self.company,
                email: format!("accounts@{}.example", self.domain),
                address1: self.address,
                city: self.city,
                state: self.state,
                postcode: self.postcode,
                country: self.country.code,
                phonenumber: self.phone,
                invoiceemails: 1,
                created_at: self.joined,
                updated_at: self.joined,
                generalemails: ZERO,
            }
        );
    }
}

/// Fills a pattern with digits for `#` and letters for `@`.
fn filled(pattern: &str, random: &mut Random) -> String {
    let mut letter = || char::from(b'A' + u8::try_from(random.below(26)).unwrap_or_default());
    let pattern: String = pattern.chars().map(|c| if c == '@' { letter() } else { c }).collect();
    let mut digit = || char::from_digit(u32::try_from(random.below(10)).unwrap_or_default(), 10).unwrap_or('0');
    pattern.chars().map(|c| if c == '#' { digit() } else { c }).collect()
}

fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.draw(), random.draw());
    let variant = 0x8000 | ((low >> 48) & 0x3fff);
    let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, 0x4000 | (high & 0xfff));
    format!("{first:08x}-{second:04x}-{third:04x}-{variant:04x}-{:012x}", low & 0xffff_ffff_ffff)
}
