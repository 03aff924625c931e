//! Settings of what is served beside WHMCS's API: the console, FOSSBilling's API, and webhooks.

mod console;
mod fossbilling;
mod webhooks;

pub use console::Console;
pub use fossbilling::FossBillingLimits;
pub use webhooks::Webhooks;
