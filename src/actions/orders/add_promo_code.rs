//! `AddPromoCode`, which WHMCS lacks.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_A_DATE;
use crate::actions::words::catalog::{NOT_A_VALUE, PROMOTION_NOT_FOUND};
use crate::actions::words::services::PRODUCT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::promotion::{Discount, parse_cycles};
use crate::error::{Result, refuse};
use crate::openapi;
use crate::operations::catalog::promotions::{LockedPromotion, PromotionDetails, create, update};
use crate::param::{Param, Value};

/// Creates a promotion code, or updates one.
///
/// The documented field that says which of the two has the name `action`, as the command itself has. So it may be left
/// out, where `promotionid` tells; it may be called `promoaction`; and a body that carries `action` twice is understood.
/// An update changes what it names and leaves the rest.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddPromoCode {
    /// `create` or `update`; by default, `update` where there is a `promotionid`.
    promoaction: Param<Command>,
    /// The same, by its documented name.
    action: Param<Command>,
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
enum Command {
    Create,
    Update,
}

impl Value for Command {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "create" => Some(Command::Create),
            "update" => Some(Command::Update),
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

const CODE_BYTES: usize = 255;

impl Action for AddPromoCode {
    const NAME: &'static str = "AddPromoCode";
    const ACCESS: Access = Access::Write;
    const IS_DOCUMENTED: bool = false;
    type Reply = Reply;

    async fn run(mut self, call: Call<'_>) -> Result<Reply> {
        let mut context = call.context();
        let (message, id) = match self.command()? {
            Command::Create => ("Promotion code created successfully", create(context, self.details()?).await?),
            Command::Update => {
                let id = std::mem::take(&mut self.promotionid).required(PROMOTION_NOT_FOUND)?;
                let promotion = LockedPromotion::lock(&mut context, id).await?;
                update(context, &promotion, self.details()?).await?;
                ("Promotion code updated successfully", id)
            }
        };
        Ok(Reply { message, promotionid: id.0 })
    }
}

impl AddPromoCode {
    fn command(&self) -> Result<Command> {
        let named = match &self.promoaction {
            Param::Absent => &self.action,
            named => named,
        };
        match (named, &self.promotionid) {
            (Param::Given(command), _) => Ok(*command),
            (Param::Absent, Param::Absent) => Ok(Command::Create),
            (Param::Absent, _) => Ok(Command::Update),
            (Param::Malformed(_), _) => refuse("Invalid action. Use either \"create\" or \"update\"."),
        }
    }

    fn details(self) -> Result<PromotionDetails> {
        let code = self.code.text("code", CODE_BYTES)?.trim().to_owned();
        let discount = self.discount.optional("Type can only be percentage or fixed")?;
        let value = self.value.optional(NOT_A_VALUE)?;
        let cycles = self.cycles.optional(
            "Cycles can only be One Time, Monthly, Quarterly, Semi-Annually, Annually, Biennially, Triennially \
             or 1Years to 10Years",
        )?;
        Ok(PromotionDetails {
            code: (!code.is_empty()).then_some(code),
            discount,
            value,
            cycles: cycles.map(|cycles| cycles.0),
            applies_to: self.appliesto.optional(PRODUCT_NOT_FOUND)?.map(|products| products.0),
            expires: self.expirationdate.optional(NOT_A_DATE)?,
            max_uses: self.maxuses.optional("Max Uses must be a whole number")?,
        })
    }
}
