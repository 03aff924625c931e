//! The measured actions, and the table of the report.

/// A measured action with its call.
pub struct Action {
    pub name: &'static str,
    /// The parameters, in which `{id}` stands for another client or invoice in each call.
    pub parameters: &'static str,
    pub of: Of,
    pub writes: bool,
    /// The agreed minimum of the ratio to bare SQL, if there is one.
    pub target: Option<f64>,
    /// The agreed minimum of the ratio to the PHP peer, if there is one.
    pub php_target: Option<f64>,
    /// The agreed maximum of its growth with 100 times the data.
    pub growth_target: f64,
    /// The agreed maximum number of statements, including the credential's; the API log record of a write does not
    /// count.
    pub statements: Option<usize>,
}

/// The kind of row of the id.
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
        php_target: Some(4.0),
        growth_target: 1.3,
        statements: Some(3),
    },
    Action {
        name: "GetInvoice",
        parameters: "invoiceid={id}",
        of: Of::Invoice,
        writes: false,
        target: Some(0.80),
        php_target: Some(2.5),
        growth_target: 1.3,
        statements: Some(3),
    },
    Action {
        name: "GetInvoices",
        parameters: "userid={id}&limitnum=25",
        of: Of::Client,
        writes: false,
        target: None,
        php_target: None,
        growth_target: 1.3,
        statements: Some(3),
    },
    Action {
        name: "GetClientsDetails",
        parameters: "clientid={id}",
        of: Of::Client,
        writes: false,
        target: Some(0.80),
        php_target: None,
        growth_target: 1.3,
        statements: Some(4),
    },
    Action {
        name: "GetProductsGroups",
        parameters: "",
        of: Of::Nothing,
        writes: false,
        target: Some(0.80),
        php_target: None,
        growth_target: 1.3,
        statements: None,
    },
    Action {
        name: "GetProductsActive",
        parameters: "",
        of: Of::Nothing,
        writes: false,
        target: Some(0.80),
        php_target: Some(6.0),
        growth_target: 1.3,
        statements: Some(6),
    },
    Action {
        name: "AddCredit",
        parameters: "clientid={id}&amount=1.00&description=Bench",
        of: Of::Client,
        writes: true,
        target: Some(0.85),
        php_target: Some(2.0),
        growth_target: 1.2,
        statements: Some(10),
    },
];

impl Action {
    /// The body of a call; the id is inserted later.
    pub fn body(&self, login: &str) -> String {
        format!("{login}&responsetype=json&action={}&{}", self.name, self.parameters)
    }

    /// Number of rows of the id's kind.
    pub fn ids(&self, sizes: &super::data::Sizes) -> u64 {
        match self.of {
            Of::Client => sizes.clients,
            Of::Invoice => sizes.invoices,
            Of::Nothing => 1,
        }
    }
}
