//! Error texts for the refusals of [`crate::operations::catalog`].

use super::ErrorText;
use crate::domain::order::domain_price::DomainPurchase;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::catalog::Refusal;

pub const PRODUCT_GROUP_NOT_FOUND: &str = "You must supply a valid Product Group ID";
pub const WELCOME_MAIL_NOT_FOUND: &str = "You must supply a valid welcome email ID";
pub const RECOMMENDATION_NOT_FOUND: &str =
    "The recommendation product ID is invalid. This must be an existing product ID.";
pub const NOT_PRICES: &str =
    "pricing must be an array of amounts by currency and cycle, in decimal format: ### or ###.##";
pub const NOT_YEARS: &str = "register, renew and transfer must be amounts by numbers of years, from 1";
pub const CURRENCY_REQUIRED: &str = "Variable currency_code is required when defining pricing";
pub const REGISTER_TOO_LONG: &str = "The maximum register period is 10 years";
pub const RENEW_TOO_LONG: &str = "The maximum renew period is 9 years";
pub const TRANSFER_TOO_LONG: &str = "The maximum transfer period is 10 years";
pub const SEVERAL_TRANSFERS: &str = "Only one transfer period can be defined";
/// WHMCS documents the condition with the parameter, and no error.
pub const NO_EXCHANGE_RATE: &str = "Provided currency_code value must be configured with an exchange rate";
pub const PROMOTION_NOT_FOUND: &str = "Promotion ID Not Found";
pub const NOT_A_VALUE: &str = "Value must be in decimal format: ### or ###.##";
pub const NO_CODE: &str = "No Code Provided";
pub const NO_DISCOUNT: &str = "No Type Provided";
pub const NO_VALUE: &str = "No Value Provided";
pub const PERCENTAGE_OUT_OF_RANGE: &str = "Value must be between 0 and 100 for a percentage";
pub const CODE_TAKEN: &str = "A promotion with this code already exists";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::ProductGroupNotFound => Error::Refused(PRODUCT_GROUP_NOT_FOUND),
            Refusal::WelcomeMailNotFound => Error::Refused(WELCOME_MAIL_NOT_FOUND),
            Refusal::RecommendationNotFound => Error::Refused(RECOMMENDATION_NOT_FOUND),
            Refusal::CurrencyNotFound { currency } => with_details(format!("pricing: there is no currency {currency}")),
            Refusal::InvalidPrices => Error::Refused(NOT_PRICES),
            Refusal::InvalidSlug => Error::Refused("The slug must have letters or digits of ASCII"),
            Refusal::SlugTaken { slug } => with_details(format!("A product of this group has the slug {slug} already")),
            Refusal::UnknownCurrencyCode { known } => with_details(format!(
                "Provided currency_code value does not exist. Must be one of: {}",
                known.join(", ")
            )),
            Refusal::CurrencyRequired => Error::Refused(CURRENCY_REQUIRED),
            Refusal::NoExchangeRate => Error::Refused(NO_EXCHANGE_RATE),
            Refusal::PeriodTooLong(purchase) => Error::Refused(match purchase {
                DomainPurchase::Registration => REGISTER_TOO_LONG,
                DomainPurchase::Renewal => RENEW_TOO_LONG,
                DomainPurchase::Transfer => TRANSFER_TOO_LONG,
            }),
            Refusal::SeveralTransferPeriods => Error::Refused(SEVERAL_TRANSFERS),
            Refusal::PeriodOutOfRange => Error::Refused(NOT_YEARS),
            Refusal::AmountTooLarge => Error::Refused("The prices become too large in one of the currencies"),
            Refusal::PromotionNotFound => Error::Refused(PROMOTION_NOT_FOUND),
            Refusal::ProductNotFound(id) => with_details(format!("Product ID Not Found: {id}")),
            Refusal::NoCode => Error::Refused(NO_CODE),
            Refusal::NoDiscount => Error::Refused(NO_DISCOUNT),
            Refusal::NoValue => Error::Refused(NO_VALUE),
            Refusal::PercentageOutOfRange => Error::Refused(PERCENTAGE_OUT_OF_RANGE),
            Refusal::InvalidValue => Error::Refused(NOT_A_VALUE),
            Refusal::CodeTaken => Error::Refused(CODE_TAKEN),
        }
    }
}
