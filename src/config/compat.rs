//! `[compat]`: choices between two behaviors.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::entities;

/// Choices where WHMCS, or what its community built on it, can be read in two ways.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Compat {
    pub default_format: DefaultFormat,
    pub slashes: Slashes,
    /// The version of WHMCS in XML replies.
    pub xml_version: String,
    pub unknown_action_status: UnknownActionStatus,
    pub products_active: ProductsShape,
    pub product_url: ProductUrl,
    pub credits_order: CreditsOrder,
    /// Whether the second-level tax is also applied to the first-level tax.
    pub tax_compound: bool,
    /// Whether taxes are rounded for each line of an invoice, instead of once for the whole invoice.
    pub tax_per_line: bool,
    pub duplicate_transid: DuplicateTransid,
    /// Whether AddCreditApi sells credit only as WHMCS's settings AddFundsEnabled and AddFundsMaximumBalance allow it.
    pub add_funds_rules: bool,
    pub amounts: Amounts,
    pub free_orders: FreeOrders,
    pub fossbilling_money: FossBillingMoney,
    pub whois_text: WhoisText,
    pub domain_status: UnknownDomainStatus,
    pub domain_group_column: DomainGroupColumn,
    /// The columns with the prices of one year of DNS management, e-mail forwarding and ID protection, in the rows of
    /// `tblpricing` for domain addons.
    pub domain_addon_columns: [PriceColumn; 3],
    /// Whether the renewal of a domain that has expired costs the fees of its extension. Without them, extensions have no
    /// periods for late renewal.
    pub domain_late_fees: bool,
    /// The values of `tblproducts.freedomain` for a domain that is free for its first period only.
    pub free_domain_once: Vec<String>,
    /// The same for a domain that is free as long as its product is paid.
    pub free_domain_always: Vec<String>,
    pub entities: Entities,
    /// The status of a domain that its registrar has released. Empty to leave it, so that the next synchronization decides.
    pub released_domain_status: String,
    /// The status of a domain whose transfer the registrar reports as failed. Empty to leave it.
    pub failed_transfer_status: String,
    pub renewal_due_date: RenewalDueDate,
    /// Whether an invoice that is paid again moves the next due dates of its lines again, as WHMCS does.
    pub paid_twice: bool,
    pub accept_quote_twice: AcceptQuoteTwice,
    pub default_cancellation: DefaultCancellation,
    pub upgrade_days: UpgradeDays,
    /// Whether the client is credited what a downgrade saves for the rest of the term.
    pub downgrade_credit: bool,
    pub other_departments: OtherDepartments,
    /// Whether GetAnnouncements also returns announcements that are not published.
    pub unpublished_announcements: bool,
    /// Whether there are projects. Without, every action about them says so.
    pub project_management: bool,
    /// The status of a new project.
    pub project_status: String,
    pub user_permissions: UserPermissionsForm,
    pub todo_wrapper: ToDoWrapper,
    /// Staff who were seen within this time are online.
    pub staff_online_minutes: u32,
    /// Settings in `tblconfiguration` that GetConfigurationValue tells although their names are like those of secrets.
    pub configuration_readable: Vec<String>,
    /// Settings in `tblconfiguration` that SetConfigurationValue changes; `*` for all that may be read.
    pub configuration_writable: Vec<String>,
}

impl Default for Compat {
    fn default() -> Compat {
        Compat {
            default_format: DefaultFormat::default(),
            slashes: Slashes::default(),
            xml_version: "8.13.1".to_owned(),
            unknown_action_status: UnknownActionStatus::default(),
            products_active: ProductsShape::default(),
            product_url: ProductUrl::default(),
            credits_order: CreditsOrder::default(),
            tax_compound: false,
            tax_per_line: false,
            duplicate_transid: DuplicateTransid::default(),
            add_funds_rules: false,
            amounts: Amounts::default(),
            free_orders: FreeOrders::default(),
            fossbilling_money: FossBillingMoney::default(),
            whois_text: WhoisText::default(),
            domain_status: UnknownDomainStatus::default(),
            domain_group_column: DomainGroupColumn::default(),
            domain_addon_columns: [PriceColumn::Msetupfee, PriceColumn::Qsetupfee, PriceColumn::Ssetupfee],
            domain_late_fees: true,
            free_domain_once: vec!["once".to_owned()],
            free_domain_always: vec!["always".to_owned(), "on".to_owned()],
            entities: Entities::default(),
            released_domain_status: String::new(),
            failed_transfer_status: String::new(),
            renewal_due_date: RenewalDueDate::default(),
            paid_twice: false,
            accept_quote_twice: AcceptQuoteTwice::default(),
            default_cancellation: DefaultCancellation::default(),
            upgrade_days: UpgradeDays::default(),
            downgrade_credit: true,
            other_departments: OtherDepartments::default(),
            unpublished_announcements: true,
            project_management: true,
            project_status: "Pending".to_owned(),
            user_permissions: UserPermissionsForm::default(),
            todo_wrapper: ToDoWrapper::default(),
            staff_online_minutes: 15,
            configuration_readable: Vec::new(),
            configuration_writable: Vec::new(),
        }
    }
}

/// The format of a reply if the request names none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultFormat {
    /// NVP for flat replies, XML for nested ones.
    #[default]
    ByShape,
    Nvp,
    Xml,
    Json,
}

