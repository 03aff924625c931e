//! Fingerprints of the rows from which lists of products and of domain extensions are made.
//!
//! A test changes each column that these lists read, and sees the list change with it.

use crate::database::fingerprint::{FingerprintQuery, Value, fingerprint_of, fingerprint_space};
use crate::database::sql::id_list;
use crate::domain::id::{ClientId, CurrencyId, ProductGroupId};

use super::products::ProductFilter;

macro_rules! prices_of {
    ($part:literal, $from:expr) => {
        fingerprint_of!(
            $part,
            [
                "p.type",
                "p.relid",
                "p.id",
                "p.currency",
                "p.msetupfee",
                "p.qsetupfee",
                "p.ssetupfee",
                "p.asetupfee",
                "p.bsetupfee",
                "p.tsetupfee",
                "p.monthly",
                "p.quarterly",
                "p.semiannually",
                "p.annually",
                "p.biennially",
                "p.triennially"
            ],
            $from
        )
    };
}

macro_rules! products_of {
    ($from:expr) => {
        fingerprint_of!(
            1,
            [
                "p.id",
                "p.gid",
                "p.type",
                "p.name",
                "p.slug",
                "p.description",
                "p.servertype",
                "p.paytype",
                "p.allowqty",
                "CASE WHEN p.stockcontrol <> 0 THEN p.qty ELSE 0 END",
                "p.`order`"
            ],
            $from
        )
    };
}

macro_rules! groups_of {
    ($from:expr) => {
        fingerprint_of!(2, ["g.id", "g.slug", "g.`order`"], $from)
    };
}

macro_rules! custom_fields_of {
    ($from:expr) => {
        fingerprint_of!(3, ["f.relid", "f.id", "f.fieldname", "f.description", "f.required", "f.sortorder"], $from)
    };
}

macro_rules! links_of {
    ($from:expr) => {
        fingerprint_of!(4, ["l.pid", "l.gid"], $from)
    };
}

macro_rules! options_of {
    ($from:expr) => {
        fingerprint_of!(
            5,
            [
                "o.gid",
                "o.id",
                "o.optionname",
                "o.optiontype",
                "o.qtyminimum",
                "o.qtymaximum",
                "o.hidden <> 0",
                "o.`order`"
            ],
            $from
        )
    };
}

macro_rules! choices_of {
    ($from:expr) => {
        fingerprint_of!(6, ["s.configid", "s.id", "s.optionname", "COALESCE(s.hidden, 0) <> 0", "s.sortorder"], $from)
    };
}

/// What all lists of products depend on, however few products they have.
macro_rules! shared_by_all {
    () => {
        concat!(
            fingerprint_of!(9, ["c.id", "c.code", "c.prefix", "c.suffix"], "tblcurrencies c"),
            " UNION ALL ",
            fingerprint_of!(10, ["setting", "value"], "tblconfiguration WHERE setting = 'SystemURL'"),
            " UNION ALL ",
            fingerprint_space!()
        )
    };
}

/// Of all products. Tables are read from their beginning to their end, without joins, which takes half the time. So rows
/// that belong to no product count as well.
const OF_ALL: &str = concat!(
    products_of!("tblproducts p WHERE ? = 0 OR p.hidden = 0"),
    " UNION ALL ",
    groups_of!("tblproductgroups g"),
    " UNION ALL ",
    custom_fields_of!("tblcustomfields f WHERE f.type = 'product' AND f.showorder = 'on'"),
    " UNION ALL ",
    links_of!("tblproductconfiglinks l"),
    " UNION ALL ",
    options_of!("tblproductconfigoptions o"),
    " UNION ALL ",
    choices_of!("tblproductconfigoptionssub s"),
    " UNION ALL ",
    prices_of!(7, "tblpricing p WHERE p.type IN ('product', 'configoptions')"),
    " UNION ALL ",
    shared_by_all!()
);

macro_rules! linked_options {
    () => {
        "(SELECT DISTINCT l.gid FROM wanted JOIN tblproductconfiglinks l ON l.pid = wanted.id) AS linked \
         JOIN tblproductconfigoptions o ON o.gid = linked.gid"
    };
}

macro_rules! linked_choices {
    () => {
        concat!(linked_options!(), " JOIN tblproductconfigoptionssub s ON s.configid = o.id")
    };
}

