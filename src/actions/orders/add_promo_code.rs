//! `AddPromoCode`, which WHMCS lacks.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::actions::billing::add_credit::NOT_A_DATE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::promotion::{Discount, parse_cycles};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::openapi;
use crate::param::{Param, Value};
use crate::store;
use crate::store::catalog::promotions::{Fields, Terms};

/// Creates a promotion code, or updates one.
///
/// The documented field that says which of the two has the name `action`, as the command itself has. So it may be left
/// out, where `promotionid` tells; it may be called `promoaction`; and a body that carries `action` twice is understood.
/// An update changes what it names and leaves the rest.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddPromoCode {
    /// `create` or `update`; by default, `update` where there is a `promotionid`.
    promoaction: Param<Deed>,
    /// The same, by its documented name.
    action: Param<Deed>,
    /// The promotion to update.
    promotionid: Param<PromotionId>,
    /// What a client enters; no two promotions share one.
    code: Param<String>,
    /// `percentage` or `fixed`.
    #[serde(rename = "type")]
    discount: Param<Discount>,
    /// 0 to 100 for a percentage, or else an amount of money.
    value: Param<Money>,
    /// A comma list of billing cycles; by default, all.
    #[schemars(with = "String")]
    cycles: Param<Cycles>,
    /// A comma list of product ids; by default, all.
    #[schemars(with = "openapi::IdsInText")]
    appliesto: Param<Products>,
    /// `YYYY-MM-DD`; by default, never.
    #[schemars(with = "openapi::Date")]
    expirationdate: Param<NaiveDate>,
    /// By default 0, for no limit.
    maxuses: Param<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Deed {
    Create,
    Update,
}

impl Value for Deed {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "create" => Some(Deed::Create),
            "update" => Some(Deed::Update),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Cycles(String);

impl Value for Cycles {
    fn parse(text: &str) -> Option<Self> {
        parse_cycles(text).map(Cycles)
    }
}

#[derive(Debug)]
struct Products(Vec<ProductId>);

impl Value for Products {
    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(|id| ProductId::parse(id.trim())).collect::<Option<_>>().map(Products)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    message: &'static str,
    promotionid: i64,
}

const PROMOTION_NOT_FOUND: &str = "Promotion ID Not Found";
const NOT_A_VALUE: &str = "Value must be in decimal format: ### or ###.##";
const CODE_BYTES: usize = 255;

impl Action for AddPromoCode {
    const NAME: &'static str = "AddPromoCode";
    const ACCESS: Access = Access::Write;
    const IS_DOCUMENTED: bool = false;
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        match self.deed()? {
            Deed::Create => self.create(call).await,
            Deed::Update => self.update(call).await,
        }
    }
}

impl AddPromoCode {
    fn deed(&self) -> Result<Deed> {
        let named = match &self.promoaction {
            Param::Absent => &self.action,
            named => named,
        };
        match (named, &self.promotionid) {
            (Param::Given(deed), _) => Ok(*deed),
            (Param::Absent, Param::Absent) => Ok(Deed::Create),
            (Param::Absent, _) => Ok(Deed::Update),
            (Param::Malformed(_), _) => refuse("Invalid action. Use either \"create\" or \"update\"."),
        }
    }

    async fn create(self, call: Call<'_>) -> Result<Reply> {
        let fields = self.fields(call.db).await?;
        if fields.code.is_none() {
            return refuse("No Code Provided");
        }
        let Some(discount) = fields.discount else { return refuse("No Type Provided") };
        let Some(value) = fields.value else { return refuse("No Value Provided") };
        check_value(Some(discount), value)?;
        let mut writer = call.write(Subject::Promotions).await?;
        let Some(id) = store::catalog::promotions::create(&mut writer, &fields).await? else { return code_exists() };
        let line = format!("Created Promotion - Promotion ID: {id} - Code: {}", fields.code.unwrap_or_default());
        store::system::activity::log(&mut writer, None, &line).await?;
        Ok(Reply { message: "Promotion code created successfully", promotionid: id.0 })
    }

    async fn update(mut self, call: Call<'_>) -> Result<Reply> {
        let id = std::mem::take(&mut self.promotionid).required(PROMOTION_NOT_FOUND)?;
        let not_found = || Error::Refused(PROMOTION_NOT_FOUND);
        let terms: Terms = store::catalog::promotions::lock_terms(call.db, id).await?.ok_or_else(not_found)?;
        let fields = self.fields(call.db).await?;
        // WHMCS itself knows more kinds, whose values are its own affair.
        let discount = fields.discount.or(Discount::parse(&terms.kind));
        check_value(discount, fields.value.unwrap_or(terms.value))?;
        let mut writer = call.write(Subject::Promotions).await?;
        if !store::catalog::promotions::update(&mut writer, id, &fields).await? {
            return code_exists();
        }
        store::system::activity::log(&mut writer, None, &format!("Updated Promotion - Promotion ID: {id}")).await?;
        Ok(Reply { message: "Promotion code updated successfully", promotionid: id.0 })
    }

    async fn fields(self, db: &mut MySqlConnection) -> Result<Fields> {
        let code = self.code.text("code", CODE_BYTES)?.trim().to_owned();
        let discount = self.discount.optional("Type can only be percentage or fixed")?;
        let value = self.value.optional(NOT_A_VALUE)?;
        let cycles = self.cycles.optional(
            "Cycles can only be One Time, Monthly, Quarterly, Semi-Annually, Annually, Biennially, Triennially \
             or 1Years to 10Years",
        )?;
        let applies_to = match self.appliesto.optional("Product ID Not Found")? {
            Some(Products(ids)) => Some(known_products(db, &ids).await?),
            None => None,
        };
        Ok(Fields {
            code: (!code.is_empty()).then_some(code),
            discount,
            value,
            cycles: cycles.map(|cycles| cycles.0),
            applies_to,
            expires: self.expirationdate.optional(NOT_A_DATE)?,
            max_uses: self.maxuses.optional("Max Uses must be a whole number")?,
        })
    }
}

/// The list as the database keeps it; refuses one that names a product which does not exist.
async fn known_products(db: &mut MySqlConnection, ids: &[ProductId]) -> Result<String> {
    if let Some(id) = store::catalog::products::unknown(db, ids).await?.first() {
        return refuse_as("product_id_not_found", format!("Product ID Not Found: {id}"));
    }
    let list: Vec<String> = ids.iter().map(ProductId::to_string).collect();
    Ok(list.join(","))
}

fn check_value(discount: Option<Discount>, value: Money) -> Result<()> {
    match discount {
        Some(Discount::Percentage) if !Discount::Percentage.allows(value) => {
            refuse("Value must be between 0 and 100 for a percentage")
        }
        Some(Discount::Fixed) if !Discount::Fixed.allows(value) => refuse(NOT_A_VALUE),
        _ => Ok(()),
    }
}

fn code_exists<T>() -> Result<T> {
    refuse("A promotion with this code already exists")
}