/// What DomainRenew does with the next due date. A payment moves it in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalDueDate {
    #[default]
    Stays,
    /// By the years of the renewal.
    Moves,
}

/// What AcceptQuote does with a quote that was accepted before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptQuoteTwice {
    /// It returns the invoice that the quote became.
    #[default]
    SameInvoice,
    /// It makes another invoice.
    NewInvoice,
}

/// When a service is to be ended if AddCancelRequest does not say so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultCancellation {
    #[default]
    Immediate,
    EndOfBillingPeriod,
}

/// How UpgradeProduct counts the days of a billing cycle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeDays {
    /// Those of the calendar.
    #[default]
    Actual,
    /// 30 for each month.
    Thirty,
}

/// Which tickets a member of staff sees who is assigned to departments, in actions without a parameter for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherDepartments {
    /// Those of the assigned departments. Tickets of others are as if they did not exist.
    #[default]
    Hidden,
    /// All.
    Visible,
}

/// How permissions of users are stored. All forms are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserPermissionsForm {
    /// As in the row that was added last, or as a list if there is none.
    #[default]
    Auto,
    /// `products,tickets`
    List,
    /// `["products","tickets"]`
    Json,
    /// `{"products":true,"tickets":true}`
    Flags,
}

/// The shape of `items` in the reply of GetToDoItems, which the documentation does not show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToDoWrapper {
    /// `{"item":[…]}`
    #[default]
    Item,
    /// `[…]`
    Flat,
}

/// How JSON replies write slashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slashes {
    #[default]
    Plain,
    /// With a backslash before each.
    Escaped,
}

/// The HTTP status of the reply to an unknown action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum UnknownActionStatus {
    #[default]
    #[serde(rename = "200")]
    Ok,
    #[serde(rename = "403")]
    Forbidden,
}

impl UnknownActionStatus {
    pub fn code(self) -> u16 {
        match self {
            UnknownActionStatus::Ok => 200,
            UnknownActionStatus::Forbidden => 403,
        }
    }
}

/// The key of a product's URL, for which the documentation has two spellings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductUrl {
    /// `product_url`
    #[default]
    Underscore,
    /// `product-url`
    Hyphen,
}

/// The form of `whois` in the reply of DomainWhois.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WhoisText {
    /// HTML, with `<br />` at the end of each line.
    #[default]
    Html,
    Plain,
}

/// The shape of `products` in the reply of GetProductsActive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProductsShape {
    /// `{"product":[…]}`, as documented and as in GetProducts.
    #[default]
    Wrapped,
    /// `[…]`, as the original script returns it.
    Flat,
}

/// The order of the entries in the reply of GetCredits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditsOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// Which payments of an invoice are rejected because their transaction id is already booked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateTransid {
    /// If it is booked for the same invoice through the same gateway.
    #[default]
    Invoice,
    /// If it is booked for any invoice through the same gateway.
    Gateway,
    /// None: the payment is booked again.
    Accept,
}

/// Which forms of amounts are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amounts {
    /// Any decimal number, rounded to what is stored, except where WHMCS documents the strict form.
    #[default]
    Rounded,
    /// Only `###` and `###.##`.
    Strict,
}

/// How FOSSBilling's API writes the amounts of columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FossBillingMoney {
    /// As numbers, as FOSSBilling 0.8.5 does.
    #[default]
    Numbers,
    /// As texts with two decimals, as later versions do.
    Texts,
}

/// What becomes of an order for which nothing is to be paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeOrders {
    /// It has an invoice of 0.00, which is Paid.
    #[default]
    Invoice,
    /// It has no invoice.
    NoInvoice,
}

/// What becomes of a status that no domain has, in UpdateClientDomain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownDomainStatus {
    /// It is not stored, and everything else is.
    #[default]
    Ignored,
    /// The call is rejected.
    Rejected,
}

/// The column of a domain price list that has the client group for which the list is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainGroupColumn {
    #[default]
    Tsetupfee,
    /// Every list is for all clients.
    None,
}

/// A column of `tblpricing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceColumn {
    Msetupfee,
    Qsetupfee,
    Ssetupfee,
    Asetupfee,
    Bsetupfee,
    Tsetupfee,
    Monthly,
    Quarterly,
    Semiannually,
    Annually,
    Biennially,
    Triennially,
}

/// How submitted texts are stored. Replies contain texts as they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entities {
    /// With HTML entities if the database is that of a WHMCS, else as they were sent.
    #[default]
    Auto,
    /// As they were sent.
    Plain,
    /// With HTML entities in place of HTML's special characters.
    Encoded,
}

impl Entities {
    /// Returns how texts are stored in a database: a setting other than `auto` decides.
    #[must_use]
    pub fn in_database(self, is_of_whmcs: bool) -> Entities {
        match self {
            Entities::Auto if is_of_whmcs => Entities::Encoded,
            Entities::Auto => Entities::Plain,
            explicit => explicit,
        }
    }

    /// Returns a text as it is stored. The database must have been considered ([`Entities::in_database`]).
    pub fn stored(self, text: &str) -> Cow<'_, str> {
        if self == Entities::Encoded { Cow::Owned(entities::encoded(text)) } else { Cow::Borrowed(text) }
    }
}