/// Of some products, the ids of which `wanted` has.
const OF_WANTED: &str = concat!(
    products_of!("wanted JOIN tblproducts p ON p.id = wanted.id"),
    " UNION ALL ",
    groups_of!("tblproductgroups g"),
    " UNION ALL ",
    custom_fields_of!(
        "wanted JOIN tblcustomfields f ON f.relid = wanted.id AND f.type = 'product' AND f.showorder = 'on'"
    ),
    " UNION ALL ",
    links_of!("wanted JOIN tblproductconfiglinks l ON l.pid = wanted.id"),
    " UNION ALL ",
    options_of!(linked_options!()),
    " UNION ALL ",
    choices_of!(linked_choices!()),
    " UNION ALL ",
    prices_of!(7, "wanted JOIN tblpricing p ON p.relid = wanted.id AND p.type = 'product'"),
    " UNION ALL ",
    prices_of!(8, concat!(linked_choices!(), " JOIN tblpricing p ON p.relid = s.id AND p.type = 'configoptions'")),
    " UNION ALL ",
    shared_by_all!()
);

macro_rules! visible_groups_of {
    ($condition:literal) => {
        concat!(
            fingerprint_of!(
                1,
                ["g.id", "g.name", "g.`order`"],
                concat!("tblproductgroups g WHERE g.hidden = 0", $condition)
            ),
            " UNION ALL ",
            fingerprint_space!()
        )
    };
}

/// Returns the query for the fingerprint of all rows from which the list of these products is made.
pub fn products(filter: &ProductFilter) -> FingerprintQuery {
    let ProductFilter { products, group, module, visible_only } = filter;
    if products.is_none() && group.is_none() && module.is_none() {
        return FingerprintQuery::new(OF_ALL, vec![Value::Number((*visible_only).into())]);
    }
    let mut wanted = "WITH wanted AS (SELECT DISTINCT p.id FROM ".to_owned();
    let mut values = Vec::new();
    if let Some(products) = products {
        wanted.push_str(
            "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS sent JOIN tblproducts p ON p.id = sent.id",
        );
        values.push(Value::Text(id_list(products.iter().map(|id| id.0))));
    } else {
        wanted.push_str("tblproducts p");
    }
    wanted.push_str(" WHERE (? = 0 OR p.hidden = 0)");
    values.push(Value::Number((*visible_only).into()));
    if let Some(group) = group {
        wanted.push_str(" AND p.gid = ?");
        values.push(Value::Number(group.0));
    }
    if let Some(module) = module {
        wanted.push_str(" AND p.servertype = ?");
        values.push(Value::Text(module.clone()));
    }
    FingerprintQuery::new(wanted + ") " + OF_WANTED, values)
}

/// Of all domain extensions in all currencies, and of the client and the currency whose prices are wanted.
const OF_EXTENSIONS: &str = concat!(
    fingerprint_of!(
        1,
        [
            "e.id",
            "e.extension",
            "e.dnsmanagement <> 0",
            "e.emailforwarding <> 0",
            "e.idprotection <> 0",
            "e.`group`",
            "e.grace_period",
            "e.grace_period_fee",
            "e.redemption_grace_period",
            "e.redemption_grace_period_fee",
            "e.`order`"
        ],
        "tbldomainpricing e"
    ),
    " UNION ALL ",
    prices_of!(2, "tblpricing p WHERE p.type IN ('domainregister', 'domaintransfer', 'domainrenew', 'domainaddons')"),
    " UNION ALL ",
    fingerprint_of!(3, ["g.id"], "tblclientgroups g"),
    " UNION ALL ",
    fingerprint_of!(
        4,
        ["m.id", "m.code", "m.prefix", "m.suffix", "m.format", "m.rate", "m.`default` <> 0"],
        "tblcurrencies m"
    ),
    " UNION ALL ",
    fingerprint_of!(5, ["t.id", "t.tld"], "tbltlds t"),
    " UNION ALL ",
    fingerprint_of!(6, ["l.tld_id", "l.category_id"], "tbltld_category_pivot l"),
    " UNION ALL ",
    fingerprint_of!(7, ["c.id", "c.category", "c.display_order"], "tbltld_categories c"),
    " UNION ALL ",
    fingerprint_of!(8, ["c.currency", "c.groupid"], "tblclients c WHERE c.id = ?"),
    " UNION ALL ",
    fingerprint_of!(9, ["m.id"], "tblcurrencies m WHERE m.id = ?"),
    " UNION ALL ",
    fingerprint_space!()
);

/// Returns the query for the fingerprint of all domain extensions with their prices for a client or in a currency.
pub fn extensions(client: Option<ClientId>, currency: Option<CurrencyId>) -> FingerprintQuery {
    // No row has the id 0.
    let values = [client.map_or(0, |id| id.0), currency.map_or(0, |id| id.0)].map(Value::Number);
    FingerprintQuery::new(OF_EXTENSIONS, values.into())
}

/// Returns the query for the fingerprint of the visible product groups, or only the given one.
pub fn visible_groups(only: Option<ProductGroupId>) -> FingerprintQuery {
    match only {
        Some(ProductGroupId(id)) => FingerprintQuery::new(visible_groups_of!(" AND g.id = ?"), vec![Value::Number(id)]),
        None => FingerprintQuery::new(visible_groups_of!(""), Vec::new()),
    }
}
