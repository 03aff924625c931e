//! The statements of writing calls, which are prepared as soon as a connection is made.
//!
//! It saves the first calls a round trip for each. And on a Galera cluster, a statement that was first prepared in a
//! transaction has been seen to swallow the cluster's abort of that transaction (`docs/scaling.md`). A test holds this
//! list against what writing calls prepare.

use sqlx::mysql::MySqlConnection;
use sqlx::{Executor, SqlSafeStr};

use super::{
    accepting, activity, api_log, billable_items, clients, configuration, contacts, credit, currencies,
    email_templates, emails, gateways, invoices, module_calls, payments, pricing, products, promotions, provisioning,
    requests, staff, taxes, writer,
};

const STATEMENTS: &[&str] = &[
    accepting::ACTIVATE_ADDONS,
    accepting::ACTIVATE_DOMAINS,
    accepting::ASSIGN_TO_DOMAINS,
    accepting::ASSIGN_TO_SERVICES,
    accepting::CLIENT,
    accepting::LOCK_PENDING,
    accepting::SERVER_EXISTS,
    activity::LOG,
    api_log::INSERT_ONE,
    billable_items::ADD,
    clients::ADDRESSEE,
    clients::CURRENCY_RATE,
    clients::EXISTS,
    clients::LOCK,
    configuration::COMPANY,
    configuration::DATE_FORMAT,
    configuration::READ,
    contacts::ADDRESSES,
    credit::CHANGE,
    credit::ENTER,
    currencies::LIST,
    email_templates::FIND,
    email_templates::IS_ABOUT,
    emails::ADD,
    emails::PUT_IN_OUTBOX,
    gateways::ACTIVE,
    invoices::ADD_LINE,
    invoices::APPLY_CREDIT,
    invoices::CHANGE_LINE,
    invoices::CLIENT,
    invoices::CREATE,
    invoices::DELETE_LINE,
    invoices::LINES,
    invoices::LOCK,
    invoices::MARK_PAID,
    invoices::UPDATE,
    module_calls::ADD,
    module_calls::CHANGE_IN_QUEUE,
    module_calls::CLAIM,
    module_calls::CLAIMABLE,
    module_calls::END,
    module_calls::IS_RUNNING,
    module_calls::LEAVE_QUEUE,
    module_calls::LOG,
    module_calls::OF_REQUEST,
    module_calls::PUT_ON_QUEUE,
    module_calls::SUPERSEDE,
    module_calls::SUPERSEDE_ORDER,
    module_calls::TAKE_OFF_QUEUE,
    payments::RECORD,
    pricing::ADD,
    products::ADD_SLUG,
    products::CREATE,
    products::EXISTING,
    products::LOCK_GROUP,
    products::SLUGS,
    promotions::CREATE,
    promotions::LOCK_TERMS,
    promotions::UPDATE,
    provisioning::ACCEPT,
    provisioning::ACTIVATE,
    provisioning::CHANGE,
    provisioning::CLIENT,
    provisioning::FIND,
    provisioning::OF_ORDER,
    provisioning::TOLD_FIELDS,
    provisioning::TOLD_OF_CLIENT,
    provisioning::TOLD_OF_SERVICE,
    provisioning::TOLD_OPTIONS,
    provisioning::WELCOME,
    requests::BEGIN,
    requests::COMMITTED,
    requests::COMPLETE,
    staff::IS_ACTIVE,
    taxes::RATES,
    writer::ALSO,
    writer::BEGIN,
];

/// Prepares them all. Where a table or a column is missing, a call that needs it will say so.
pub async fn prepare(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    for statement in STATEMENTS {
        match (&mut *connection).prepare(statement.into_sql_str()).await {
            Err(sqlx::Error::Database(_)) | Ok(_) => {}
            Err(lost) => return Err(lost),
        }
    }
    Ok(())
}
