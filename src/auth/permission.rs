//! Permissions of roles, as stored in `tblapi_roles.permissions`: a JSON object that maps the name of an action, in
//! lower case, to whether it is granted.
//!
//! Besides names of actions it may contain patterns, which WHMCS ignores: `*` for every action, `read-only` for every
//! action that changes nothing, and the same within one group, `billing/*` and `billing/read-only`. No pattern stands for
//! a custom action: such actions are granted by their names.

use serde_json::{Map, Value};

use crate::database::Access;

const EVERYTHING: &str = "*";
const READ_ONLY: &str = "read-only";
/// The group of the actions that only the upstream has.
pub const UPSTREAM_GROUP: &str = "upstream";

/// Who may call something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Members of staff, as far as their roles permit it.
    Staff,
    /// Clients, each for themselves.
    Clients,
    /// Everybody.
    Everybody,
}

/// The properties of an action that permissions depend on.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub name: &'a str,
    pub group: &'a str,
    pub access: Access,
    /// Whether the settings define the action.
    pub is_custom: bool,
}

/// The permissions of one role, in the stored order.
#[derive(Debug, Clone, Default)]
pub struct Permissions(Map<String, Value>);

impl Permissions {
    pub fn parse(json: &str) -> serde_json::Result<Permissions> {
        // PHP writes an empty object as a list.
        if json.trim() == "[]" {
            return Ok(Permissions::default());
        }
        let permissions: Map<String, Value> = serde_json::from_str(json)?;
        Ok(Permissions(permissions.into_iter().map(|(name, ticked)| (name.to_lowercase(), ticked)).collect()))
    }

    pub fn permits(&self, action: Target<'_>) -> bool {
        self.granted().any(|pattern| matches(pattern, action))
    }

    /// The names and patterns that are ticked.
    pub fn granted(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, permission)| is_granted(permission)).map(|(pattern, _)| pattern.as_str())
    }

    pub fn grant_all(&mut self, patterns: &[String]) {
        self.0.extend(patterns.iter().map(|pattern| (pattern.to_lowercase(), 1.into())));
    }

    /// Removes a permission. Returns `false` if the role did not have it.
    pub fn revoke(&mut self, pattern: &str) -> bool {
        self.0.shift_remove(&pattern.to_lowercase()).is_some()
    }

    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// Whether a pattern matches any of these actions, so that a misspelled one is rejected.
pub fn is_known<'a>(pattern: &str, mut actions: impl Iterator<Item = Target<'a>>) -> bool {
    let pattern = pattern.to_lowercase();
    actions.any(|action| matches(&pattern, action))
}

fn matches(pattern: &str, action: Target<'_>) -> bool {
    if action.is_custom {
        return pattern.eq_ignore_ascii_case(action.name);
    }
    let suffix = match pattern.split_once('/') {
        Some((group, suffix)) if group == action.group => suffix,
        Some(_) => return false,
        None => pattern,
    };
    match suffix {
        EVERYTHING => true,
        READ_ONLY => action.access == Access::Read,
        name => name == pattern && name.eq_ignore_ascii_case(action.name),
    }
}

fn is_granted(permission: &Value) -> bool {
    match permission {
        Value::Bool(ticked) => *ticked,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Target<'_>; 6] = [
        target("AddCredit", "billing", Access::Write),
        target("GetCredits", "billing", Access::Read),
        target("GetInvoices", "billing", Access::Read),
        target("AddPromoCode", "orders", Access::Write),
        target("GetProducts", "orders", Access::Read),
        Target { name: "GetBigSpenders", group: "custom", access: Access::Read, is_custom: true },
    ];

    const fn target(name: &'static str, group: &'static str, access: Access) -> Target<'static> {
        Target { name, group, access, is_custom: false }
    }

    fn permits(permissions: &str, action: &str) -> bool {
        let action = ACTIONS.into_iter().find(|target| target.name == action).unwrap();
        Permissions::parse(permissions).unwrap().permits(action)
    }

    #[test]
    fn a_role_permits_what_is_ticked() {
        for ticked in ["1", "true", "\"1\"", "\"on\""] {
            assert!(permits(&format!("{{\"addcredit\":{ticked}}}"), "AddCredit"), "{ticked}");
        }
        for rejected in ["0", "false", "\"0\"", "\"\"", "null", "[]"] {
            assert!(!permits(&format!("{{\"addcredit\":{rejected}}}"), "AddCredit"), "{rejected}");
        }
        assert!(!permits("{}", "AddCredit"));
        assert!(!permits("[]", "AddCredit"));
        assert!(Permissions::parse("").is_err() && Permissions::parse("not json").is_err());
    }

    #[test]
    fn patterns_stand_for_many_actions() {
        for (pattern, permitted, rejected) in [
            ("getcredits", vec!["GetCredits"], vec!["GetInvoices", "AddCredit"]),
            ("*", vec!["AddCredit", "GetProducts"], vec!["GetBigSpenders"]),
            ("read-only", vec!["GetCredits", "GetProducts"], vec!["AddCredit", "AddPromoCode", "GetBigSpenders"]),
            ("custom/*", vec![], vec!["GetBigSpenders"]),
            ("custom/read-only", vec![], vec!["GetBigSpenders"]),
            ("getbigspenders", vec!["GetBigSpenders"], vec!["AddCredit", "GetCredits"]),
            ("billing/*", vec!["AddCredit", "GetCredits"], vec!["GetProducts", "AddPromoCode"]),
            ("billing/read-only", vec!["GetCredits"], vec!["AddCredit", "GetProducts"]),
            ("billing/addcredit", vec![], vec!["AddCredit"]),
            ("bill/*", vec![], vec!["AddCredit"]),
            ("get*", vec![], vec!["GetCredits"]),
        ] {
            let role = format!("{{\"{pattern}\":1}}");
            assert!(permitted.iter().all(|action| permits(&role, action)), "{pattern}");
            assert!(!rejected.iter().any(|action| permits(&role, action)), "{pattern}");
            assert_eq!(is_known(pattern, ACTIONS.into_iter()), !permitted.is_empty(), "{pattern}");
        }
    }
}
