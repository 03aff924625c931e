//! Deletes clients with everything that belongs to them.

use crate::database::writer::Writer;
use crate::domain::id::ClientId;

const TRANSACTIONS: &str = "DELETE FROM tblaccounts WHERE userid = ?";
const KEEP_TRANSACTIONS: &str = "UPDATE tblaccounts a JOIN tblclients c ON c.id = a.userid \
     SET a.currency = CASE a.currency WHEN 0 THEN c.currency ELSE a.currency END, a.invoiceid = 0, a.userid = 0 \
     WHERE c.id = ?";
const USERS: &str = "DELETE u FROM tblusers_clients mine JOIN tblusers u ON u.id = mine.auth_user_id \
     LEFT JOIN tblusers_clients other ON other.auth_user_id = u.id AND other.client_id <> mine.client_id \
     WHERE mine.client_id = ? AND other.id IS NULL";

/// The statements that delete a client's rows, or detach them from the client, dependent rows first. Each has one
/// parameter, the client. A new table must be added here: a test searches all tables for rows of a deleted client.
pub(in crate::store) const REMOVE: &[&str] = &[
    // Rows that depend on services, then the services.
    "DELETE v FROM tblhosting h JOIN tblcustomfieldsvalues v ON v.relid = h.id \
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'product' WHERE h.userid = ?",
    "DELETE v FROM tblhostingaddons a JOIN tblcustomfieldsvalues v ON v.relid = a.id \
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'addon' WHERE a.userid = ?",
    "DELETE v FROM tblhosting h JOIN tblhostingaddons a ON a.hostingid = h.id \
     JOIN tblcustomfieldsvalues v ON v.relid = a.id \
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'addon' WHERE h.userid = ?",
    "DELETE o FROM tblhosting h JOIN tblhostingconfigoptions o ON o.relid = h.id WHERE h.userid = ?",
    "DELETE r FROM tblhosting h JOIN tblcancelrequests r ON r.relid = h.id WHERE h.userid = ?",
    "DELETE p FROM tblhosting h JOIN tblaffiliatesaccounts a ON a.relid = h.id \
     JOIN tblaffiliatespending p ON p.affaccid = a.id WHERE h.userid = ?",
    "DELETE a FROM tblhosting h JOIN tblaffiliatesaccounts a ON a.relid = h.id WHERE h.userid = ?",
    "DELETE o FROM tblhosting h JOIN mod_whmcs_api_outbox_entries o ON o.subject = 'service' AND o.subject_id = h.id \
     WHERE h.userid = ?",
    "DELETE m FROM tblhosting h JOIN mod_whmcs_api_module_calls m ON m.service_id = h.id WHERE h.userid = ?",
    "DELETE q FROM tblhosting h JOIN tblmodulequeue q ON q.service_id = h.id AND q.service_type = 'service' \
     WHERE h.userid = ?",
    "DELETE q FROM tblhostingaddons a JOIN tblmodulequeue q ON q.service_id = a.id AND q.service_type = 'addon' \
     WHERE a.userid = ?",
    "DELETE q FROM tblhosting h JOIN tblhostingaddons a ON a.hostingid = h.id \
     JOIN tblmodulequeue q ON q.service_id = a.id AND q.service_type = 'addon' WHERE h.userid = ?",
    "DELETE q FROM tbldomains d JOIN tblmodulequeue q ON q.service_id = d.id AND q.service_type = 'domain' \
     WHERE d.userid = ?",
    "DELETE a FROM tblhosting h JOIN tblhostingaddons a ON a.hostingid = h.id WHERE h.userid = ?",
    "DELETE FROM tblhostingaddons WHERE userid = ?",
    "DELETE FROM tblupgrades WHERE userid = ?",
    // Credentials by which the client is logged in elsewhere.
    "DELETE s FROM tbloauthserver_clients o JOIN tbloauthserver_client_scopes s ON s.client_id = o.id \
     WHERE o.user_id = CAST(? AS CHAR)",
    "DELETE FROM tbloauthserver_clients WHERE user_id = CAST(? AS CHAR)",
    "DELETE FROM tblhosting WHERE userid = ?",
    "DELETE FROM tbldomains WHERE userid = ?",
    "DELETE FROM tblorders WHERE userid = ?",
    // Invoices, and rows that may become invoices.
    "DELETE l FROM tblinvoices i JOIN tblinvoiceitems l ON l.invoiceid = i.id WHERE i.userid = ?",
    "DELETE FROM tblinvoiceitems WHERE userid = ?",
    "DELETE m FROM tblinvoices i JOIN mod_whmcs_api_commissions m ON m.invoice_id = i.id WHERE i.userid = ?",
    "DELETE FROM tblinvoices WHERE userid = ?",
    "DELETE FROM mod_whmcs_api_settlements WHERE client_id = ?",
    "DELETE FROM mod_whmcs_api_fossbilling_keys WHERE client_id = ?",
    "DELETE FROM mod_whmcs_api_fossbilling_sessions WHERE client_id = ?",
    "DELETE FROM tblbillableitems WHERE userid = ?",
    "DELETE m FROM tblquotes q JOIN mod_whmcs_api_quote_invoices m ON m.quote_id = q.id WHERE q.userid = ?",
    "DELETE l FROM tblquotes q JOIN tblquoteitems l ON l.quoteid = q.id WHERE q.userid = ?",
    "DELETE FROM tblquotes WHERE userid = ?",
    "DELETE FROM tblcredit WHERE clientid = ?",
    "DELETE c FROM tblpaymethods p JOIN tblcreditcards c ON c.pay_method_id = p.id WHERE p.userid = ?",
    "DELETE b FROM tblpaymethods p JOIN tblbankaccts b ON b.pay_method_id = p.id WHERE p.userid = ?",
    "DELETE FROM tblpaymethods WHERE userid = ?",
    "DELETE e FROM mod_whmcs_api_charges c JOIN mod_whmcs_api_outbox_entries e ON e.kind = 'gateway' AND e.record_id = c.id \
     WHERE c.client_id = ?",
    "DELETE FROM mod_whmcs_api_charges WHERE client_id = ?",
    // Rows that depend on tickets, then the tickets. In the tickets of other clients, only the author's name remains.
    "DELETE v FROM tbltickets t JOIN tblcustomfieldsvalues v ON v.relid = t.id \
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'support' WHERE t.userid = ?",
    "DELETE r FROM tbltickets t JOIN tblticketreplies r ON r.tid = t.id WHERE t.userid = ?",
    "DELETE n FROM tbltickets t JOIN tblticketnotes n ON n.ticketid = t.id WHERE t.userid = ?",
    "DELETE l FROM tbltickets t JOIN tblticketlog l ON l.tid = t.id WHERE t.userid = ?",
    "DELETE g FROM tbltickets t JOIN tbltickettags g ON g.ticketid = t.id WHERE t.userid = ?",
    "DELETE FROM tbltickets WHERE userid = ?",
    "UPDATE tblticketreplies SET userid = 0, contactid = 0 WHERE userid = ?",
    // Mails, including those that are still to be sent.
    "DELETE FROM mod_whmcs_api_outbox_entries WHERE subject = 'client' AND subject_id = ?",
    "DELETE o FROM tblemails e JOIN mod_whmcs_api_outbox o ON o.email_id = e.id WHERE e.userid = ?",
    "DELETE FROM tblemails WHERE userid = ?",
    // What the client has earned as an affiliate.
    "DELETE m FROM tblaffiliates f JOIN mod_whmcs_api_commissions m ON m.affiliate_id = f.id WHERE f.clientid = ?",
    "DELETE y FROM tblaffiliates f JOIN tblaffiliateshistory y ON y.affiliateid = f.id WHERE f.clientid = ?",
    "DELETE w FROM tblaffiliates f JOIN tblaffiliateswithdrawals w ON w.affiliateid = f.id WHERE f.clientid = ?",
    "DELETE p FROM tblaffiliates f JOIN tblaffiliatesaccounts a ON a.affiliateid = f.id \
     JOIN tblaffiliatespending p ON p.affaccid = a.id WHERE f.clientid = ?",
    "DELETE a FROM tblaffiliates f JOIN tblaffiliatesaccounts a ON a.affiliateid = f.id WHERE f.clientid = ?",
    "DELETE FROM tblaffiliates WHERE clientid = ?",
    "DELETE FROM tblclientsfiles WHERE userid = ?",
    "DELETE FROM tblnotes WHERE userid = ?",
    "DELETE FROM tblcontacts WHERE userid = ?",
    "DELETE FROM tbluser_invites WHERE client_id = ?",
    "DELETE FROM tblusers_clients WHERE client_id = ?",
    "DELETE v FROM tblcustomfieldsvalues v JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'client' \
     WHERE v.relid = ?",
    "DELETE FROM tblclients WHERE id = ?",
];

/// Rows that are deleted with a client only on request.
#[derive(Debug, Clone, Copy)]
pub struct RemovalOptions {
    /// Whether to delete transactions. Otherwise they remain without a client, in the client's currency.
    pub transactions: bool,
    /// Whether to delete users who may log in for no other client.
    pub users: bool,
}

/// Deletes a client. Only the activity log about it remains.
pub async fn remove(tx: &mut Writer<'_>, client: ClientId, options: RemovalOptions) -> sqlx::Result<()> {
    let transactions = if options.transactions { TRANSACTIONS } else { KEEP_TRANSACTIONS };
    let users = options.users.then_some(USERS);
    for statement in [transactions].into_iter().chain(users).chain(REMOVE.iter().copied()) {
        tx.execute(sqlx::query(statement).bind(client)).await?;
    }
    Ok(())
}
