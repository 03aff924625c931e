//! FOSSBilling's API, `/api/{guest,client,admin}/{module}/{method}`, on the same business as WHMCS's.
//!
//! - [`catalogue`] lists the methods that are served; `methods.jsonl` has every method of FOSSBilling 0.8.5 and later with its
//!   parameters, and what becomes of those that are not served.
//! - [`description`] is the OpenAPI document of the methods.
//! - [`wire`] has the form of requests and answers: paths, the envelope, error numbers and HTTP statuses.
//! - [`sent`] reads parameters, and [`words`] says in FOSSBilling's words why an operation was rejected: one table.
//! - [`methods`] has one file for each module. A method reads parameters, calls an operation or reads rows, and writes its
//!   objects. [`mapping`] is where the two systems differ: ids, statuses, periods.
//!
//! No rule of the business is here. Methods run in the same pipeline as actions, so that transactions, idempotency keys,
//! limits, the log and metrics are the same.

mod call;
pub mod catalogue;
pub mod description;
pub mod mapping;
pub mod methods;
mod missing;
pub mod sent;
pub mod wire;
pub mod words;

pub use call::{Credentials, CsrfTokens, FossBillingCall};
pub use catalogue::Catalogue;
