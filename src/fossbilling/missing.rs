//! What is said of a method that is not served.

use std::fmt;

use super::wire::CallPath;
use crate::error::Error;

/// Why there is no method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    code: &'static str,
    message: String,
}

impl Missing {
    pub fn error(&self) -> Error {
        Error::RefusedAs { code: self.code, message: self.message.clone() }
    }

    pub fn module(path: &CallPath) -> Missing {
        Missing { code: "715", message: format!("FOSSBilling module {} is not installed/activated", path.module) }
    }

    pub fn method(path: &CallPath) -> Missing {
        let CallPath { role, module, method } = path;
        let message = format!("{} API call {method} does not exist in module {module}", role.title());
        Missing { code: "740", message }
    }

    pub fn forbidden() -> Missing {
        Missing { code: "403", message: "You do not have permission to perform this action".to_owned() }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.message)
    }
}
