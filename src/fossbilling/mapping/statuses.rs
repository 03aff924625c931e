//! Statuses of clients, invoices, orders and tickets.

use crate::domain::invoice::Status as InvoiceStatus;

/// The status of a client.
pub fn of_client(stored: &str) -> &'static str {
    match stored {
        "Active" => "active",
        "Inactive" => "suspended",
        _ => "canceled",
    }
}

/// The stored status of a client.
pub fn client(status: &str) -> Option<&'static str> {
    match status {
        "active" => Some("Active"),
        "suspended" => Some("Inactive"),
        "canceled" => Some("Closed"),
        _ => None,
    }
}

/// The status of an invoice. A draft is unpaid and not approved.
pub fn of_invoice(stored: &str) -> &'static str {
    match stored {
        "Paid" => "paid",
        "Refunded" => "refunded",
        "Cancelled" => "canceled",
        _ => "unpaid",
    }
}

/// The stored status that an invoice gets.
pub fn invoice(status: &str) -> Option<InvoiceStatus> {
    match status {
        "paid" => Some(InvoiceStatus::Paid),
        "unpaid" => Some(InvoiceStatus::Unpaid),
        "refunded" => Some(InvoiceStatus::Refunded),
        "canceled" => Some(InvoiceStatus::Cancelled),
        _ => None,
    }
}

/// The stored statuses that a filter for a status of invoices matches.
pub fn invoices(status: &str) -> &'static [&'static str] {
    match status {
        "paid" => &["Paid"],
        "unpaid" => &["Draft", "Unpaid", "Collections", "Payment Pending"],
        "refunded" => &["Refunded"],
        "canceled" => &["Cancelled"],
        _ => &[],
    }
}

/// The status of an order, which is that of a service, addon or domain.
pub fn of_order(stored: &str) -> &'static str {
    match stored {
        "Pending" | "Pending Registration" | "Pending Transfer" => "pending_setup",
        "Active" | "Grace" | "Redemption" => "active",
        "Suspended" => "suspended",
        _ => "canceled",
    }
}

/// The stored statuses that a filter for a status of orders matches.
pub fn orders(status: &str) -> &'static [&'static str] {
    match status {
        "pending_setup" => &["Pending", "Pending Registration", "Pending Transfer"],
        "active" => &["Active", "Grace", "Redemption"],
        "suspended" => &["Suspended"],
        "canceled" => &["Cancelled", "Terminated", "Fraud", "Completed", "Expired", "Transferred Away"],
        _ => &[],
    }
}

/// The status of a ticket: operators may have statuses of their own, which are open.
pub fn of_ticket(stored: &str) -> &'static str {
    match stored {
        "Closed" => "closed",
        "Answered" | "On Hold" | "In Progress" => "on_hold",
        _ => "open",
    }
}

/// The stored status that a ticket gets.
pub fn ticket(status: &str) -> Option<&'static str> {
    match status {
        "open" => Some("Open"),
        "on_hold" => Some("Answered"),
        "closed" => Some("Closed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_filter_matches_has_that_status() {
        for status in ["pending_setup", "active", "suspended", "canceled"] {
            assert!(orders(status).iter().all(|stored| of_order(stored) == status), "{status}");
        }
        for status in ["paid", "unpaid", "refunded", "canceled"] {
            assert!(invoices(status).iter().all(|stored| of_invoice(stored) == status), "{status}");
            assert_eq!(invoice(status).map(InvoiceStatus::name).map(of_invoice), Some(status));
        }
        for status in ["open", "on_hold", "closed"] {
            assert_eq!(ticket(status).map(of_ticket), Some(status));
        }
        for status in ["active", "suspended", "canceled"] {
            assert_eq!(client(status).map(of_client), Some(status));
        }
    }
}
