//! `AddPromoCode`, which WHMCS lacks.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::actions::words::NOT_A_DATE;
use crate::actions::words::catalog::{
    CODE_TAKEN, NO_CODE, NO_DISCOUNT, NO_VALUE, NOT_A_VALUE, PERCENTAGE_OUT_OF_RANGE, PROMOTION_NOT_FOUND,
};
use crate::actions::words::services::PRODUCT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::promotion::{Discount, Expiry, parse_cycles};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Result, refuse};
use crate::operations::catalog::promotions::{LockedPromotion, PromotionDetails, PromotionTerms, create, update};
use crate::param::schema;
use crate::param::{Clearable, Param, ParamValue, separated_in_list, some_separated};

/// Creates a promotion code, or updates one.
///
/// The documented parameter that chooses between the two is called `action`, as is the name of the command itself. So
/// it may be omitted if `promotionid` decides, it may be called `promoaction`, and a body with two fields `action` is
/// accepted. An update changes only the given fields; `cycles`, `appliesto`, `expirationdate` and `maxuses` that are sent
/// empty or as `null` lift their limit.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddPromoCode {
    /// `create` or `update`; by default, `update` if `promotionid` is given.
    promoaction: Param<Command>,
    /// The same choice under its documented name.
    action: Param<Command>,
    /// The id of the promotion to update.
    promotionid: Param<PromotionId>,
    /// The code that clients enter; unique among promotions.
    code: Param<String>,
    /// `percentage` or `fixed`.
    #[serde(rename = "type")]
    discount: Param<Discount>,
    /// 0 to 100 for a percentage, or an amount of money for a fixed discount.
    value: Param<Money>,
    /// Comma-separated billing cycles; by default, all.
    #[schemars(with = "Clearable<String>")]
    cycles: Clearable<Cycles>,
    /// Comma-separated product ids; by default, all.
    #[schemars(with = "Clearable<schema::IdsInText>")]
    appliesto: Clearable<Products>,
    /// The last day, as `YYYY-MM-DD`; `0000-00-00`, which is the default, for no limit.
    #[schemars(with = "Clearable<schema::DateOrNone>")]
    expirationdate: Clearable<NaiveDate>,
    /// Maximum number of uses; by default 0, for no limit.
    maxuses: Clearable<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Command {
    Create,
    Update,
}

impl ParamValue for Command {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "create" => Some(Command::Create),
            "update" => Some(Command::Update),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Cycles(String);

impl ParamValue for Cycles {
    fn parse(text: &str) -> Option<Self> {
        parse_cycles(&some_separated(text)?.join(",")).map(Cycles)
    }

    fn from_list(list: Json) -> Option<Self> {
        separated_in_list(list, Cycles(String::new()))
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Products(Vec<ProductId>);

impl ParamValue for Products {
    fn parse(text: &str) -> Option<Self> {
        let ids = some_separated(text)?.into_iter().filter(|id| !ProductId::means_none(id));
        ids.map(ProductId::parse).collect::<Option<_>>().map(Products)
    }

    fn from_list(list: Json) -> Option<Self> {
        separated_in_list(list, Products(Vec::new()))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddPromoCodeReply {
    message: &'static str,
    promotionid: i64,
}

const CODE_BYTES: usize = 255;

const INVALID_COMMAND: &str = "Invalid action. Use either \"create\" or \"update\".";
const INVALID_TYPE: &str = "Type can only be percentage or fixed";
const INVALID_CYCLES: &str = "Cycles can only be One Time, Monthly, Quarterly, Semi-Annually, Annually, Biennially, \
     Triennially or 1Years to 10Years";
const INVALID_MAX_USES: &str = "Max Uses must be a whole number";

impl Action for AddPromoCode {
    const NAME: &'static str = "AddPromoCode";
    const ACCESS: Access = Access::Write;
    const IS_DOCUMENTED: bool = false;
    const EXAMPLE: &'static str =
        r#"{"code": "SPRING", "type": "percentage", "value": 15, "cycles": "Monthly,Annually", "maxuses": 100}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(INVALID_COMMAND),
        Exact(PROMOTION_NOT_FOUND),
        Exact(NO_CODE),
        Exact(NO_DISCOUNT),
        Exact(INVALID_TYPE),
        Exact(NO_VALUE),
        Exact(NOT_A_VALUE),
        Exact(PERCENTAGE_OUT_OF_RANGE),
        Exact(INVALID_CYCLES),
        Prefix { text: "Product ID Not Found", code: "product_id_not_found" },
        Exact(NOT_A_DATE),
        Exact(INVALID_MAX_USES),
        Exact(CODE_TAKEN),
    ];
    type Reply = AddPromoCodeReply;

    async fn run(mut self, call: Call<'_>) -> Result<AddPromoCodeReply> {
        let mut context = call.context();
        let (message, id) = match self.command()? {
            Command::Create => ("Promotion code created successfully", create(context, self.details(None)?).await?),
            Command::Update => {
                let id = std::mem::take(&mut self.promotionid).required(PROMOTION_NOT_FOUND)?;
                let promotion = LockedPromotion::lock(&mut context, id).await?;
                update(context, &promotion, self.details(Some(promotion.terms()))?).await?;
                ("Promotion code updated successfully", id)
            }
        };
        Ok(AddPromoCodeReply { message, promotionid: id.0 })
    }
}

impl AddPromoCode {
    fn command(&self) -> Result<Command> {
        let named = match &self.promoaction {
            Param::Absent => &self.action,
            named => named,
        };
        match named {
            Param::Given(command) => Ok(*command),
            Param::Absent if self.promotionid.is_sent() => Ok(Command::Update),
            Param::Absent => Ok(Command::Create),
            Param::Malformed(_) => refuse(INVALID_COMMAND),
        }
    }

    fn details(self, stored: Option<&PromotionTerms>) -> Result<PromotionDetails> {
        let (kind, cycles, applies_to) =
            stored.map_or(("", "", ""), |terms| (&*terms.kind, &*terms.cycles, &*terms.applies_to));
        let code = self.code.text("code", CODE_BYTES)?.trim().to_owned();
        let discount = self.discount.unless_stored(kind).optional(INVALID_TYPE)?;
        let value = self.value.optional(NOT_A_VALUE)?;
        let cycles =
            self.cycles.unless_stored(cycles).or_by_empty_text().value(Cycles(String::new()), INVALID_CYCLES)?;
        let applies_to = self.appliesto.unless_stored(applies_to).or_by_empty_text();
        let applies_to = applies_to.value(Products(Vec::new()), PRODUCT_NOT_FOUND)?;
        let expires = self.expirationdate.or_by_empty_text();
        Ok(PromotionDetails {
            code: (!code.is_empty()).then_some(code),
            discount,
            value,
            cycles: cycles.map(|cycles| cycles.0),
            applies_to: applies_to.map(|products| products.0),
            expires: match expires.is_emptied() {
                true => Some(Expiry::Never),
                false => expires.optional(NOT_A_DATE)?.map(Expiry::On),
            },
            max_uses: self.maxuses.or_by_empty_text().value(0, INVALID_MAX_USES)?,
        })
    }
}
