//! The module `product`: the products on sale.

use serde_json::{Map, Value, json};

use super::client::object;
use crate::call::Call;
use crate::domain::money::Money;
use crate::domain::order::price::PriceList;
use crate::fossbilling::mapping::{money, periods, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::wire::map;
use crate::fossbilling::words::{Reply, said};
use crate::store::fossbilling::products::{self, ProductRow};

/// `guest/product/get_list`
pub async fn guest_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let page = sent.page()?;
    Ok(page.cut(products::list(call.db, true).await?.iter().map(|row| public(row).into()).collect()))
}

/// `guest/product/get_pairs`
pub async fn guest_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = products::list(call.db, true).await?;
    Ok(map(listed.into_iter().map(|row| (row.product.id.to_string(), row.product.name.into()))))
}

/// `guest/product/get`
pub async fn guest_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (id, slug) = (sent.id("id"), sent.filled("slug"));
    if id == 0 && slug.is_none() {
        return Err(said("Product ID or slug is missing"));
    }
    let is_it = |row: &&ProductRow| match &slug {
        Some(slug) if id == 0 => row.product.slug == *slug,
        _ => row.product.id == id,
    };
    let listed = products::list(call.db, true).await?;
    listed.iter().find(is_it).map(|row| public(row).into()).ok_or_else(|| said("Product not found"))
}

/// `guest/product/category_get_list`: those with products on sale.
pub async fn category_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let page = sent.page()?;
    Ok(page.cut(Category::of(&products::list(call.db, true).await?).iter().map(Category::object).collect()))
}

/// `guest/product/category_get_pairs`
pub async fn category_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = products::list(call.db, true).await?;
    Ok(map(Category::of(&listed).iter().map(Category::pair)))
}

/// `admin/product/category_get_pairs`
pub async fn admin_category_pairs(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let listed = products::list(call.db, false).await?;
    Ok(map(Category::of(&listed).iter().map(Category::pair)))
}

/// `admin/product/category_get`
pub async fn admin_category(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let (id, listed) = (sent.id("id"), products::list(call.db, false).await?);
    let found = Category::of(&listed).into_iter().find(|category| category.id == id);
    found.map(|category| category.object()).ok_or_else(|| said("Category not found"))
}

/// `admin/product/get_pairs`
pub async fn admin_pairs(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let is_wanted = |row: &ProductRow| sent.filled("type").is_none_or(|wanted| wanted == kind(&row.product.kind));
    let active_only = sent.flag("active_only").unwrap_or(true);
    let listed = products::list(call.db, active_only).await?;
    let pairs = listed.into_iter().filter(is_wanted);
    Ok(map(pairs.map(|row| (row.product.id.to_string(), row.product.name.into()))))
}

/// A group of products, which are in their order.
struct Category<'p> {
    id: i64,
    products: Vec<&'p ProductRow>,
}

impl<'p> Category<'p> {
    fn of(listed: &'p [ProductRow]) -> Vec<Category<'p>> {
        let mut all: Vec<Category<'p>> = Vec::new();
        for row in listed {
            match all.iter_mut().find(|category| category.id == row.product.group) {
                Some(category) => category.products.push(row),
                None => all.push(Category { id: row.product.group, products: vec![row] }),
            }
        }
        all
    }

    fn title(&self) -> &str {
        self.products.first().map_or("", |row| &row.product.group_name)
    }

    fn pair(&self) -> (String, Value) {
        (self.id.to_string(), self.title().into())
    }

    fn object(&self) -> Value {
        let lowest = self.products.iter().filter_map(|row| lowest(row)).min();
        json!({
            "id": self.id,
            "title": times::text(self.title()),
            "description": null,
            "icon_url": null,
            "created_at": null,
            "updated_at": null,
            "price_starting_from": money::number(lowest.unwrap_or(Money::ZERO)),
            "type": self.products.first().map(|row| kind(&row.product.kind)),
            "products": self.products.iter().map(|row| Value::from(public(row))).collect::<Value>(),
        })
    }
}

/// `admin/product/get_list`
pub async fn admin_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let page = sent.page()?;
    Ok(page.cut(products::list(call.db, false).await?.iter().map(for_staff).collect()))
}

