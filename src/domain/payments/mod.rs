//! Payments through gateways: the commands that move money, and stored ways to pay.

pub mod card;

/// A command to a gateway that moves money and cannot be taken back, as in the interface of WHMCS's gateway modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Charges what is left to pay on an invoice.
    Capture,
    /// Pays a payment back, or a part of it.
    Refund,
}

impl Command {
    /// The name of the gateway's function, which is also that of the kind in the table of charges.
    pub fn function(self) -> &'static str {
        match self {
            Command::Capture => "capture",
            Command::Refund => "refund",
        }
    }

    /// Parses the name of a function.
    pub fn parse(function: &str) -> Option<Command> {
        [Command::Capture, Command::Refund].into_iter().find(|command| command.function() == function)
    }

    /// The command's title for staff.
    pub fn title(self) -> &'static str {
        match self {
            Command::Capture => "Capture",
            Command::Refund => "Refund",
        }
    }
}

/// The kinds of stored ways to pay (`tblpaymethods.payment_type`). A local kind is stored here, a remote one at a gateway,
/// of which only a token is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayMethodKind {
    CreditCard,
    RemoteCreditCard,
    BankAccount,
    RemoteBankAccount,
}

impl PayMethodKind {
    const ALL: [PayMethodKind; 4] = [
        PayMethodKind::CreditCard,
        PayMethodKind::RemoteCreditCard,
        PayMethodKind::BankAccount,
        PayMethodKind::RemoteBankAccount,
    ];

    pub fn name(self) -> &'static str {
        match self {
            PayMethodKind::CreditCard => "CreditCard",
            PayMethodKind::RemoteCreditCard => "RemoteCreditCard",
            PayMethodKind::BankAccount => "BankAccount",
            PayMethodKind::RemoteBankAccount => "RemoteBankAccount",
        }
    }

    /// Parses a name in any case.
    pub fn parse(name: &str) -> Option<PayMethodKind> {
        PayMethodKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    pub fn is_card(self) -> bool {
        matches!(self, PayMethodKind::CreditCard | PayMethodKind::RemoteCreditCard)
    }

    pub fn is_remote(self) -> bool {
        matches!(self, PayMethodKind::RemoteCreditCard | PayMethodKind::RemoteBankAccount)
    }
}
