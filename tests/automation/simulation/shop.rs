//! What is for sale, and the calls that order it.

use std::fmt::Write as _;

use super::model::{self, Cents, Client, Item, Kind, Prices, Promotion};

/// The statement that adds a client.
pub fn insert(client: Client) -> String {
    let country = if client.is_taxed { "PT" } else { "US" };
    let (id, currency) = (client.id(), client.currency + 1);
    format!(
        "INSERT INTO tblclients (id, firstname, currency, country) VALUES ({id}, 'Client', {currency}, '{country}');"
    )
}

/// The call that orders a client's items.
pub fn order(items: &[Item]) -> String {
    let mut call = format!("AddOrder&clientid={}&paymentmethod=paypal&noemail=1", items[0].client.id());
    for item in items {
        match item.kind {
            Kind::Service => {
                let (cycle, domain) = (column(item.cycle().unwrap()), item.domain());
                write!(call, "&pid[0]=1&billingcycle[0]={cycle}&domain[0]={domain}").unwrap();
                let disk = if item.options.has_large_disk { 11 } else { 10 };
                let (backups, users) = (i32::from(item.options.has_backups), item.options.users);
                let options = [(1, disk), (2, backups.into()), (3, users)];
                for (option, choice) in options {
                    write!(call, "&configoptions[0][{option}]={choice}").unwrap();
                }
                let code = match item.promotion {
                    Promotion::None => "",
                    Promotion::Once => "ONCE",
                    Promotion::Recurring => "RECURRING",
                    Promotion::Endless => "ENDLESS",
                };
                write!(call, "&promocode={code}").unwrap();
            }
            Kind::Addon => write!(call, "&addons[0]={}", item.months).unwrap(),
            Kind::Domain => write!(call, "&domaintype[0]=register&regperiod[0]={}", item.months / 12).unwrap(),
        }
    }
    call
}

/// The column of a cycle's price.
fn column(cycle: &str) -> String {
    cycle.to_lowercase().replace('-', "")
}

/// A product with options and promotions, addons whose ids are the months of their cycles, and domains.
pub fn catalog() -> String {
    let (grace, redemption) = (model::GRACE_DAYS, model::REDEMPTION_DAYS);
    let mut catalog = format!(
        "INSERT INTO tblproducts (id, gid, name, tax, paytype) VALUES (1, 1, 'Small', 1, 'recurring'); \
         INSERT INTO tblproductconfiglinks (gid, pid) VALUES (1, 1); \
         INSERT INTO tblproductconfigoptions (id, gid, optionname, optiontype, `order`) VALUES \
           (1, 1, 'disk|Disk', '1', 1), (2, 1, 'Backups', '3', 2), (3, 1, 'users|Users', '4', 3); \
         INSERT INTO tblproductconfigoptionssub (id, configid, optionname, sortorder) VALUES \
           (10, 1, '10|10 GB', 1), (11, 1, '50|50 GB', 2), (20, 2, 'Daily', 1), (30, 3, 'User', 1); \
         INSERT INTO tblpromotions (code, type, value, recurring, recurfor, appliesto) VALUES \
           ('ONCE', 'Percentage', 50, 0, 0, '1'), ('RECURRING', 'Percentage', 50, 1, {}, '1'), \
           ('ENDLESS', 'Fixed Amount', {}, 1, 0, '1'); \
         INSERT INTO tbldomainpricing (id, extension, grace_period, redemption_grace_period, redemption_grace_period_fee) \
           VALUES (1, '.example', {grace}, {redemption}, 0);",
        model::RECURS_FOR,
        amount(model::DISCOUNT[0]),
    );
    for (cycle, months) in model::CYCLES {
        write!(catalog, "INSERT INTO tbladdons (id, name, billingcycle, tax) VALUES ({months}, 'More', '{cycle}', 1);")
            .unwrap();
        catalog += &price("addon", months.into(), &[("monthly", model::ADDON.map(|cents| cents * i64::from(months)))]);
    }
    for (kind, year) in [("domainregister", model::REGISTRATION), ("domainrenew", model::RENEWAL)] {
        catalog += &price(kind, 1, &[("msetupfee", year), ("qsetupfee", year.map(|cents| cents * 2))]);
    }
    catalog
}

/// The prices of the product and of its options, for all cycles.
pub fn price_list(prices: &Prices) -> String {
    let Prices { product, disk, backups, user } = prices;
    let rows = [
        ("product", 1, product),
        ("configoptions", 11, disk),
        ("configoptions", 20, backups),
        ("configoptions", 30, user),
    ];
    let rows = rows.into_iter().map(|(kind, id, month)| {
        let columns =
            model::CYCLES.map(|(cycle, months)| (column(cycle), month.map(|cents| cents * i64::from(months))));
        price(kind, id, &columns)
    });
    rows.collect()
}

/// The statements that add the rows of prices in both currencies.
fn price(kind: &str, id: i64, columns: &[(impl AsRef<str>, Cents)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_ref()).collect();
    let names = names.join(", ");
    let row = |currency: usize| {
        let amounts: Vec<String> = columns.iter().map(|(_, cents)| amount(cents[currency])).collect();
        let values = format!("'{kind}', {id}, {}, {}", currency + 1, amounts.join(", "));
        format!("INSERT INTO tblpricing (type, relid, currency, {names}) VALUES ({values});")
    };
    row(0) + &row(1)
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
