//! What is billed when and for how much, and what becomes of what is not paid: computed from the prices and from when clients pay,
//! with nothing of the server.

use chrono::{Days, Months, NaiveDate};

/// The cycles of services and addons, in months.
pub const CYCLES: [(&str, u32); 6] =
    [("Monthly", 1), ("Quarterly", 3), ("Semi-Annually", 6), ("Annually", 12), ("Biennially", 24), ("Triennially", 36)];

pub const SUSPEND_DAYS: u64 = 7;
pub const TERMINATE_DAYS: u64 = 40;
pub const INVOICE_DAYS: u64 = 14;
pub const INVOICE_DAYS_OF_DOMAINS: u64 = 30;
/// How long after its next due date a domain expires, and then can still be renewed.
pub const EXPIRY_DAYS: u64 = 30;
pub const GRACE_DAYS: i64 = 20;
pub const REDEMPTION_DAYS: i64 = 30;
/// For how many terms after the first one the promotion that ends recurs.
pub const RECURS_FOR: u32 = 2;

/// An amount in cents for clients of each currency.
pub type Cents = [i64; 2];

/// The cents of a month of the product, and what each option adds to it.
#[derive(Debug)]
pub struct Prices {
    pub product: Cents,
    pub disk: Cents,
    pub backups: Cents,
    pub user: Cents,
}

pub const FIRST_PRICES: Prices =
    Prices { product: [2000, 1900], disk: [500, 440], backups: [300, 260], user: [150, 130] };
pub const LATER_PRICES: Prices =
    Prices { product: [2400, 2200], disk: [560, 500], backups: [360, 300], user: [180, 160] };
/// The cents of a month of an addon.
pub const ADDON: Cents = [310, 290];
/// The cents of a year of a domain: the first ones, and further ones.
pub const REGISTRATION: Cents = [900, 850];
pub const RENEWAL: Cents = [1200, 1150];
/// What the promotion without an end takes off each term.
pub const DISCOUNT: Cents = [200, 180];

/// The days that are simulated.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// The day on which prices rise.
    pub rise: NaiveDate,
}

/// A client, who pays some days after the due date, or nothing but the order.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    pub number: i64,
    pub delay: Option<u64>,
    /// Whether a part is paid on the due date.
    pub pays_in_parts: bool,
    /// Whether the country has a tax.
    pub is_taxed: bool,
    /// Index of the currency.
    pub currency: usize,
}

impl Client {
    pub fn generate(number: i64) -> Client {
        let (delay, pays_in_parts) = match number % 7 {
            0 | 1 => (Some(0), false),
            2 => (Some(3), false),
            3 => (Some(10), false),
            4 => (Some(10), true),
            5 => (Some(25), false),
            _ => (None, false),
        };
        let currency = usize::from(number % 2 == 1);
        Client { number, delay, pays_in_parts, is_taxed: number % 3 == 0, currency }
    }

    pub fn id(&self) -> i64 {
        100 + self.number
    }

    /// The days from the due date of an invoice to its payment.
    pub fn delay(&self, is_of_order: bool) -> Option<u64> {
        self.delay.or(is_of_order.then_some(0))
    }
}

/// A number that looks random, and is the same in each run (SplitMix64).
fn random(number: u64, salt: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd1b5_4a32_d192_ed03);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Service,
    /// An addon of the client's service.
    Addon,
    Domain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promotion {
    None,
    /// Halves the first term.
    Once,
    /// Halves the first term, and [`RECURS_FOR`] further ones.
    Recurring,
    /// Takes [`DISCOUNT`] off each term.
    Endless,
}

/// What a client has chosen of the product's options.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub has_large_disk: bool,
    pub has_backups: bool,
    pub users: i64,
}

/// A service, an addon or a domain of a client.
#[derive(Debug)]
pub struct Item {
    pub kind: Kind,
    pub client: Client,
    pub months: u32,
    /// The day of the order.
    pub start: NaiveDate,
    pub promotion: Promotion,
    pub options: Options,
    /// Whether its price is computed anew when prices rise.
    pub follows_prices: bool,
    /// The day on which the service is terminated because nothing but its first term is paid.
    ends: Option<NaiveDate>,
}

/// A term that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub due: NaiveDate,
    /// Before taxes.
    pub cents: i64,
    pub is_paid: bool,
}

impl Item {
    /// What a client has: a service, and some an addon or a domain.
    pub fn generate(number: i64, first: NaiveDate) -> Vec<Item> {
        let random = |below, salt| random(number.cast_unsigned(), salt) % below;
        let days = random(31, 0);
        // Half of them are short, for many terms.
        let months = |salt| CYCLES[usize::try_from(random(12, salt).saturating_sub(6)).unwrap()].1;
        let promotion = match random(5, 1) {
            0 => Promotion::Once,
            1 => Promotion::Recurring,
            2 => Promotion::Endless,
            _ => Promotion::None,
        };
        let users = random(4, 2).cast_signed();
        let options = Options { has_large_disk: random(2, 3) == 0, has_backups: random(2, 4) == 0, users };
        let mut service = Item {
            kind: Kind::Service,
            client: Client::generate(number),
            months: months(5),
            start: first + Days::new(days),
            promotion,
            options,
            follows_prices: random(3, 6) == 0,
            ends: None,
        };
        if service.client.delay.is_none() {
            service.ends = Some(service.due(1) + Days::new(TERMINATE_DAYS));
        }
        let addon = || Item { kind: Kind::Addon, months: months(7), promotion: Promotion::None, ..service };
        let years = u32::try_from(1 + random(2, 8)).unwrap();
        let domain =
            || Item { kind: Kind::Domain, months: 12 * years, promotion: Promotion::None, ends: None, ..service };
        let (addon, domain) = ((number % 3 == 1).then(addon), (number % 4 == 2).then(domain));
        [service].into_iter().chain(addon).chain(domain).collect()
    }

