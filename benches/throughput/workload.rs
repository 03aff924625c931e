//! What is measured: some actions, and the table that they are shown in.

/// An action, and how it is called.
pub struct Action {
    pub name: &'static str,
    /// Its parameters, in which `{id}` stands for another client or invoice with each call.
    pub parameters: &'static str,
    pub of: Of,
    pub writes: bool,
    /// The least that its ratio to bare SQL is to be, where that is agreed.
    pub target: Option<f64>,
    /// The most statements that it is to take, the credential's included; what keeps the API log of a write is not counted.
    pub statements: Option<usize>,
}

/// What the id in a call is the id of.
#[derive(Clone, Copy)]
pub enum Of {
    Client,
    Invoice,
    Nothing,
}

pub const ACTIONS: [Action; 7] = [
    Action {
        name: "GetCredits",
        parameters: "clientid={id}",
        of: Of::Client,
        writes: false,
        target: Some(0.80),
        statements: Some(3),
    },
    Action {
        name: "GetInvoice",
        parameters: "invoiceid={id}",
        of: Of::Invoice,
        writes: false,
        target: Some(0.80),
        statements: None,
    },
    Action {
        name: "GetInvoices",
        parameters: "userid={id}&limitnum=25",
        of: Of::Client,
        writes: false,
        target: None,
        statements: None,
    },
    Action {
        name: "GetClientsDetails",
        parameters: "clientid={id}",
        of: Of::Client,
        writes: false,
        target: Some(0.80),
        statements: None,
    },
    Action {
        name: "GetProductsGroups",
        parameters: "",
        of: Of::Nothing,
        writes: false,
        target: Some(0.80),
        statements: None,
    },
    Action {
        name: "GetProductsActive",
        parameters: "",
        of: Of::Nothing,
        writes: false,
        target: Some(0.80),
        statements: Some(6),
    },
    Action {
        name: "AddCredit",
        parameters: "clientid={id}&amount=1.00&description=Bench",
        of: Of::Client,
        writes: true,
        target: Some(0.85),
        statements: Some(10),
    },
];

impl Action {
    /// The body of a call; the id is still to be put in.
    pub fn body(&self, login: &str) -> String {
        format!("{login}&responsetype=json&action={}&{}", self.name, self.parameters)
    }

    /// How many there are of what the id is the id of.
    pub fn ids(&self, sizes: &super::data::Sizes) -> u64 {
        match self.of {
            Of::Client => sizes.clients,
            Of::Invoice => sizes.invoices,
            Of::Nothing => 1,
        }
    }
}