/// `admin/product/get`
pub async fn admin_get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = sent.id("id");
    let listed = products::list(call.db, false).await?;
    listed.iter().find(|row| row.product.id == id).map(for_staff).ok_or_else(|| said("Product not found"))
}

/// The type of a product: what a server provisions is hosting.
pub fn kind(stored: &str) -> &'static str {
    match stored {
        "hostingaccount" | "reselleraccount" => "hosting",
        _ => "custom",
    }
}

fn public(row: &ProductRow) -> Map<String, Value> {
    let product = &row.product;
    object(json!({
        "id": product.id,
        "product_category_id": product.group,
        "type": kind(&product.kind),
        "title": product.name,
        "slug": times::text(&product.slug),
        "description": times::text(&product.description),
        "unit": "product",
        "priority": product.position,
        "pricing": pricing(&product.pay_type, row.prices.as_ref()),
        "config": [],
        "addons": [],
        "price_starting_from": lowest(row).map_or(Value::Null, money::number),
        "icon_url": null,
        "allow_quantity_select": product.allows_quantity,
        "form_id": null,
    }))
}

fn for_staff(row: &ProductRow) -> Value {
    let product = &row.product;
    let mut all = public(row);
    all.extend(object(json!({
        "created_at": times::time(&product.created_at),
        "updated_at": times::time(&product.updated_at),
        "suspension_grace_days": 0,
        "quantity_in_stock": product.stock,
        "stock_control": product.stock_control,
        "upgrades": [],
        "status": if product.is_retired { "disabled" } else { "enabled" },
        "hidden": product.is_hidden,
        "setup": match product.auto_setup.as_str() {
            "order" => "after_order",
            "payment" => "after_payment",
            _ => "manual",
        },
        "category": {"id": product.group, "title": product.group_name},
    })));
    all.into()
}

/// The price of each term that is on sale, with its set-up fee.
fn terms(row: &ProductRow) -> Vec<(Money, Money)> {
    let Some(prices) = &row.prices else { return Vec::new() };
    let terms = prices.prices.into_iter().zip(prices.setup).filter(|(price, _)| *price >= Money::ZERO);
    match row.product.pay_type.as_str() {
        "onetime" => terms.take(1).collect(),
        "recurring" => terms.collect(),
        _ => Vec::new(),
    }
}

fn lowest(row: &ProductRow) -> Option<Money> {
    terms(row).into_iter().map(|(price, _)| price).min().or((row.product.pay_type == "free").then_some(Money::ZERO))
}

fn pricing(pay_type: &str, prices: Option<&PriceList>) -> Value {
    let at = |place: usize| {
        let price = prices.map(|prices| (prices.prices[place], prices.setup[place]));
        price.filter(|(price, _)| *price >= Money::ZERO)
    };
    let written = |price: Option<(Money, Money)>| {
        let (price, setup) = price.unwrap_or((Money::ZERO, Money::ZERO));
        (money::number(price), money::number(setup.max(Money::ZERO)))
    };
    let once = written(at(0).filter(|_| pay_type == "onetime"));
    let recurrent = periods::OF_PRODUCTS.into_iter().map(|(code, place)| {
        let price = place.filter(|_| pay_type == "recurring").and_then(at);
        let is_enabled = price.is_some();
        let (price, setup) = written(price);
        (code.to_owned(), json!({"price": price, "setup": setup, "enabled": is_enabled}))
    });
    json!({
        "type": match pay_type {
            "onetime" => "once",
            "recurring" => "recurrent",
            _ => "free",
        },
        "free": {"price": 0, "setup": 0},
        "once": {"price": once.0, "setup": once.1},
        "recurrent": recurrent.collect::<Map<String, Value>>(),
    })
}
