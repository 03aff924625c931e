//! One file for each action: what it replies, what it writes, what it refuses; and what several of them do together.

mod amounts;
mod module_commands;
mod order_domains;
mod order_promotions;
mod sign_up;

pub mod billing {
    pub mod add_billable_item;
    pub mod add_credit;
    pub mod add_credit_api;
    pub mod add_invoice_payment;
    pub mod add_transaction;
    pub mod apply_credit;
    pub mod create_invoice;
    pub mod get_credits;
    pub mod get_invoice;
    pub mod get_invoices;
    pub mod get_transactions;
    pub mod payment_data;
    pub mod update_invoice;
}

pub mod clients {
    pub mod add_client;
    pub mod add_client_note;
    pub mod add_contact;
    pub mod close_client;
    pub mod delete_client;
    pub mod delete_contact;
    pub mod get_client_groups;
    pub mod get_clients;
    pub mod get_clients_details;
    pub mod get_contacts;
    pub mod get_emails;
    pub mod update_client;
    pub mod update_contact;
    pub mod validate_login;
}

pub mod orders {
    pub mod accept_order;
    pub mod add_order;
    pub mod add_promo_code;
    pub mod cancel_order;
    pub mod delete_order;
    pub mod fraud_order;
    pub mod get_order_statuses;
    pub mod get_orders;
    pub mod get_products;
    pub mod get_promotions;
    pub mod pending_order;
}

pub mod products {
    pub mod add_product;
    pub mod get_products_active;
    pub mod get_products_groups;
}

pub mod services {
    pub mod get_clients_addons;
    pub mod get_clients_domains;
    pub mod get_clients_products;
    pub mod update_client_product;
}

pub mod support {
    pub mod add_ticket_note;
    pub mod add_ticket_reply;
    pub mod get_support_departments;
    pub mod get_ticket;
    pub mod get_ticket_counts;
    pub mod get_tickets;
    pub mod open_ticket;
    pub mod update_ticket;
}

pub mod system {
    pub mod get_activity_log;
    pub mod get_admin_details;
    pub mod get_currencies;
    pub mod get_email_templates;
    pub mod get_payment_methods;
    pub mod get_stats;
    pub mod log_activity;
    pub mod send_admin_email;
    pub mod send_email;
    pub mod whmcs_details;
}