    /// The first day of a term: that of the start, in another month, or the last one of that.
    fn due(&self, number: u32) -> NaiveDate {
        self.start.checked_add_months(Months::new(self.months * number)).unwrap()
    }

    /// The terms that are billed by the last day. A term is invoiced some days before its due date, and not before the one
    /// before it is paid; payments are made before the run of a day.
    pub fn terms(&self, period: &Period) -> Vec<Term> {
        let invoice_days = if self.kind == Kind::Domain { INVOICE_DAYS_OF_DOMAINS } else { INVOICE_DAYS };
        let (mut terms, mut prices) = (Vec::new(), &FIRST_PRICES);
        let mut open_until = self.start;
        for number in 0.. {
            let due = self.due(number);
            let invoiced = if number == 0 { due } else { open_until.max(due - Days::new(invoice_days)) };
            if invoiced > self.ends.unwrap_or(period.last).min(period.last) {
                break;
            }
            if invoiced >= period.rise && (self.follows_prices || self.has_ended_promotion(number)) {
                prices = &LATER_PRICES;
            }
            let paid = self.client.delay(number == 0).map(|delay| due.max(invoiced) + Days::new(delay));
            let paid = paid.filter(|paid| *paid <= period.last);
            terms.push(Term { due, cents: self.cents(number, prices), is_paid: paid.is_some() });
            let Some(paid) = paid else { break };
            open_until = paid;
        }
        terms
    }

    /// Whether its price has to be computed for a term because the promotion has ended with the one before it.
    fn has_ended_promotion(&self, number: u32) -> bool {
        self.promotion == Promotion::Recurring && number == 1 + RECURS_FOR
    }

    fn cents(&self, number: u32, prices: &Prices) -> i64 {
        let (currency, months) = (self.client.currency, i64::from(self.months));
        let Options { has_large_disk, has_backups, users } = self.options;
        match self.kind {
            Kind::Addon => ADDON[currency] * months,
            Kind::Domain if number == 0 => REGISTRATION[currency] * months / 12,
            Kind::Domain => RENEWAL[currency] * months / 12,
            Kind::Service => {
                let of_options = i64::from(has_large_disk) * prices.disk[currency]
                    + i64::from(has_backups) * prices.backups[currency]
                    + users * prices.user[currency];
                let full = (prices.product[currency] + of_options) * months;
                match self.promotion {
                    Promotion::Once if number == 0 => full / 2,
                    Promotion::Recurring if number <= RECURS_FOR => full / 2,
                    Promotion::Endless => full - DISCOUNT[currency],
                    _ => full,
                }
            }
        }
    }

    /// The text of the line for a term.
    pub fn text(&self, number: u32) -> String {
        let (first, last) = (self.due(number), self.due(number + 1) - Days::new(1));
        let (first, last) = (first.format("%d/%m/%Y"), last.format("%d/%m/%Y"));
        let (name, years) = (self.domain(), self.months / 12);
        match self.kind {
            Kind::Service => format!("Small - {name} ({first} - {last}){}", self.options.text()),
            Kind::Addon => format!("Addon ({name}) - More ({first} - {last})"),
            Kind::Domain if number == 0 => format!("Domain Registration - {name} - {years} Year/s ({first} - {last})"),
            Kind::Domain => format!("Domain Renewal - {name} - {years} Year/s ({first} - {last})"),
        }
    }

    pub fn domain(&self) -> String {
        format!("d{}.example", self.client.number)
    }

    pub fn cycle(&self) -> Option<&'static str> {
        CYCLES.iter().find(|(_, months)| *months == self.months).map(|(cycle, _)| *cycle)
    }

    /// The status and the next due date on the last day. Services of those who are late are suspended, and then terminated with
    /// their addons; domains expire.
    pub fn state(&self, period: &Period) -> (&'static str, NaiveDate) {
        let terms = self.terms(period);
        let paid = terms.iter().filter(|term| term.is_paid).count();
        let next_due = self.due(u32::try_from(paid).unwrap());
        let late = (period.last - next_due).num_days();
        let status = match self.kind {
            _ if paid == 0 => "Pending",
            Kind::Service | Kind::Addon if self.ends.is_some_and(|end| end <= period.last) => "Terminated",
            Kind::Service if late >= SUSPEND_DAYS.cast_signed() => "Suspended",
            Kind::Domain => match late - EXPIRY_DAYS.cast_signed() {
                ..=0 => "Active",
                days if days <= GRACE_DAYS => "Grace",
                days if days <= GRACE_DAYS + REDEMPTION_DAYS => "Redemption",
                _ => "Expired",
            },
            Kind::Service | Kind::Addon => "Active",
        };
        (status, next_due)
    }
}

impl Options {
    fn text(&self) -> String {
        let disk = if self.has_large_disk { "\nDisk: 50 GB" } else { "\nDisk: 10 GB" };
        let backups = if self.has_backups { "\nBackups: Daily" } else { "" };
        let users = if self.users > 0 { format!("\nUsers: {} x User", self.users) } else { String::new() };
        format!("{disk}{backups}{users}")
    }
}
