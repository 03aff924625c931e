//! Every SQL statement, as plain functions, by area: one file for each family of tables.
//!
//! Functions that read take a `&mut MySqlConnection`; functions that write take a
//! [`Writer`](crate::database::writer::Writer). Dates are read as text (`CAST(… AS CHAR)`), because WHMCS stores days
//! that no date type can represent: `0000-00-00`, `2024-00-00`. Integers are read through `CAST(… AS SIGNED)`, because
//! the same column is signed in one installation and unsigned in another.
//!
//! No decisions are taken here: `domain` and the operations work out what to change.

use crate::database::Statements;

/// Declares the statements that writing calls of a file run, each as a constant, and `STATEMENTS`, the list of them: a
/// connection prepares them before its first writing transaction.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $sql;)+
        pub(in crate::store) const STATEMENTS: &[&str] = &[$($name),+];
    };
}

pub mod authentication;
pub mod automation;
pub mod billing;
pub mod catalog;
pub mod clients;
pub mod console;
pub mod differences;
pub mod domains;
pub mod fossbilling;
pub mod images;
pub mod orders;
pub mod projects;
pub mod sales;
pub mod services;
pub mod staff;
pub mod support;
pub mod system;
pub mod webhooks;

/// The statements of all files that declare some, for connections to prepare.
pub const STATEMENTS: Statements = &[
    authentication::console::STATEMENTS,
    authentication::oauth::STATEMENTS,
    authentication::sealed::STATEMENTS,
    automation::domains::STATEMENTS,
    automation::due::STATEMENTS,
    automation::endings::STATEMENTS,
    automation::notices::STATEMENTS,
    automation::overdue::STATEMENTS,
    automation::runs::STATEMENTS,
    automation::upkeep::STATEMENTS,
    authentication::sso::STATEMENTS,
    authentication::tokens::STATEMENTS,
    billing::billable_items::STATEMENTS,
    billing::cards::STATEMENTS,
    billing::charges::STATEMENTS,
    billing::credit::STATEMENTS,
    billing::currencies::STATEMENTS,
    billing::gateway_settings::STATEMENTS,
    billing::gateways::STATEMENTS,
    billing::invoice_numbers::STATEMENTS,
    billing::invoices::STATEMENTS,
    billing::pay_methods::STATEMENTS,
    billing::payments::STATEMENTS,
    billing::settlements::STATEMENTS,
    billing::taxes::STATEMENTS,
    billing::terms::STATEMENTS,
    clients::client::STATEMENTS,
    clients::client_closing::STATEMENTS,
    clients::contacts::STATEMENTS,
    clients::custom_fields::STATEMENTS,
    clients::groups::STATEMENTS,
    clients::memberships::STATEMENTS,
    clients::notes::STATEMENTS,
    clients::client_removal::STATEMENTS,
    clients::client_removal::REMOVE,
    clients::users::STATEMENTS,
    console::calls::STATEMENTS,
    console::jobs::STATEMENTS,
    catalog::domain_prices::STATEMENTS,
    catalog::extensions::STATEMENTS,
    catalog::order_form::STATEMENTS,
    catalog::pricing::STATEMENTS,
    catalog::product_options::STATEMENTS,
    catalog::products::STATEMENTS,
    catalog::promotions::STATEMENTS,
    domains::registered::STATEMENTS,
    domains::registrar_commands::STATEMENTS,
    domains::registrar_params::STATEMENTS,
    orders::order_acceptance::STATEMENTS,
    orders::new_orders::STATEMENTS,
    orders::order::STATEMENTS,
    projects::project::STATEMENTS,
    projects::tasks::STATEMENTS,
    projects::timers::STATEMENTS,
    sales::affiliates::STATEMENTS,
    sales::quotes::STATEMENTS,
    sales::upgrades::STATEMENTS,
    services::addons::STATEMENTS,
    services::cancellations::STATEMENTS,
    services::domain_changes::STATEMENTS,
    services::domains::STATEMENTS,
    services::module_calls::STATEMENTS,
    services::module_queue::STATEMENTS,
    services::new_services::STATEMENTS,
    services::options::STATEMENTS,
    services::provisioning::STATEMENTS,
    services::service::STATEMENTS,
    staff::bans::STATEMENTS,
    staff::members::STATEMENTS,
    staff::to_do::STATEMENTS,
    support::announcements::STATEMENTS,
    support::departments::STATEMENTS,
    support::messages::STATEMENTS,
    support::parties::STATEMENTS,
    support::received_mails::STATEMENTS,
    support::removal::STATEMENTS,
    support::replies::STATEMENTS,
    support::spam_filters::STATEMENTS,
    support::statuses::STATEMENTS,
    support::tickets::STATEMENTS,
    system::activity::STATEMENTS,
    system::api_log::STATEMENTS,
    system::configuration::STATEMENTS,
    system::email_templates::STATEMENTS,
    system::emails::STATEMENTS,
    system::merge_fields::STATEMENTS,
    system::older_outboxes::STATEMENTS,
    system::outbox::STATEMENTS,
    system::request_records::STATEMENTS,
    system::requests::STATEMENTS,
    system::staff::STATEMENTS,
    webhooks::deliveries::STATEMENTS,
    webhooks::endpoints::STATEMENTS,
    webhooks::events::STATEMENTS,
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_file_with_statements_is_listed() {
        let list = include_str!("mod.rs");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        for area in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            for file in fs::read_dir(&area).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
                if fs::read_to_string(&file).unwrap().contains("\nstatements! {") {
                    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
                    let entry = format!("    {}::{}::STATEMENTS,\n", name(&area), name(&file));
                    assert!(list.contains(&entry), "STATEMENTS in src/store/mod.rs lacks {}", entry.trim());
                }
            }
        }
    }
}
