//! The catalog: products with their prices, domain extensions with theirs, and promotions.
//!
//! What a client orders is never priced here, but in [`super::orders`].

pub mod domain_prices;
pub mod extensions;
pub mod products;
pub mod promotions;

use crate::domain::id::ProductId;
use crate::domain::order::domain_price::DomainPurchase;
use crate::operations;

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a product, a domain extension or a promotion is not created or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    ProductGroupNotFound,
    /// There is no mail template of type `product` with this id.
    WelcomeMailNotFound,
    /// A recommended product does not exist.
    RecommendationNotFound,
    CurrencyNotFound {
        currency: String,
    },
    /// A price or a set-up fee is negative.
    InvalidPrices,
    /// The slug has neither a letter nor a digit.
    InvalidSlug,
    /// Another product of the group has the slug.
    SlugTaken {
        slug: String,
    },

    /// No currency has the code that was sent. `known` are the codes of all.
    UnknownCurrencyCode {
        known: Vec<String>,
    },
    /// Amounts were sent without their currency.
    CurrencyRequired,
    /// The currency of the amounts has no exchange rate at which they could be converted.
    NoExchangeRate,
    /// A price is for more years than domains are bought for at once.
    PeriodTooLong(DomainPurchase),
    SeveralTransferPeriods,
    /// A price is for no number of years.
    PeriodOutOfRange,
    /// A price becomes larger than an amount of money can be.
    AmountTooLarge,

    PromotionNotFound,
    /// A product to which the promotion is to apply does not exist.
    ProductNotFound(ProductId),
    NoCode,
    NoDiscount,
    NoValue,
    /// A percentage is above 100 or below 0.
    PercentageOutOfRange,
    /// A fixed discount is below 0.
    InvalidValue,
    /// Another promotion has the code.
    CodeTaken,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ProductGroupNotFound => "product_group_not_found",
            Refusal::WelcomeMailNotFound => "welcome_mail_not_found",
            Refusal::RecommendationNotFound => "recommendation_not_found",
            Refusal::CurrencyNotFound { .. } => "currency_not_found",
            Refusal::InvalidPrices => "invalid_prices",
            Refusal::InvalidSlug => "invalid_slug",
            Refusal::SlugTaken { .. } => "slug_already_taken",
            Refusal::UnknownCurrencyCode { .. } => "currency_code_not_found",
            Refusal::CurrencyRequired => "currency_code_required",
            Refusal::NoExchangeRate => "currency_without_exchange_rate",
            Refusal::PeriodTooLong(_) => "period_too_long",
            Refusal::SeveralTransferPeriods => "several_transfer_periods",
            Refusal::PeriodOutOfRange => "period_out_of_range",
            Refusal::AmountTooLarge => "amount_too_large",
            Refusal::PromotionNotFound => "promotion_not_found",
            Refusal::ProductNotFound(_) => "product_id_not_found",
            Refusal::NoCode => "no_code",
            Refusal::NoDiscount => "no_discount",
            Refusal::NoValue => "no_value",
            Refusal::PercentageOutOfRange => "percentage_out_of_range",
            Refusal::InvalidValue => "invalid_value",
            Refusal::CodeTaken => "promotion_code_already_taken",
        }
    }
}
