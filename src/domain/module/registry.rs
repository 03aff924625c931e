//! The kinds of modules, and the settings of common payment gateways and registrars.
//!
//! This program runs no PHP, so it cannot ask a module of WHMCS for its settings. It knows those that WHMCS's documentation
//! shows; of any other module that is active, it knows the settings that are stored.

/// A kind of module of WHMCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    Addon,
    Fraud,
    Gateway,
    Mail,
    Notification,
    Registrar,
    Security,
    Server,
    Support,
}

impl ModuleKind {
    const ALL: [(&str, ModuleKind); 9] = [
        ("addon", ModuleKind::Addon),
        ("fraud", ModuleKind::Fraud),
        ("gateway", ModuleKind::Gateway),
        ("mail", ModuleKind::Mail),
        ("notification", ModuleKind::Notification),
        ("registrar", ModuleKind::Registrar),
        ("security", ModuleKind::Security),
        ("server", ModuleKind::Server),
        ("support", ModuleKind::Support),
    ];

    /// Parses the name of a kind, in any case.
    pub fn parse(text: &str) -> Option<ModuleKind> {
        let found = ModuleKind::ALL.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
        found.map(|(_, kind)| kind)
    }

    /// The name of the kind, as callers write it.
    pub fn name(self) -> &'static str {
        ModuleKind::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The names of all kinds, for error messages.
    pub fn names() -> String {
        ModuleKind::ALL.map(|(name, _)| name).join(", ")
    }
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Password,
    YesNo,
    TextArea,
}

impl FieldKind {
    /// The name in replies.
    pub fn name(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Password => "password",
            FieldKind::YesNo => "yesno",
            FieldKind::TextArea => "textarea",
        }
    }
}

/// A setting of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// The name that staff see.
    pub display_name: String,
    pub kind: FieldKind,
}

/// A module that this program knows.
#[derive(Debug)]
pub struct KnownModule {
    pub name: &'static str,
    /// The name that people see unless the operator names another one.
    pub display_name: &'static str,
    fields: &'static [(&'static str, &'static str, FieldKind)],
}

/// The setting with the name that clients see, which is stored under another name.
pub const FRIENDLY_NAME: &str = "FriendlyName";

/// Maximum length of the name of a setting.
const MAX_FIELD_NAME: usize = 64;

const GATEWAYS: &[KnownModule] = &[
    KnownModule {
        name: "banktransfer",
        display_name: "Bank Transfer",
        fields: &[("instructions", "Bank Transfer Instructions", FieldKind::TextArea)],
    },
    KnownModule {
        name: "mailin",
        display_name: "Mail In Payment",
        fields: &[("instructions", "Mail In Instructions", FieldKind::TextArea)],
    },
    KnownModule {
        name: "paypal",
        display_name: "PayPal",
        fields: &[
            ("email", "PayPal Email", FieldKind::Text),
            ("forceonetime", "Force One Time Payments", FieldKind::YesNo),
            ("forcesubscriptions", "Force Subscriptions", FieldKind::YesNo),
            ("requireshipping", "Require Shipping Address", FieldKind::YesNo),
            ("overrideaddress", "Client Address Matching", FieldKind::YesNo),
            ("apiusername", "API Username", FieldKind::Text),
            ("apipassword", "API Password", FieldKind::Text),
            ("apisignature", "API Signature", FieldKind::Text),
            ("sandbox", "Sandbox Mode", FieldKind::YesNo),
        ],
    },
];

const REGISTRARS: &[KnownModule] = &[KnownModule {
    name: "enom",
    display_name: "Enom",
    fields: &[
        ("Username", "Username", FieldKind::Text),
        ("Password", "Password", FieldKind::Password),
        ("TestMode", "Test Mode", FieldKind::YesNo),
    ],
}];

/// The addon for which this program has actions, always.
const PROJECT_MANAGEMENT: &str = "project_management";

/// Finds a gateway that this program knows by its name, in any case.
pub fn gateway(name: &str) -> Option<&'static KnownModule> {
    GATEWAYS.iter().find(|gateway| gateway.name.eq_ignore_ascii_case(name))
}

/// Finds a registrar that this program knows by its name, in any case.
pub fn registrar(name: &str) -> Option<&'static KnownModule> {
    REGISTRARS.iter().find(|registrar| registrar.name.eq_ignore_ascii_case(name))
}

/// Whether this program has an addon of WHMCS.
pub fn has_addon(name: &str) -> bool {
    name.eq_ignore_ascii_case(PROJECT_MANAGEMENT)
}

impl KnownModule {
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.fields.iter().map(|&(name, shown, kind)| Field::new(name, shown, kind))
    }
}

impl Field {
    fn new(name: &str, display_name: &str, kind: FieldKind) -> Field {
        Field { name: name.to_owned(), display_name: display_name.to_owned(), kind }
    }

    /// A setting of which only the name is known.
    pub fn text(name: &str) -> Field {
        Field::new(name, name, FieldKind::Text)
    }
}

/// Whether a text can be the name of a setting of a module that this program does not know.
pub fn is_field_name(name: &str) -> bool {
    (1..=MAX_FIELD_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// Returns the settings of a gateway: those of a known one, else those that are stored. The first is always its name.
pub fn gateway_fields(name: &str, stored: &[String]) -> Vec<Field> {
    /// What WHMCS stores about every gateway, besides the gateway's own settings.
    const OF_EVERY_GATEWAY: [&str; 4] = ["name", "type", "visible", "convertto"];
    let mut fields = vec![Field::text(FRIENDLY_NAME)];
    match gateway(name) {
        Some(known) => fields.extend(known.fields()),
        None => {
            let own = stored.iter().filter(|name| !OF_EVERY_GATEWAY.contains(&name.as_str()));
            fields.extend(own.map(|name| Field::text(name)));
        }
    }
    fields
}

/// Returns the value of a setting as it is stored: `on` or nothing for one that is either yes or no.
pub fn stored_value(kind: FieldKind, sent: &str) -> String {
    let is_no = ["", "0", "false", "off", "no"].contains(&sent.trim().to_ascii_lowercase().as_str());
    match kind {
        FieldKind::YesNo if is_no => String::new(),
        FieldKind::YesNo => "on".to_owned(),
        FieldKind::Text | FieldKind::Password | FieldKind::TextArea => sent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_gateways_have_the_fields_that_are_stored() {
        let names = |gateway: &str, stored: &[&str]| {
            let stored: Vec<String> = stored.iter().map(|name| (*name).to_owned()).collect();
            gateway_fields(gateway, &stored).into_iter().map(|field| field.name).collect::<Vec<_>>()
        };
        assert_eq!(names("PayPal", &[]).len(), 10);
        assert_eq!(names("acme", &["name", "type", "visible", "key"]), ["FriendlyName", "key"]);
        assert_eq!(names("acme", &[]), ["FriendlyName"]);
    }

    #[test]
    fn values_are_stored_as_whmcs_does() {
        for (kind, sent, stored) in [
            (FieldKind::YesNo, "true", "on"),
            (FieldKind::YesNo, "1", "on"),
            (FieldKind::YesNo, "on", "on"),
            (FieldKind::YesNo, "0", ""),
            (FieldKind::YesNo, "False", ""),
            (FieldKind::YesNo, "", ""),
            (FieldKind::Text, "0", "0"),
            (FieldKind::TextArea, " a\nb", " a\nb"),
        ] {
            assert_eq!(stored_value(kind, sent), stored, "{kind:?} {sent:?}");
        }
    }
}
